"""By Aspire's own export: what may have arrived is settled, if nothing has happened to it since it was looked at."""

from django.db import transaction
from django.utils import timezone

from tracking.models import Postback
from tracking.postbacks.outbox.by_hand import send_again
from tracking.postbacks.outbox.news import announce

Status = Postback.Status


def confirm(postback_id: int, *, attempts_made: int, why: str) -> bool:
    """Settle an unconfirmed row as accepted: the export lists it. False if it is no longer as it was."""
    row = Postback.objects.filter(pk=postback_id, status=Status.UNCONFIRMED, attempts_made=attempts_made, is_test=False)
    if not row.update(status=Status.ACCEPTED, detail=why, due_at=None, settled_at=timezone.now()):
        return False
    transaction.on_commit(lambda: announce([postback_id]), robust=True)
    return True


def send_absent(postback_id: int, *, attempts_made: int, why: str) -> bool:
    """Send an unconfirmed row again: the export proves that it is not there. False if it is no longer as it was.

    Orders that were cancelled or refunded are never sent again.
    """
    row = Postback.objects.filter(
        pk=postback_id, status=Status.UNCONFIRMED, attempts_made=attempts_made, amount_left=None
    )
    return send_again(row, why=why) == 1
