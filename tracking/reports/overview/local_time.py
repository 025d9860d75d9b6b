"""The local day or hour of a moment, worked out inside the database: a million rows are never read for it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo

from django.db import connection
from django.db.models import Case, CharField, F, Func, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import TruncDate, TruncHour

from tracking.reports.overview.period import Period

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)


def local_step(field: str, period: Period) -> Combinable:
    """The key of the local hour or day that `field` is in; `as_key` makes the text of it."""
    if connection.vendor == "postgresql":
        by_zone = TruncHour if period.is_by_hour else TruncDate
        return by_zone(field, tzinfo=period.zone)
    # MySQL may lack the table of time zones, and SQLite would call Python for each row: shift by seconds instead.
    pattern = "%Y-%m-%d %H" if period.is_by_hour else "%Y-%m-%d"
    if connection.vendor == "mysql":
        shifted = Func(_shift(field, period), F(field), template="TIMESTAMPADD(SECOND, %(expressions)s)")
        return Func(shifted, Value(pattern), function="DATE_FORMAT", output_field=CharField())
    return Func(
        Value(pattern), F(field), _shift(field, period, "{:+d} seconds"), function="strftime", output_field=CharField()
    )


def as_key(value: object, period: Period) -> str | None:
    """What the database answered, as `Step.keys` write it."""
    return None if value is None else str(value)[: 13 if period.is_by_hour else 10]


def offsets(zone: tzinfo, start: datetime, end: datetime) -> Iterator[tuple[datetime, int]]:
    """The zone's distances from UTC, in seconds, each with the moment it holds from. The first holds from `start`."""
    held = _seconds(zone, start)
    yield start, held
    moment = start
    while moment < end:
        following = min(moment + _DAY, end)
        if _seconds(zone, following) != held:
            low, high = moment, following
            while high - low > _SECOND:
                middle = low + (high - low) / 2
                low, high = (middle, high) if _seconds(zone, middle) == held else (low, middle)
            held = _seconds(zone, following)
            yield high.replace(microsecond=0), held
        moment = following


def _seconds(zone: tzinfo, moment: datetime) -> int:
    distance = moment.astimezone(zone).utcoffset()
    return int(distance.total_seconds()) if distance else 0


def _shift(field: str, period: Period, pattern: str = "") -> Combinable:
    def written(seconds: int) -> Value:
        return Value(pattern.format(seconds) if pattern else seconds)

    held = list(offsets(period.zone, period.start.astimezone(UTC), period.end))
    if len(held) == 1:
        return written(held[0][1])
    cases = [When(**{f"{field}__gte": since}, then=written(seconds)) for since, seconds in reversed(held)]
    return Case(*cases, default=written(held[0][1]))
