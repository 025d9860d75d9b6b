"""Stopping subscriptions and going on with them, as shoppers and the merchant may. `renewals` sends the parcels."""

from django.db import transaction
from django.utils import timezone

from tracking.signals import subscription_cancelled

from . import mail, payments
from .models import Subscription
from .schedule import month_after

Status = Subscription.Status


def pause(subscription: Subscription) -> bool:
    """Order and charge nothing until it is resumed. False if it is not active."""
    return _change(subscription, from_status=[Status.ACTIVE], status=Status.PAUSED, charge_at=None)


def resume(subscription: Subscription) -> bool:
    """Go on. A parcel that fell due meanwhile is ordered now, and once. False if it is not paused."""
    now = timezone.now()
    dates: dict[str, object] = {}
    if subscription.renews_at < now:
        dates = {"renews_at": now, "renewal_day": now.day}
    return _change(subscription, from_status=[Status.PAUSED], status=Status.ACTIVE, **dates)


def skip(subscription: Subscription, day: str) -> bool:
    """Leave out the next parcel, that of `day` (ISO): a second click skips no second one. False if that is not next."""
    if subscription.renews_at.date().isoformat() != day:
        return False
    following = month_after(subscription.renews_at, subscription.renewal_day)
    return _change(subscription, from_status=[Status.ACTIVE], renews_at=following)


def cancel(subscription: Subscription) -> bool:
    """End it for good. False if it has ended."""
    return _end(subscription, Status.CANCELLED)


def lapse(subscription: Subscription) -> bool:
    """End it because its last parcel was never paid."""
    return _end(subscription, Status.LAPSED)


def _end(subscription: Subscription, status: str) -> bool:
    running = [Status.ACTIVE, Status.PAUSED]
    return _change(subscription, from_status=running, status=status, ended_at=timezone.now(), charge_at=None)


def _change(subscription: Subscription, *, from_status: list[Status], **changes: object) -> bool:
    with transaction.atomic():
        if not Subscription.objects.filter(pk=subscription.pk, status__in=from_status).update(**changes):
            return False
        subscription.refresh_from_db()
        if subscription.ended_at:
            subscription_cancelled.send(sender=Subscription, subscription_id=str(subscription.pk))
        mail.subscription_changed(subscription)
    if not subscription.is_active and (waiting := subscription.waiting_order()):
        payments.call_off(waiting)  # outside the transaction: it may ask the provider
    return True
