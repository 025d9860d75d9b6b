"""What is bought: a product in one size and colour, with its own stock, and its price in each currency."""

from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING

from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q

from store.pictures import Image

if TYPE_CHECKING:
    from .catalogue import Product

FEW_LEFT = 5  # pieces; from here down the shop names the number


class VariantQuerySet(models.QuerySet["Variant"]):
    def priced_in(self, currency: str) -> "VariantQuerySet":
        """Variants with their `price` in the currency, None where they have none, and their product."""
        price = Price.objects.filter(variant=models.OuterRef("pk"), currency=currency)
        shown = {"price": models.Subquery(price.values("amount")[:1])}  # the name is the one that Variant declares
        return self.annotate(**shown).select_related("product")

    def sold_in(self, currency: str) -> "VariantQuerySet":
        """Variants that the shop sells in the currency, whether there are any left or not."""
        return self.priced_in(currency).filter(Q(price__isnull=False), is_active=True, product__is_active=True)

    def take(self, variant_id: int, quantity: int) -> bool:
        """Take pieces from stock if so many are there: in one statement, so that no piece is sold twice."""
        enough = self.filter(pk=variant_id, is_active=True, product__is_active=True, stock__gte=quantity)
        return enough.update(stock=F("stock") - quantity) == 1

    def put_back(self, variant_id: int, quantity: int) -> None:
        self.filter(pk=variant_id).update(stock=F("stock") + quantity)


class Variant(models.Model):
    product: models.ForeignKey["Product", "Product"] = models.ForeignKey(
        "store.Product", on_delete=models.CASCADE, related_name="variants"
    )
    sku = models.CharField("SKU", max_length=40, unique=True, help_text="Your own name for it, such as MUG-FERN.")
    size = models.CharField(max_length=40, blank=True)
    colour = models.CharField(max_length=40, blank=True)
    stock = models.PositiveIntegerField(default=0, help_text="Pieces that can be sold now.")
    is_active = models.BooleanField("on sale", default=True, help_text="Off: hidden, and not sold any more.")
    position = models.PositiveSmallIntegerField(default=0, help_text="Lower comes first.")

    price: Decimal | None  # only where a query annotated it: priced_in, sold_in

    objects = VariantQuerySet.as_manager()

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(stock__gte=0), name="store_variant_stock_not_negative"),
            models.UniqueConstraint(fields=["product", "size", "colour"], name="store_variant_once_per_product"),
        ]

    def __str__(self) -> str:
        return f"{self.product}, {self.options}" if self.options else str(self.product)

    def get_absolute_url(self) -> str:
        return f"{self.product.get_absolute_url()}?variant={self.sku}"

    @property
    def options(self) -> str:
        """What sets it apart from the product's other variants: `Large, Fern`; empty for an only one."""
        return ", ".join(filter(None, (self.size, self.colour)))

    @property
    def is_sold_out(self) -> bool:
        return self.stock == 0

    @property
    def is_nearly_gone(self) -> bool:
        return 0 < self.stock <= FEW_LEFT

    @cached_property
    def image(self) -> Image:
        """The product's first picture in this colour, or its first of all."""
        pictures = list(self.product.pictures.all())
        own = next((picture for picture in pictures if picture.colour == self.colour), None)
        return own.image if own else self.product.image


class Price(models.Model):
    """One line of a currency's price list."""

    variant = models.ForeignKey(Variant, on_delete=models.CASCADE, related_name="prices")
    currency = models.CharField(
        max_length=3, validators=[RegexValidator("^[A-Z]{3}$", "Write the currency's code, such as USD.")]
    )
    amount = models.DecimalField(
        max_digits=9,
        decimal_places=2,
        validators=[MinValueValidator(Decimal(0))],
        help_text="Without tax. A variant is sold in the currencies that it has a price in.",
    )

    class Meta:
        ordering = ["currency"]
        constraints = [
            models.UniqueConstraint(fields=["variant", "currency"], name="store_price_once_per_currency"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="store_price_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"
