"""Goods sent again every month: what an order with such goods starts, and what renewals are made from."""

from __future__ import annotations

import secrets
from decimal import Decimal
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from .addresses import PostalAddress

if TYPE_CHECKING:
    from datetime import datetime

    from .orders import Order, OrderLine


def new_token() -> str:
    """The unguessable part of a subscription page's address."""
    return secrets.token_urlsafe(24)


class SubscriptionQuerySet(models.QuerySet["Subscription"]):
    def due(self, now: datetime) -> SubscriptionQuerySet:
        """Those that a renewal is to be placed for."""
        return self.filter(status=Subscription.Status.ACTIVE, renews_at__lte=now, charge_at=None)

    def to_charge(self, now: datetime) -> SubscriptionQuerySet:
        """Those whose placed renewal is to be charged now, for the first time or again."""
        return self.filter(charge_at__lte=now)


class Subscription(PostalAddress):
    """What its first order says is sent every month, at the prices of that day, until somebody stops it.

    While a renewal is placed and not paid, `charge_at` says when to charge it next, and `charges` how often that was
    tried. The next one is placed only after that.
    """

    class Status(models.TextChoices):
        ACTIVE = "active", "Active"
        PAUSED = "paused", "Paused"
        CANCELLED = "cancelled", "Cancelled"
        LAPSED = "lapsed", "Ended, not paid"

    token = models.CharField(max_length=48, unique=True, default=new_token, editable=False)
    customer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="subscriptions"
    )
    first_order = models.OneToOneField("store.Order", on_delete=models.PROTECT, related_name="+")
    email = models.EmailField("e-mail", max_length=254)
    status = models.CharField(max_length=10, choices=Status, default=Status.ACTIVE)
    started_at = models.DateTimeField()
    renews_at = models.DateTimeField("next renewal", help_text="When the next parcel is ordered.")
    renewal_day = models.PositiveSmallIntegerField("day of the month", editable=False)
    periods = models.PositiveIntegerField("renewals placed", default=0, editable=False)
    charge_at = models.DateTimeField("charge again at", null=True, blank=True, editable=False)
    charges = models.PositiveSmallIntegerField("charges tried", default=0, editable=False)
    ended_at = models.DateTimeField(null=True, editable=False)

    objects = SubscriptionQuerySet.as_manager()

    class Meta:
        ordering = ["-started_at", "-pk"]
        indexes = [
            # What `renew_subscriptions` looks for, whenever cron runs it.
            models.Index(fields=["renews_at"], name="store_subscription_due", condition=Q(status="active")),
            models.Index(fields=["charge_at"], name="store_subscription_charge", condition=Q(charge_at__isnull=False)),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(status__in=["cancelled", "lapsed"]),
                name="store_subscription_ended_has_state",
            ),
        ]

    def __str__(self) -> str:
        return f"Subscription {self.first_order.number}"

    def get_absolute_url(self) -> str:
        return reverse("store:subscription", args=[self.token])

    @property
    def lines(self) -> list[OrderLine]:
        """What it sends: the lines of its first order that have an interval."""
        return [line for line in self.first_order.lines.all() if line.interval]

    def waiting_order(self) -> Order | None:
        """The renewal that is placed and not paid."""
        return self.orders.filter(is_renewal=True, status="placed").first()

    @property
    def is_active(self) -> bool:
        return self.status == self.Status.ACTIVE

    @property
    def is_paused(self) -> bool:
        return self.status == self.Status.PAUSED

    @property
    def has_ended(self) -> bool:
        return self.ended_at is not None

    @property
    def price(self) -> Decimal:
        """The goods of each parcel, before delivery and tax."""
        return sum((line.total for line in self.lines), Decimal(0))
