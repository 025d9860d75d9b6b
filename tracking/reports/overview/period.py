"""Periods: which moments the overview adds up, in which steps, and which moments before it compares them with."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final

MOST_DAYS: Final = 120  # in steps of a day; longer periods go by weeks
HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A bar of the charts and a row of their table."""

    label: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """From `start` up to `end`, compared with as long a time before it, to the same hour where it is not over."""

    key: str
    label: str
    start: datetime
    end: datetime
    before_start: datetime
    before_end: datetime
    unit: str
    """What a step is: "hour", "day" or "week"."""
    steps: tuple[Step, ...]


def last_hours(hours: int, *, now: datetime, zone: tzinfo) -> Period:
    """The hour under way and those before it, in steps of an hour."""
    start = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0) - (hours - 1) * HOUR
    starts = [start + number * HOUR for number in range(hours)]
    back = hours * HOUR
    return Period(
        key=f"{hours}h",
        label=f"the last {hours} hours",
        start=start,
        end=now,
        before_start=start - back,
        before_end=now - back,
        unit="hour",
        steps=tuple(_hours(starts, zone)),
    )


def last_days(days: int, *, now: datetime, zone: tzinfo) -> Period:
    """Today and the days before it."""
    today = now.astimezone(zone).date()
    first = today - timedelta(days=days - 1)
    return _of_days(first, today, key=f"{days}d", label=f"the last {days} days", now=now, zone=zone)


def from_day_to_day(first: date, last: date, *, now: datetime, zone: tzinfo) -> Period:
    """From one day to another, both included; what lies after `now` is left out of the comparison."""
    label = first.isoformat() if first == last else f"{first} to {last}"
    return _of_days(first, last, key="own", label=label, now=now, zone=zone)


def midnight(day: date, zone: tzinfo) -> datetime:
    """When a day begins."""
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)


def _of_days(first: date, last: date, *, key: str, label: str, now: datetime, zone: tzinfo) -> Period:
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    start, over = midnight(first, zone), midnight(last + timedelta(days=1), zone)
    end = now if start < now < over else over
    back = timedelta(days=len(days))
    # By the clock on the wall, so that a change to summer time in between moves nothing by an hour.
    before_end = (end.astimezone(zone).replace(tzinfo=None) - back).replace(tzinfo=zone).astimezone(UTC)
    size = 1 if len(days) <= MOST_DAYS else 7
    return Period(
        key=key,
        label=label,
        start=start,
        end=end,
        before_start=midnight(first - back, zone),
        before_end=before_end,
        unit="day" if size == 1 else "week",
        steps=tuple(_days(days, size, zone)),
    )


def _hours(starts: Sequence[datetime], zone: tzinfo) -> Iterator[Step]:
    for start in starts:
        yield Step(label=f"{start.astimezone(zone):%H:%M}", start=start, end=start + HOUR)


def _days(days: Sequence[date], size: int, zone: tzinfo) -> Iterator[Step]:
    for place in range(0, len(days), size):
        these = days[place : place + size]
        yield Step(
            label=these[0].isoformat(),
            start=midnight(these[0], zone),
            end=midnight(these[-1] + timedelta(days=1), zone),
        )
