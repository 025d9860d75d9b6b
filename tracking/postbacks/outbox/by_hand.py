"""By hand: what a person may decide about a row that delivery leaves alone."""

from datetime import datetime
from decimal import Decimal
from typing import Final

from django.db import transaction
from django.db.models import Case, DecimalField, F, Q, QuerySet, Value, When
from django.db.models.expressions import Combinable
from django.utils import timezone

from tracking.conversions import receipts
from tracking.models import Postback
from tracking.postbacks.outbox.details import cancel_details
from tracking.postbacks.outbox.doubt import in_question
from tracking.postbacks.outbox.news import announce
from tracking.postbacks.outbox.owing import due_after_hold, has_amount, work_out
from tracking.postbacks.wakeups import notify

Status = Postback.Status

CAN_BE_SENT_AGAIN: Final = frozenset({Status.PENDING, Status.REJECTED, Status.UNCONFIRMED, Status.FAILED})
CAN_BE_MARKED_ACCEPTED: Final = frozenset({Status.REJECTED, Status.UNCONFIRMED, Status.FAILED})
CAN_BE_CANCELLED: Final = frozenset({Status.PENDING})
CAN_BE_GIVEN_UP: Final = CAN_BE_MARKED_ACCEPTED


def send_again(postbacks: QuerySet[Postback], *, why: str, despite_hold: bool = False) -> int:
    """Make rows due now that delivery has given up on or that wait; returns how many.

    The amount is worked out anew for a row that had none, and is what is left of a refunded order, unless Aspire may
    have counted it: a repeat keeps its amount. A row that is held falls due when its hold ends, unless `despite_hold`
    ends it. Tests and orders that were called off are left out. An unknown outcome is included: whoever calls this has
    asked a person.
    """
    now = timezone.now()
    rows = postbacks.filter(status__in=CAN_BE_SENT_AGAIN, is_called_off=False, is_test=False)
    rows = rows.select_related("conversion", "offer")
    count = sum(_send_again(row, why, now, despite_hold=despite_hold) for row in rows)
    if count:
        notify()
    return count


def _send_again(row: Postback, why: str, now: datetime, *, despite_hold: bool) -> int:
    held_until = None if despite_hold else row.held_until
    with transaction.atomic():
        receipt = None if has_amount(row) else work_out(row, now)
        waits_for = receipt.waits_for if receipt else ""
        unchanged = Postback.objects.filter(
            pk=row.pk, status=row.status, attempts_made=row.attempts_made, is_called_off=False
        )
        count = unchanged.update(
            status=Status.PENDING,
            amount=receipt.amount if receipt else _amount_to_send(row.amount),
            amount_left=receipt.amount_left if receipt else F("amount_left"),
            detail=waits_for or why,
            due_at=None if waits_for else due_after_hold(held_until, now),
            held_until=held_until,
            settled_at=None,
            attempts_before_requeue=row.attempts_made,
            is_in_doubt=F("is_in_doubt") if row.status == Status.PENDING else False,
        )
        if count and receipt:
            row.conversion.save(update_fields=receipts.FIELDS)
    return count


def _amount_to_send(amount: Decimal | None) -> Combinable:
    """What is left after refunds, however late they were told; else the amount, and where Aspire may have that."""
    field = DecimalField(max_digits=13, decimal_places=2)
    is_lower = Q(amount_left__gt=0) & ~in_question()
    return Case(When(is_lower, then=F("amount_left")), default=Value(amount, output_field=field))


def mark_accepted(postbacks: QuerySet[Postback], *, why: str) -> int:
    """Settle rows as accepted on a person's word; returns how many."""
    return _settle_by_hand(postbacks, CAN_BE_MARKED_ACCEPTED, Status.ACCEPTED, why)


def cancel(postbacks: QuerySet[Postback], *, why: str) -> int:
    """Cancel rows that were never sent or are not to be sent any more; returns how many.

    Their orders' details go with them.
    """
    orders = list(postbacks.filter(status__in=CAN_BE_CANCELLED).values_list("conversion_id", flat=True))
    count = _settle_by_hand(postbacks, CAN_BE_CANCELLED, Status.CANCELLED, why)
    cancelled = Postback.objects.filter(conversion__in=orders, status=Status.CANCELLED)
    cancel_details(list(cancelled.values_list("conversion_id", flat=True)), why=why)
    return count


def give_up(postbacks: QuerySet[Postback], *, why: str) -> int:
    """Cancel rows that delivery has given up on, since a person wants them counted no more; returns how many."""
    return _settle_by_hand(postbacks, CAN_BE_GIVEN_UP, Status.CANCELLED, why)


def _settle_by_hand(postbacks: QuerySet[Postback], allowed: frozenset[Status], status: Status, why: str) -> int:
    ids = list(postbacks.filter(status__in=allowed).values_list("id", flat=True))
    rows = Postback.objects.filter(id__in=ids, status__in=allowed)
    count = rows.update(status=status, detail=why, due_at=None, settled_at=timezone.now())
    transaction.on_commit(lambda: announce(ids), robust=True)
    return count
