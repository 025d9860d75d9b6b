"""Orders: placed first, completed when paid. Names and prices are frozen in the lines."""

import secrets
from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import Case, F, Q
from django.urls import reverse
from django.utils import timezone
from payments import PaymentStatus

from store.conf import conf
from store.money import round_money

from .addresses import PostalAddress
from .catalogue import Product
from .selling import Coupon, ShippingMethod
from .variants import Variant

# Without the characters that are misread or misheard: 0 O, 1 I L, U V.
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTWXYZ"
_ROUNDING = Decimal("0.02")  # what several refunds, each rounded to goods and tax, may come to
_SECURED = (PaymentStatus.PREAUTH, PaymentStatus.CONFIRMED)


def new_number() -> str:
    """A short order number that can be read out and says nothing about how many orders there are."""
    return conf.order_prefix + "".join(secrets.choice(_ALPHABET) for _ in range(6))


def new_token() -> str:
    """The unguessable part of an order page's address."""
    return secrets.token_urlsafe(24)


class OrderQuerySet(models.QuerySet["Order"]):
    def move(self, order_id: int, *, from_status: str, to_status: str | Case, **changes: object) -> bool:
        """Change an order's state only if it is still in `from_status`: of two that try, one succeeds."""
        return self.filter(pk=order_id, status=from_status).update(status=to_status, **changes) == 1

    def send_unpaid(self, order_id: int, now: datetime) -> bool:
        """Note that an order that is to be paid later is sent: it stays unpaid."""
        return self.filter(pk=order_id, status=Order.Status.PLACED, fulfilled_at=None).update(fulfilled_at=now) == 1


