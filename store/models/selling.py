"""What is added to or taken off the goods: delivery with its prices, tax rates, coupons."""

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q

from store.countries import COUNTRIES

from .catalogue import Category

if TYPE_CHECKING:
    from .orders import Order

_CURRENCY = RegexValidator(r"^[A-Z]{3}$", "Write an ISO 4217 code, such as USD.")
_NOT_NEGATIVE = MinValueValidator(Decimal(0))
_PERCENT = [_NOT_NEGATIVE, MaxValueValidator(Decimal(100))]


class ShippingMethod(models.Model):
    name = models.CharField(max_length=60, unique=True)
    summary = models.CharField(max_length=120, blank=True, help_text="Such as “3 to 5 working days”.")
    countries = models.CharField(
        max_length=200, blank=True, help_text="Country codes with blanks between, such as “US CA”. Empty: everywhere."
    )
    is_active = models.BooleanField("offered", default=True)
    position = models.PositiveSmallIntegerField(default=0, help_text="Lower comes first.")

    class Meta:
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        self.countries = self.countries.replace(",", " ").upper()
        unknown = set(self.countries.split()) - {code for code, _ in COUNTRIES}
        if unknown:
            raise ValidationError({"countries": f"The shop knows no country {', '.join(sorted(unknown))}."})

    def goes_to(self, country: str) -> bool:
        return not self.countries or country in self.countries.split()


class ShippingPrice(models.Model):
    method = models.ForeignKey(ShippingMethod, on_delete=models.CASCADE, related_name="prices")
    currency = models.CharField(max_length=3, validators=[_CURRENCY])
    amount = models.DecimalField(max_digits=9, decimal_places=2, validators=[_NOT_NEGATIVE])
    free_from = models.DecimalField(
        max_digits=9,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[_NOT_NEGATIVE],
        help_text="Free when the goods after discounts come to this. Empty: never free.",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["method", "currency"], name="store_shippingprice_one_per_currency"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="store_shippingprice_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.method}: {self.amount} {self.currency}"


class TaxRate(models.Model):
    """The tax on goods that go to a country, or to one region of it. Where there is none, STORE_TAX_PERCENT counts."""

    country = models.CharField(max_length=2, choices=COUNTRIES)
    region = models.CharField(
        max_length=80,
        blank=True,
        help_text="As addresses have it, such as CA for California. Empty: the whole country.",
    )
    percent = models.DecimalField(max_digits=5, decimal_places=2, validators=_PERCENT)

    class Meta:
        ordering = ["country", "region"]
        constraints = [
            models.UniqueConstraint(fields=["country", "region"], name="store_taxrate_one_per_place"),
            models.CheckConstraint(condition=Q(percent__gte=0, percent__lte=100), name="store_taxrate_is_percentage"),
        ]

    def __str__(self) -> str:
        return f"{' '.join(filter(None, [self.get_country_display(), self.region]))}: {self.percent} %"


class CouponQuerySet(models.QuerySet["Coupon"]):
    def find(self, code: str) -> "Coupon | None":
        """The coupon of a code as people type it: blanks around it and small letters are forgiven."""
        return self.filter(code=normal_code(code)).first()

    def use(self, coupon_id: int) -> bool:
        """Count one use if there is one left: in one statement, so that the last one is used once."""
        left = Q(max_uses=None) | Q(times_used__lt=F("max_uses"))
        return self.filter(left, pk=coupon_id, is_active=True).update(times_used=F("times_used") + 1) == 1

    def give_back(self, coupon_id: int) -> None:
        self.filter(pk=coupon_id, times_used__gt=0).update(times_used=F("times_used") - 1)


def normal_code(code: str) -> str:
    return code.strip().upper()


class Coupon(models.Model):
    class Kind(models.TextChoices):
        PERCENT = "percent", "Percent off"
        AMOUNT = "amount", "Amount off"

    code = models.CharField(
        max_length=30,
        unique=True,
        validators=[RegexValidator(r"^[A-Z0-9_-]+$", "Write capital letters, digits, hyphens and underscores.")],
        help_text="What shoppers type; small letters count as capitals.",
    )
    kind = models.CharField(max_length=7, choices=Kind, default=Kind.PERCENT)
    percent = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True, validators=_PERCENT)
    amount = models.DecimalField(max_digits=9, decimal_places=2, null=True, blank=True, validators=[_NOT_NEGATIVE])
    currency = models.CharField(
        max_length=3,
        blank=True,
        validators=[_CURRENCY],
        help_text="Of the amounts here; the coupon is then good in this currency alone.",
    )
    minimum = models.DecimalField(
        "from goods of", max_digits=9, decimal_places=2, null=True, blank=True, validators=[_NOT_NEGATIVE]
    )
    categories = models.ManyToManyField(Category, blank=True, help_text="Takes off these goods alone. None: off all.")
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    max_uses = models.PositiveIntegerField("uses in all", null=True, blank=True, help_text="Empty: no limit.")
    is_once_per_customer = models.BooleanField("once per e-mail address", default=False)
    is_active = models.BooleanField("good", default=True)
    times_used = models.PositiveIntegerField(default=0, editable=False)

    objects = CouponQuerySet.as_manager()

    class Meta:
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="percent", percent__isnull=False) | Q(kind="amount", amount__isnull=False),
                name="store_coupon_says_how_much",
            ),
            models.CheckConstraint(
                condition=Q(max_uses__isnull=True) | Q(times_used__lte=F("max_uses")),
                name="store_coupon_not_used_too_often",
            ),
        ]

    def __str__(self) -> str:
        return self.code

    def clean(self) -> None:
        errors = {}
        if self.kind == self.Kind.PERCENT and self.percent is None:
            errors["percent"] = "Say how many percent it takes off."
        if self.kind == self.Kind.AMOUNT and self.amount is None:
            errors["amount"] = "Say how much it takes off."
        if not self.currency and (self.kind == self.Kind.AMOUNT or self.minimum is not None):
            errors["currency"] = "Say in which currency the amount is."
        if self.max_uses is not None and self.max_uses < self.times_used:
            errors["max_uses"] = f"It has been used {self.times_used} times already."
        if errors:
            raise ValidationError(errors)

    def is_on(self, now: datetime) -> bool:
        has_begun = self.starts_at is None or self.starts_at <= now
        return self.is_active and has_begun and (self.ends_at is None or now < self.ends_at)

    @property
    def is_used_up(self) -> bool:
        return self.max_uses is not None and self.times_used >= self.max_uses

    def was_used_by(self, email: str, *, orders: "models.QuerySet[Order]") -> bool:
        return orders.filter(coupon=self, email__iexact=email).exclude(status="cancelled").exists()
