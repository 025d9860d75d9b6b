"""Counters that only rise, whichever process is asked and however often it was restarted: they live in the database.

Nothing is counted where it happens. Whoever is asked for the counters adds what happened since the last time, by an
index over time, and moves the mark on; the conditional update of the mark lets one process do it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.db.models import Count, F, Sum

from tracking.models import Attempt, Conversion, MetricCounter, MetricMark, Postback

# What is written down late, at the end of a long exchange or transaction, is still in.
LAG: Final = timedelta(minutes=2)

Increments = Iterable[tuple[str, str, int]]
"""Name, label, number."""


def advance(*, now: datetime) -> None:
    """Count what has happened up to LAG ago."""
    until = now - LAG
    for name, count in _COUNTED.items():
        mark = MetricMark.objects.filter(name=name).first()
        if mark is None:
            _begin(name, until)
        elif mark.until < until:
            _advance(mark, until, count)


def current() -> dict[str, dict[str, int]]:
    """Every counter by name and label."""
    found: dict[str, dict[str, int]] = {}
    for name, label, value in MetricCounter.objects.order_by("name", "label").values_list("name", "label", "value"):
        found.setdefault(name, {})[label] = value
    return found


def _begin(name: str, until: datetime) -> None:
    """Counters begin with nothing: to count years of a log would take its time."""
    last = Conversion.objects.order_by("-id").values_list("id", flat=True).first() or 0
    try:
        with transaction.atomic():
            MetricMark.objects.create(name=name, until=until, last_id=last)
    except IntegrityError:  # another process was first
        return


def _advance(mark: MetricMark, until: datetime, count: "Callable[[_Range], Increments]") -> None:
    with transaction.atomic():
        mine = MetricMark.objects.filter(pk=mark.pk, until=mark.until).update(until=until)
        if not mine:
            return
        wanted = _Range(mark.until, until, mark.last_id)
        for name, label, number in count(wanted):
            if number:
                _add(name, label, number)
        if wanted.last_id != mark.last_id:
            MetricMark.objects.filter(pk=mark.pk).update(last_id=wanted.last_id)


def _add(name: str, label: str, number: int) -> None:
    row = MetricCounter.objects.filter(name=name, label=label)
    if not row.update(value=F("value") + number):
        MetricCounter.objects.create(name=name, label=label, value=number)


@dataclass(slots=True)
class _Range:
    """What is to be counted: after `after`, up to `until`; rows after `last_id`, which the counting moves on."""

    after: datetime
    until: datetime
    last_id: int


def _settled(wanted: _Range) -> Increments:
    rows = Postback.objects.filter(
        status__in=_SETTLED, settled_at__gt=wanted.after, settled_at__lte=wanted.until, is_test=False
    )
    for status, number in rows.order_by().values_list("status").annotate(number=Count("id")):
        yield "settled", status, number


def _attempts(wanted: _Range) -> Increments:
    rows = Attempt.objects.filter(started_at__gt=wanted.after, started_at__lte=wanted.until, postback__is_test=False)
    sums: Any = rows.order_by().values_list("verdict").annotate(number=Count("id"), time=Sum("duration_ms"))
    for verdict, number, milliseconds in sums:
        yield "attempts", verdict, number
        yield "attempt_milliseconds", verdict, milliseconds or 0


def _conversions(wanted: _Range) -> Increments:
    rows = Conversion.objects.filter(id__gt=wanted.last_id)
    # Keys and moments may be in another order: up to the first row that is too young, whatever its neighbours are.
    young = rows.filter(recorded_at__gt=wanted.until).order_by("id").values_list("id", flat=True).first()
    if young is not None:
        rows = rows.filter(id__lt=young)
    newest = rows.order_by("-id").values_list("id", flat=True).first()
    if newest is None:
        return
    counted = rows.filter(id__lte=newest, is_test=False).order_by().values_list("outcome")
    for outcome, number in counted.annotate(number=Count("id")):
        yield "conversions", outcome, number
    wanted.last_id = newest


_SETTLED: Final = (
    Postback.Status.ACCEPTED,
    Postback.Status.REJECTED,
    Postback.Status.UNCONFIRMED,
    Postback.Status.FAILED,
    Postback.Status.CANCELLED,
)
_COUNTED: Final = {"settled": _settled, "attempts": _attempts, "conversions": _conversions}