class Order(PostalAddress):  # type: ignore[django-manager-missing]  # django-payments has no types
    class Status(models.TextChoices):
        PLACED = "placed", "Placed, not paid"
        PAID = "paid", "Paid"
        FULFILLED = "fulfilled", "Sent"
        CANCELLED = "cancelled", "Cancelled"
        REFUNDED = "refunded", "Refunded"

    number = models.CharField(max_length=16, unique=True, default=new_number, editable=False)
    token = models.CharField(max_length=48, unique=True, default=new_token, editable=False)
    checkout_token = models.UUIDField(
        unique=True, editable=False, help_text="Submitting a checkout twice is one order."
    )
    status = models.CharField(max_length=10, choices=Status, default=Status.PLACED)

    customer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="orders"
    )
    email = models.EmailField("e-mail", max_length=254)
    subscription = models.ForeignKey(
        "store.Subscription", on_delete=models.SET_NULL, null=True, blank=True, related_name="orders"
    )
    is_renewal = models.BooleanField("renewal", default=False, editable=False)

    currency = models.CharField(max_length=3)
    items_total = models.DecimalField(
        max_digits=9, decimal_places=2, help_text="Goods after discounts, without shipping and tax."
    )
    coupon = models.ForeignKey(Coupon, on_delete=models.SET_NULL, null=True, blank=True, related_name="orders")
    coupon_code = models.CharField(max_length=30, blank=True)
    discount = models.DecimalField(max_digits=9, decimal_places=2, default=Decimal(0))
    shipping_method = models.ForeignKey(
        ShippingMethod, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    shipping_name = models.CharField("delivery", max_length=60, blank=True)
    shipping = models.DecimalField(max_digits=9, decimal_places=2, default=Decimal(0))
    tax = models.DecimalField(max_digits=9, decimal_places=2, default=Decimal(0))
    is_tax_included = models.BooleanField("prices include tax", default=False)
    total = models.DecimalField(max_digits=9, decimal_places=2)
    items_refunded = models.DecimalField(
        "goods refunded", max_digits=9, decimal_places=2, default=Decimal(0), editable=False
    )
    refunded = models.DecimalField(max_digits=9, decimal_places=2, default=Decimal(0), editable=False)
    payment_variant = models.CharField(
        "pays with", max_length=60, blank=True, help_text="The key in django-payments' PAYMENT_VARIANTS."
    )

    placed_at = models.DateTimeField(default=timezone.now, editable=False)
    paid_at = models.DateTimeField(null=True, editable=False)
    fulfilled_at = models.DateTimeField("sent at", null=True, editable=False)
    cancelled_at = models.DateTimeField(null=True, editable=False)

    objects = OrderQuerySet.as_manager()

    class Meta:
        ordering = ["-placed_at", "-pk"]
        permissions = [("refund_order", "Can give an order's money back")]
        indexes = [models.Index(fields=["-placed_at"], name="store_order_newest")]
        constraints = [
            models.CheckConstraint(
                condition=Q(items_total__gte=0, discount__gte=0, shipping__gte=0, tax__gte=0, total__gte=0),
                name="store_order_amounts_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(refunded__lte=F("total"), items_refunded__lte=F("items_total")),
                name="store_order_refunds_not_more_than_paid",
            ),
            models.CheckConstraint(
                condition=Q(paid_at__isnull=False) | Q(status__in=["placed", "cancelled"]),
                name="store_order_paid_has_date",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("store:order", args=[self.token])

    @property
    def subtotal(self) -> Decimal:
        """Goods at their full price, as the price list has it: with the tax where prices include it."""
        return self.items_total + self.discount + (self.tax if self.is_tax_included else 0)

    @property
    def items_left(self) -> Decimal:
        """What affiliates earn on after all refunds."""
        return self.items_total - self.items_refunded

    @property
    def shipping_left(self) -> Decimal:
        """What is left of the price of the delivery: the rest of the money, beside the goods and their tax."""
        tax = self.tax * self.items_left / self.items_total if self.items_total else self.tax
        rest = round_money(self.total - self.refunded - self.items_left - tax, self.currency)
        is_whole = rest >= self.shipping - _ROUNDING
        return self.shipping if is_whole else max(rest, Decimal(0))

    @property
    def tax_left(self) -> Decimal:
        """What is left of the tax, so that all parts together are the money that is left."""
        rest = self.total - self.refunded - self.items_left - self.shipping_left
        return min(max(rest, Decimal(0)), self.tax)

    @property
    def status_words(self) -> str:
        """The status for people: what is paid on invoice may be sent before it is paid."""
        return "Sent, not paid" if self.is_placed and self.fulfilled_at else self.get_status_display()

    @property
    def is_placed(self) -> bool:
        return self.status == self.Status.PLACED

    @property
    def is_cancelled(self) -> bool:
        return self.status == self.Status.CANCELLED

    @property
    def is_refunded(self) -> bool:
        return self.status == self.Status.REFUNDED

    def has_secured_payment(self) -> bool:
        """Whether a provider holds money for this order: charged, or authorised to be charged later."""
        return self.payments.filter(status__in=_SECURED).exists()

    def is_payable(self) -> bool:
        return self.is_placed and not self.has_secured_payment()


class OrderLine(models.Model):
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines")
    product = models.ForeignKey(Product, on_delete=models.SET_NULL, null=True, related_name="+")
    variant = models.ForeignKey(Variant, on_delete=models.SET_NULL, null=True, related_name="+")
    name = models.CharField(max_length=120)
    options = models.CharField(max_length=82, blank=True, help_text="Size and colour, as they were called.")
    interval = models.CharField(max_length=8, blank=True, help_text="How often it is sent again; empty: once.")
    unit_price = models.DecimalField(max_digits=9, decimal_places=2)
    quantity = models.PositiveIntegerField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gte=1), name="store_orderline_quantity_positive"),
            models.UniqueConstraint(fields=["order", "variant"], name="store_orderline_one_per_variant"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.name}"  # noqa: RUF001  a multiplication sign

    @property
    def total(self) -> Decimal:
        return self.unit_price * self.quantity
