"""Counts landings in memory, and writes the counts every few seconds: a landing costs no database write.

A process that ends takes along what it counted in its last seconds; counts are for proportions, not for money.
"""

import logging
import threading
from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Final

from django.db import DatabaseError, InterfaceError, connection
from django.utils import timezone

from tracking.capture.clicks import Finding
from tracking.models import LandingCount, LandingHour

if TYPE_CHECKING:
    from tracking.capture.clicks import Landing

logger = logging.getLogger(__name__)

WRITTEN_AFTER: Final = 10  # seconds

_counts: Counter[tuple[datetime, Finding]] = Counter()
"""By the hour that they came in."""
_lock = threading.Lock()


def count(landing: "Landing") -> None:
    """Count a landing whose address carries one of our parameters, whatever it holds."""
    if landing.finding is Finding.ABSENT:
        return
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    with _lock:
        is_first = not _counts
        _counts[hour, Finding.ANY] += 1
        if landing.finding is Finding.INVALID:
            _counts[hour, Finding.INVALID] += 1
    if is_first:
        write_later()


def write_later() -> None:
    """Write from a thread of its own, so that no shopper waits for it."""
    timer = threading.Timer(WRITTEN_AFTER, _write_and_close)
    timer.daemon = True
    try:
        timer.start()
    except RuntimeError:  # the process is ending
        logger.info("Landings counted last are not written: the process ends.")


def write() -> None:
    """Write what was counted since the last time; what cannot be written is kept for the next time."""
    with _lock:
        counted = dict(_counts)
        _counts.clear()
    for (hour, finding), number in list(counted.items()):
        try:
            LandingCount.objects.add(day=hour.date(), finding=finding, parameter="", number=number)
            if finding is Finding.ANY:
                LandingHour.objects.add(starts_at=hour, number=number)
        except (DatabaseError, InterfaceError):
            logger.exception("Landings could not be counted; they are counted with the next ones.")
            break
        del counted[hour, finding]
    with _lock:
        _counts.update(counted)


def _write_and_close() -> None:
    try:
        write()
    finally:
        connection.close()
