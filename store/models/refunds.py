"""Money that goes back: written down before the provider is asked, so that a crash leaves a trace and no second try."""

from decimal import Decimal
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q

from .orders import Order
from .payments import Payment


class Refund(models.Model):
    class Status(models.TextChoices):
        ASKED = "asked", "Asked for, no answer yet"
        DONE = "done", "Done"
        REFUSED = "refused", "Refused"

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="refunds")
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="refunds")
    key = models.UUIDField(
        unique=True, default=uuid4, editable=False, help_text="The provider does what it stands for once."
    )
    status = models.CharField(max_length=7, choices=Status, default=Status.ASKED)
    amount = models.DecimalField(max_digits=9, decimal_places=2)
    goods = models.DecimalField(
        max_digits=9, decimal_places=2, default=Decimal(0), help_text="The part of it that affiliates earned on."
    )
    returned = models.JSONField(default=dict, help_text="Pieces to put back into stock, by order line.")
    reason = models.CharField(max_length=200, blank=True)
    detail = models.TextField("provider's answer", blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0, goods__gte=0), name="store_refund_is_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.order.number}: {self.amount} {self.order.currency}"
