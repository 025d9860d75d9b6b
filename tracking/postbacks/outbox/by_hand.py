"""By hand: what a person may decide about a row that delivery leaves alone."""

from typing import Final

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from tracking.models import Postback
from tracking.postbacks.outbox.news import announce
from tracking.postbacks.outbox.owing import amount_of
from tracking.postbacks.wakeups import notify

Status = Postback.Status

CAN_BE_SENT_AGAIN: Final = frozenset({Status.PENDING, Status.REJECTED, Status.UNCONFIRMED, Status.FAILED})
CAN_BE_MARKED_ACCEPTED: Final = frozenset({Status.REJECTED, Status.UNCONFIRMED, Status.FAILED})
CAN_BE_CANCELLED: Final = frozenset({Status.PENDING})


def send_again(postbacks: QuerySet[Postback], *, why: str) -> int:
    """Make rows due now that delivery has given up on or that wait; returns how many.

    The amount is worked out anew for a row that had none. Tests and orders that were called off are left out.
    An unknown outcome is included: whoever calls this has asked a person.
    """
    now = timezone.now()
    count = 0
    rows = postbacks.filter(status__in=CAN_BE_SENT_AGAIN, is_called_off=False, is_test=False)
    rows = rows.select_related("conversion", "offer")
    for row in rows:
        amount, waits_for = amount_of(row.conversion, row.offer)
        unchanged = Postback.objects.filter(
            pk=row.pk, status=row.status, attempts_made=row.attempts_made, is_called_off=False
        )
        count += unchanged.update(
            status=Status.PENDING,
            amount=row.amount or amount,
            detail=waits_for or why,
            due_at=None if waits_for else now,
            settled_at=None,
            attempts_before_requeue=row.attempts_made,
            is_in_doubt=False,
        )
    if count:
        notify()
    return count


def mark_accepted(postbacks: QuerySet[Postback], *, why: str) -> int:
    """Settle rows as accepted on a person's word; returns how many."""
    return _settle_by_hand(postbacks, CAN_BE_MARKED_ACCEPTED, Status.ACCEPTED, why)


def cancel(postbacks: QuerySet[Postback], *, why: str) -> int:
    """Cancel rows that were never sent or are not to be sent any more; returns how many."""
    return _settle_by_hand(postbacks, CAN_BE_CANCELLED, Status.CANCELLED, why)


def _settle_by_hand(postbacks: QuerySet[Postback], allowed: frozenset[Status], status: Status, why: str) -> int:
    ids = list(postbacks.filter(status__in=allowed).values_list("id", flat=True))
    rows = Postback.objects.filter(id__in=ids, status__in=allowed)
    count = rows.update(status=status, detail=why, due_at=None, settled_at=timezone.now())
    transaction.on_commit(lambda: announce(ids), robust=True)
    return count
