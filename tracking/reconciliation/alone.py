"""One at a time: nobody compares a file anew, or applies it, while somebody else is at work on the same comparison.

A claim of its own, and no lock: what is applied is applied in many short transactions.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final

from django.db.models import Q
from django.utils import timezone

from tracking.models import Reconciliation
from tracking.reports.wording import moment

_BROKEN_OFF: Final = timedelta(minutes=15)  # whoever is at work for longer has ended without a word


class BusyError(Exception):
    """Somebody else is at work on the comparison, or has applied it; the message says which."""

    def __init__(self, record: Reconciliation) -> None:
        """Say it of the comparison as it is now."""
        super().__init__(_why(record))
        self.record = record


@contextmanager
def alone(record: Reconciliation) -> Iterator[None]:
    """Keep others from a comparison that is not applied yet, for as long as the block lasts. Raises BusyError."""
    since = timezone.now()
    is_free = Q(busy_since=None) | Q(busy_since__lt=since - _BROKEN_OFF)
    found = Reconciliation.objects.filter(pk=record.pk)
    if not found.filter(is_free, applied_at=None).update(busy_since=since):
        record.refresh_from_db()
        raise BusyError(record)
    try:
        yield
    finally:
        found.filter(busy_since=since).update(busy_since=None)


def _why(record: Reconciliation) -> str:
    if record.applied_at:
        return f"It was applied already: {record.accepted} marked as accepted, {record.sent_again} sent again."
    since = f" since {moment(record.busy_since)}" if record.busy_since else ""
    return (
        f"Somebody has been at work on this comparison{since}. Look at it again in a minute; work that was broken off "
        f"can be begun anew after {_BROKEN_OFF // timedelta(minutes=1)} minutes."
    )
