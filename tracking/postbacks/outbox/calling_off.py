"""Calling off: the order was cancelled or fully refunded, so nothing more is sent for it."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from tracking.models import Postback
from tracking.postbacks.outbox.kinds import POSTBACK, Kind
from tracking.postbacks.outbox.news import announce

Status = Postback.Status

CALLED_OFF: Final = "The order was cancelled or fully refunded before it was reported."


def call_off(messages: QuerySet[Any], *, kind: Kind = POSTBACK) -> int:
    """Send nothing more for orders that were cancelled or fully refunded; returns how many rows that cancels now.

    A row that is being sent right now is cancelled if it comes back as pending; one that was given up on stays as it
    is, but cannot be sent again.
    """
    ids = list(messages.values_list("id", flat=True))
    if kind is POSTBACK:
        Postback.objects.filter(id__in=ids).update(amount_left=0)
    kind.model.objects.filter(id__in=ids).exclude(status__in=[Status.ACCEPTED, Status.CANCELLED]).update(
        is_called_off=True
    )
    count = cancel_called_off(ids, timezone.now(), kind=kind)
    if count and kind is POSTBACK:
        transaction.on_commit(lambda: announce(ids), robust=True)
    return count


def cancel_called_off(ids: Collection[int], now: datetime, *, kind: Kind = POSTBACK) -> int:
    """Cancel those of the rows that are pending although their order was called off; returns how many."""
    pending = kind.model.objects.filter(id__in=ids, status=Status.PENDING, is_called_off=True)
    count: int = pending.update(status=Status.CANCELLED, detail=CALLED_OFF, due_at=None, settled_at=now)
    return count
