"""Somebody with a subscription, for the tests of what becomes of it."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from store.models import Order, Subscription
from tests.store.factories import OrderFactory, OrderLineFactory, PaymentFactory, ProductFactory


def monthly_order(**values: Any) -> Order:
    """An order, not paid yet, of two pieces that are sent every month."""
    order = OrderFactory(**values)
    tea = ProductFactory(name="Tea Letter", subscription_interval="month", price=Decimal("20.00"), stock=10)
    OrderLineFactory(order=order, product=tea, interval="month", quantity=2)
    return order


def pay(order: Order, *, fraud_status: str = "accept") -> None:
    PaymentFactory(order=order, fraud_status=fraud_status).change_status("confirmed")


def subscribe(*, fraud_status: str = "accept", **values: Any) -> Subscription:
    """A subscription whose first parcel was just paid. With `fraud_status` "reject" it cannot be charged again."""
    order = monthly_order(**values)
    pay(order, fraud_status=fraud_status)
    return Subscription.objects.get(first_order=order)


def fall_due(subscription: Subscription) -> None:
    subscription.renews_at = timezone.now() - timedelta(minutes=1)
    subscription.save(update_fields=["renews_at"])
