"""Categories and products: what a merchant edits."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html

from store.models import Category, Product
from store.models.catalogue import FEW_LEFT


@admin.register(Category)
class CategoryAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not generic at run time
    list_display = ["name", "slug", "position"]
    list_editable = ["position"]
    prepopulated_fields = {"slug": ["name"]}
    search_fields = ["name"]


class StockFilter(admin.SimpleListFilter):
    title = "stock"
    parameter_name = "stock"

    def lookups(self, request: HttpRequest, model_admin: "admin.ModelAdmin[Product]") -> list[tuple[str, str]]:
        return [("none", "Sold out"), ("few", f"{FEW_LEFT} or fewer left")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Product]) -> QuerySet[Product]:
        if self.value() == "none":
            return queryset.filter(stock=0)
        if self.value() == "few":
            return queryset.filter(stock__range=(1, FEW_LEFT))
        return queryset


@admin.register(Product)
class ProductAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not generic at run time
    list_display = ["thumbnail", "name", "category", "price", "stock", "is_active", "is_featured"]
    list_display_links = ["name"]
    list_editable = ["price", "stock", "is_active", "is_featured"]
    list_filter = [StockFilter, "is_active", "is_featured", "category"]
    list_select_related = ["category"]
    prepopulated_fields = {"slug": ["name"]}
    search_fields = ["name", "summary"]
    fieldsets = [
        (None, {"fields": ["name", "slug", "category", "summary", "description", "details", "picture"]}),
        ("Selling", {"fields": ["price", "stock", "is_active", "is_featured", "position"]}),
    ]

    @admin.display(description="")
    def thumbnail(self, product: Product) -> str:
        return format_html('<img src="{}" alt="" width="40" height="40" loading="lazy">', product.picture_url)
