"""What a paid order means for subscriptions: it starts one, or it is the parcel that one waited for."""

from datetime import datetime

from django.utils import timezone

from .models import Order, Subscription
from .schedule import month_after


def follow_payment(order: Order) -> None:
    """Start what a paid order subscribes to; note that a renewal is paid. Called inside the order's transaction."""
    if order.subscription_id is not None:  # before they are paid, renewals alone have one
        Subscription.objects.filter(pk=order.subscription_id).update(charge_at=None, charges=0)
    elif not order.is_renewal and order.lines.exclude(interval="").exists():
        order.subscription = _start(order, order.paid_at or timezone.now())
        order.save(update_fields=["subscription"])


def _start(order: Order, now: datetime) -> Subscription:
    return Subscription.objects.create(
        first_order=order,
        customer=order.customer,
        email=order.email,
        started_at=now,
        renews_at=month_after(now, now.day),
        renewal_day=now.day,
        **order.as_initial(),
    )
