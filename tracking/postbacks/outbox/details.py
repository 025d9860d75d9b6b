"""Order details: owed beside the postback where the offer asks for them, waiting for a secret, sent again by hand."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.core.exceptions import ImproperlyConfigured
from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone

from tracking.conf import conf
from tracking.conversions import receipts
from tracking.models import Conversion, Offer, OrderDetails, Postback
from tracking.models.rows import insert_one
from tracking.postbacks.outbox.calling_off import call_off
from tracking.postbacks.outbox.kinds import ORDER_DETAILS
from tracking.postbacks.outbox.owing import due_after_hold
from tracking.postbacks.wakeups import notify

Status = OrderDetails.Status

WAITS_FOR_KEY: Final = (
    "TRACKING_ORDER_DETAILS_SECRET is not set: Aspire takes order details only with the secret that it gives you."
)
DETAILS_CAN_BE_SENT_AGAIN: Final = frozenset({Status.PENDING, Status.FAILED})


def has_secret() -> bool:
    """Tell whether order details can be sent. A setting that is wrong must not cost an order: `check` tells of it."""
    try:
        return bool(conf.order_details_secret)
    except ImproperlyConfigured:
        return False


def order_value(conversion: Conversion, offer: Offer) -> Decimal:
    """What is left of the order's value by the basis, in the order's own currency."""
    return receipts.left(conversion, conversion.amount_basis or offer.amount_basis)


def wants_details(conversion: Conversion) -> bool:
    """Tell whether the offer of a credited order asks for the order's details."""
    return conversion.offer is not None and conversion.offer.sends_order_details and not conversion.is_test


def owe_details(conversion: Conversion, *, lines: Sequence[dict[str, Any]], now: datetime) -> None:
    """Owe Aspire the details of a credited order whose offer wants them. Call it in the order's transaction."""
    offer = conversion.offer
    assert offer is not None  # noqa: S101 - a constraint of the table says the same
    can_be_sent = has_secret()
    details = OrderDetails(
        conversion=conversion,
        offer=offer,
        amount=order_value(conversion, offer),
        lines=list(lines),
        due_at=_due(conversion, offer, now) if can_be_sent else None,
        detail="" if can_be_sent else WAITS_FOR_KEY,
        created_at=now,
    )
    insert_one(details)


def release_waiting(*, now: datetime) -> int:
    """Make due what waited for a secret that is set by now, or the end of its postback's hold; returns how many."""
    if not has_secret():
        return 0
    waiting = OrderDetails.objects.filter(status=Status.PENDING, due_at=None, detail=WAITS_FOR_KEY)
    held_until = Postback.objects.filter(conversion=OuterRef("conversion")).values("held_until")
    # Greatest of nothing and something is nothing, or on PostgreSQL something.
    return waiting.update(due_at=Coalesce(Greatest(Subquery(held_until), now), now), detail="")


def _due(conversion: Conversion, offer: Offer, now: datetime) -> datetime:
    """Details are held as long as the postback is, so that they tell of no order that comes back meanwhile."""
    return due_after_hold(conversion.completed_at + timedelta(days=offer.hold_days), now)


def let_details_follow(conversion: Conversion, *, is_off: bool) -> None:
    """Let details that Aspire has not taken yet follow their order, of which less is left, or nothing.

    What is being sent right now was worth more; if it has to be sent again, it goes with what is left.
    """
    rows = OrderDetails.objects.filter(conversion=conversion)
    if is_off:
        call_off(rows, kind=ORDER_DETAILS)
    elif conversion.offer:
        rows.exclude(status__in=[Status.ACCEPTED, Status.CANCELLED]).update(
            amount=order_value(conversion, conversion.offer)
        )


def cancel_details(conversions: Collection[int], *, why: str) -> None:
    """Send no details of orders, given by their keys, whose postbacks are not to be sent; what is with Aspire stays."""
    rows = OrderDetails.objects.filter(conversion__in=conversions, is_called_off=False)
    waiting = rows.filter(status=Status.PENDING)
    waiting.update(status=Status.CANCELLED, is_called_off=True, detail=why, due_at=None, settled_at=timezone.now())
    rows.exclude(status=Status.ACCEPTED).update(is_called_off=True)


def send_details_again(details: QuerySet[OrderDetails], *, why: str) -> int:
    """Make rows due now that delivery has given up on or that wait; returns how many.

    Those of orders that were called off are left out. It does no harm where Aspire has them already.
    """
    now = timezone.now()
    can_be_sent = has_secret()
    count = 0
    for row in details.filter(status__in=DETAILS_CAN_BE_SENT_AGAIN, is_called_off=False):
        unchanged = OrderDetails.objects.filter(
            pk=row.pk, status=row.status, attempts_made=row.attempts_made, is_called_off=False
        )
        count += unchanged.update(
            status=Status.PENDING,
            detail=why if can_be_sent else WAITS_FOR_KEY,
            due_at=now if can_be_sent else None,
            settled_at=None,
            attempts_before_requeue=row.attempts_made,
        )
    if count:
        notify()
    return count
