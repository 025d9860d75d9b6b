"""What is sold: categories and products, and the stock that orders take from."""

from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from store.pictures import picture_exists, picture_url

FEW_LEFT = 5  # pieces; from here down the shop names the number


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
    def listed(self) -> "ProductQuerySet":
        """Products that the shop shows, sold out or not."""
        return self.filter(is_active=True).select_related("category")

    def take(self, product_id: int, quantity: int) -> bool:
        """Take pieces from stock if so many are there: in one statement, so that no piece is sold twice."""
        enough = self.filter(pk=product_id, is_active=True, stock__gte=quantity)
        return enough.update(stock=F("stock") - quantity) == 1

    def put_back(self, product_id: int, quantity: int) -> None:
        self.filter(pk=product_id).update(stock=F("stock") + quantity)


class Product(models.Model):
    category = models.ForeignKey(Category, on_delete=models.PROTECT, related_name="products")
    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=120, unique=True)
    summary = models.CharField(max_length=200, help_text="One sentence, shown on cards and in search engines.")
    description = models.TextField(blank=True)
    details = models.TextField(blank=True, help_text="One 'Name: value' a line, such as 'Material: stoneware'.")
    price = models.DecimalField(
        max_digits=9,
        decimal_places=2,
        validators=[MinValueValidator(Decimal(0))],
        help_text="In the shop's currency, without tax.",
    )
    stock = models.PositiveIntegerField(default=0, help_text="Pieces that can be sold now.")
    picture = models.CharField(max_length=60, blank=True, help_text="Name of a picture in store/art, such as 'mug'.")
    is_active = models.BooleanField("on sale", default=True, help_text="Off: hidden, and not sold any more.")
    is_featured = models.BooleanField("on the home page", default=False)
    position = models.PositiveSmallIntegerField(default=0, help_text="Lower comes first within the category.")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ProductQuerySet.as_manager()

    class Meta:
        ordering = ["category__position", "position", "name"]
        constraints = [
            models.CheckConstraint(condition=Q(price__gte=0), name="store_product_price_not_negative"),
            models.CheckConstraint(condition=Q(stock__gte=0), name="store_product_stock_not_negative"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("store:product", args=[self.slug])

    def clean(self) -> None:
        _check_picture(self.picture)

    @property
    def picture_url(self) -> str:
        return picture_url(self.picture)

    @property
    def is_sold_out(self) -> bool:
        return self.stock == 0

    @property
    def is_nearly_gone(self) -> bool:
        return 0 < self.stock <= FEW_LEFT

    @property
    def detail_pairs(self) -> list[tuple[str, str]]:
        """`details` as (name, value); a line without a colon has no name."""
        pairs = []
        for line in filter(str.strip, self.details.splitlines()):
            name, colon, value = line.partition(":")
            pairs.append((name.strip(), value.strip()) if colon else ("", line.strip()))
        return pairs


def _check_picture(picture: str) -> None:
    if picture and not picture_exists(picture):
        raise ValidationError({"picture": f"There is no picture named “{picture}” in static/store/art."})
