"""What is shown: categories, products and their pictures. What is bought is a product's variant."""

from decimal import Decimal
from functools import cached_property

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Case, Count, F, Max, Min, OuterRef, Q, Subquery, Sum, When
from django.urls import reverse

from store.conf import conf
from store.pictures import Image, image_of

from .pictured import Pictured
from .variants import FEW_LEFT, Price, Variant


class Category(Pictured):
    name = models.CharField(max_length=60, unique=True)
    slug = models.SlugField(max_length=60, unique=True)
    summary = models.CharField(max_length=200, blank=True, help_text="One sentence under the heading.")
    position = models.PositiveSmallIntegerField(default=0, help_text="Lower comes first.")

    class Meta:
        ordering = ["position", "name"]
        verbose_name_plural = "categories"

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("store:category", args=[self.slug])


class ProductQuerySet(models.QuerySet["Product"]):
    def listed_in(self, currency: str) -> "ProductQuerySet":
        """Products that the shop shows in the currency, sold out or not, with all that a card shows of them."""
        prices = (
            Price.objects.filter(variant__product=OuterRef("pk"), variant__is_active=True, currency=currency)
            .order_by()
            .values("variant__product")
        )
        variants = (
            Variant.objects.filter(product=OuterRef("pk"), is_active=True, prices__currency=currency)
            .order_by()
            .values("product")
        )
        pictures = ProductPicture.objects.filter(product=OuterRef("pk")).order_by("position", "pk")
        cover = pictures.annotate(
            name=Case(When(photo="", then=F("picture")), default=F("photo"), output_field=models.CharField())
        )
        shown = {  # the names are those that Product declares
            "price_from": Subquery(prices.annotate(value=Min("amount")).values("value")),
            "price_to": Subquery(prices.annotate(value=Max("amount")).values("value")),
            "stock": Subquery(variants.annotate(value=Sum("stock")).values("value")),
            "colours": Subquery(variants.annotate(value=Count("colour", distinct=True)).values("value")),
            "cover": Subquery(cover.values("name")[:1]),
        }
        listed = self.filter(is_active=True).select_related("category").annotate(**shown)
        return listed.filter(Q(price_from__isnull=False))


class Product(models.Model):
    class Interval(models.TextChoices):
        MONTH = "month", "Every month"

    category = models.ForeignKey(Category, on_delete=models.PROTECT, related_name="products")
    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=120, unique=True)
    summary = models.CharField(max_length=200, help_text="One sentence, shown on cards and in search engines.")
    description = models.TextField(blank=True)
    details = models.TextField(blank=True, help_text="One 'Name: value' a line, such as 'Material: stoneware'.")
    subscription_interval = models.CharField(
        "by subscription",
        max_length=5,
        blank=True,
        choices=Interval,
        help_text="How often it is sent and charged; empty for what is bought once.",
    )
    is_active = models.BooleanField("on sale", default=True, help_text="Off: hidden, and not sold any more.")
    is_featured = models.BooleanField("on the home page", default=False)
    position = models.PositiveSmallIntegerField(default=0, help_text="Lower comes first within the category.")
    related = models.ManyToManyField(
        "self",
        symmetrical=False,
        blank=True,
        help_text="Shown below it. Where there are fewer than four, others of its category follow.",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    # Only where `listed_in` annotated them: prices in its currency, pieces and colours of its variants, first picture.
    price_from: Decimal
    price_to: Decimal
    stock: int
    colours: int
    cover: str | None

    objects = ProductQuerySet.as_manager()

    class Meta:
        ordering = ["category__position", "position", "name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("store:product", args=[self.slug])

    @property
    def currencies(self) -> list[str]:
        """Those that it is sold in now; none when it is not on sale."""
        prices = Price.objects.filter(variant__product=self, variant__is_active=True, currency__in=conf.currencies)
        return sorted(set(prices.values_list("currency", flat=True))) if self.is_active else []

    @property
    def is_subscription(self) -> bool:
        return bool(self.subscription_interval)

    @property
    def has_several_prices(self) -> bool:
        return self.price_from != self.price_to

    @property
    def is_sold_out(self) -> bool:
        return not self.stock

    @property
    def is_nearly_gone(self) -> bool:
        return 0 < self.stock <= FEW_LEFT

    @cached_property
    def image(self) -> Image:
        if hasattr(self, "cover"):
            return image_of(self.cover or "")
        first = next(iter(self.pictures.all()), None)
        return first.image if first else image_of("")

    @property
    def detail_pairs(self) -> list[tuple[str, str]]:
        """`details` as (name, value); a line without a colon has no name."""
        pairs = []
        for line in filter(str.strip, self.details.splitlines()):
            name, colon, value = line.partition(":")
            pairs.append((name.strip(), value.strip()) if colon else ("", line.strip()))
        return pairs


class ProductPicture(Pictured):
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="pictures")
    alt = models.CharField("description", max_length=200, help_text="What is to be seen, for those who cannot see it.")
    colour = models.CharField(max_length=40, blank=True, help_text="The variants' colour that it shows, if one.")
    position = models.PositiveSmallIntegerField(default=0, help_text="Lower comes first; the first is on the card.")

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(picture="", photo=""), name="store_productpicture_shows_something"),
        ]

    def __str__(self) -> str:
        return self.alt

    def clean(self) -> None:
        super().clean()
        if not (self.picture or self.photo):
            raise ValidationError("Upload a photo, or name a drawing.")
