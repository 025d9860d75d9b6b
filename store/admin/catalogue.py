"""Categories, products, variants and their prices: what a merchant edits."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.widgets import AdminTextInputWidget
from django.db.models import CharField, Exists, Field, OuterRef, Q, QuerySet, Sum
from django.http import HttpRequest
from django.utils.html import format_html

from store.models import Category, Price, Product, ProductPicture, Variant
from store.models.variants import FEW_LEFT
from store.pictures import Image


def thumbnail(image: Image) -> str:
    attributes = 'sizes="40px" alt="" width="40" height="40" loading="lazy" style="object-fit: cover"'
    return format_html(f'<img src="{{}}" srcset="{{}}" {attributes}>', image.url, image.sources)


@admin.register(Category)
class CategoryAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not generic at run time
    list_display = ["name", "slug", "position"]
    list_editable = ["position"]
    prepopulated_fields = {"slug": ["name"]}
    search_fields = ["name"]


class StockFilter(admin.SimpleListFilter):
    """Of products and of variants: a product counts by any variant on sale."""

    title = "stock"
    parameter_name = "stock"

    def lookups(self, request: HttpRequest, model_admin: "admin.ModelAdmin[Product]") -> list[tuple[str, str]]:
        return [("none", "Something is sold out"), ("few", f"Something has {FEW_LEFT} or fewer left")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Product]) -> QuerySet[Product]:
        wanted = {"none": Q(stock=0), "few": Q(stock__range=(1, FEW_LEFT))}.get(self.value() or "")
        if wanted is None:
            return queryset
        return queryset.filter(Exists(Variant.objects.filter(wanted, product=OuterRef("pk"), is_active=True)))


# So that a row of an inline fits beside the menu.
NARROW: dict["type[Field[Any, Any]]", dict[str, Any]] = {
    CharField: {"widget": AdminTextInputWidget(attrs={"style": "width: 9em"})}
}


class VariantInline(admin.TabularInline):  # type: ignore[type-arg]  # not generic at run time
    model = Variant
    fields = ["sku", "size", "colour", "stock", "is_active", "position"]
    extra = 0
    min_num = 1
    show_change_link = True  # to its prices
    formfield_overrides = NARROW


class PictureInline(admin.TabularInline):  # type: ignore[type-arg]  # not generic at run time
    model = ProductPicture
    fields = ["preview", "photo", "picture", "alt", "colour", "position"]
    readonly_fields = ["preview"]
    extra = 0
    formfield_overrides = NARROW

    @admin.display(description="")
    def preview(self, picture: ProductPicture) -> str:
        return thumbnail(picture.image) if picture.pk else ""


@admin.register(Product)
class ProductAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not generic at run time
    list_display = ["thumbnail", "name", "category", "pieces", "is_active", "is_featured"]
    list_display_links = ["name"]
    list_editable = ["is_active", "is_featured"]
    list_filter = [StockFilter, "is_active", "is_featured", "subscription_interval", "category"]
    list_select_related = ["category"]
    prepopulated_fields = {"slug": ["name"]}
    search_fields = ["name", "summary", "variants__sku"]
    autocomplete_fields = ["related"]
    inlines = [VariantInline, PictureInline]
    fieldsets = [
        (None, {"fields": ["name", "slug", "category", "summary", "description", "details"]}),
        ("Selling", {"fields": ["is_active", "is_featured", "subscription_interval", "related", "position"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Product]:
        pieces = Sum("variants__stock", filter=Q(variants__is_active=True))
        products: QuerySet[Product] = super().get_queryset(request)
        return products.annotate(pieces=pieces).prefetch_related("pictures")

    @admin.display(description="")
    def thumbnail(self, product: Product) -> str:
        return thumbnail(product.image)

    @admin.display(description="in stock", ordering="pieces")
    def pieces(self, product: Product) -> int:
        return product.pieces or 0  # type: ignore[attr-defined]  # annotated above


class PriceInline(admin.TabularInline):  # type: ignore[type-arg]  # not generic at run time
    model = Price
    extra = 0
    min_num = 1


@admin.register(Variant)
class VariantAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not generic at run time
    list_display = ["sku", "product", "size", "colour", "stock", "price_list", "is_active"]
    list_editable = ["stock", "is_active"]
    list_filter = ["is_active", "product__category"]
    list_select_related = ["product"]
    search_fields = ["sku", "product__name", "size", "colour"]
    autocomplete_fields = ["product"]
    inlines = [PriceInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Variant]:
        return super().get_queryset(request).prefetch_related("prices")

    @admin.display(description="prices")
    def price_list(self, variant: Variant) -> str:
        return ", ".join(str(price) for price in variant.prices.all())
