"""What is shown: categories, products and their pictures. What is bought is a product's variant."""

from decimal import Decimal
from functools import cached_property

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Count, Max, Min, OuterRef, Q, Subquery, Sum
from django.urls import reverse

from store.pictures import picture_exists, picture_url

from .variants import FEW_LEFT, Price, Variant


class Category(models.Model):
    name = models.CharField(max_length=60, unique=True)
    slug = models.SlugField(max_length=60, unique=True)
    summary = models.CharField(max_length=200, blank=True, help_text="One sentence under the heading.")
    picture = models.CharField(max_length=60, blank=True, help_text="Name of a picture in store/art, such as 'mug'.")
    position = models.PositiveSmallIntegerField(default=0, help_text="Lower comes first.")

    class Meta:
        ordering = ["position", "name"]
        verbose_name_plural = "categories"

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("store:category", args=[self.slug])

    def clean(self) -> None:
        _check_picture(self.picture)

    @property
    def picture_url(self) -> str:
        return picture_url(self.picture)


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
        cover = ProductPicture.objects.filter(product=OuterRef("pk")).order_by("position", "pk")
        shown = {  # the names are those that Product declares
            "price_from": Subquery(prices.annotate(value=Min("amount")).values("value")),
            "price_to": Subquery(prices.annotate(value=Max("amount")).values("value")),
            "stock": Subquery(variants.annotate(value=Sum("stock")).values("value")),
            "colours": Subquery(variants.annotate(value=Count("colour", distinct=True)).values("value")),
            "cover": Subquery(cover.values("picture")[:1]),
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
    def picture_url(self) -> str:
        if hasattr(self, "cover"):
            return picture_url(self.cover or "")
        first = next(iter(self.pictures.all()), None)
        return picture_url(first.picture if first else "")

    @property
    def detail_pairs(self) -> list[tuple[str, str]]:
        """`details` as (name, value); a line without a colon has no name."""
        pairs = []
        for line in filter(str.strip, self.details.splitlines()):
            name, colon, value = line.partition(":")
            pairs.append((name.strip(), value.strip()) if colon else ("", line.strip()))
        return pairs


class ProductPicture(models.Model):
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="pictures")
    picture = models.CharField(max_length=60, help_text="Name of a picture in store/art, such as 'mug'.")
    alt = models.CharField("description", max_length=200, help_text="What is to be seen, for those who cannot see it.")
    colour = models.CharField(max_length=40, blank=True, help_text="The variants' colour that it shows, if one.")
    position = models.PositiveSmallIntegerField(default=0, help_text="Lower comes first; the first is on the card.")

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(picture=""), name="store_productpicture_has_picture"),
        ]

    def __str__(self) -> str:
        return self.alt

    def clean(self) -> None:
        _check_picture(self.picture)

    @property
    def picture_url(self) -> str:
        return picture_url(self.picture)


def _check_picture(picture: str) -> None:
    if picture and not picture_exists(picture):
        raise ValidationError({"picture": f"There is no picture named “{picture}” in static/store/art."})
