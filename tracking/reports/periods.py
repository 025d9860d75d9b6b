"""Days and times as people type them: "2026-11-23" is all of that day, "2026-11-23T10:00" a moment."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo

from django.utils import timezone


class PeriodError(ValueError):
    """What was typed is no day or time, or no time lies between two of them."""


def start_of(text: str, zone: tzinfo | None = None) -> datetime | None:
    """The first moment of it in `zone`, the project's unless given; None for nothing. Raises PeriodError."""
    return _moment(text, zone, days=0)


def end_of(text: str, zone: tzinfo | None = None) -> datetime | None:
    """The moment behind it: a day counts to its end. None for nothing. Raises PeriodError."""
    return _moment(text, zone, days=1)


def period(since: str, until: str, zone: tzinfo | None = None) -> tuple[datetime | None, datetime | None]:
    """From when until before when. Raises PeriodError."""
    first, last = start_of(since, zone), end_of(until, zone)
    if first and last and first >= last:
        raise PeriodError(f"{since} comes after {until}: no time lies between them.")
    return first, last


def _moment(text: str, zone: tzinfo | None, *, days: int) -> datetime | None:
    if not text:
        return None
    zone = zone or timezone.get_default_timezone()
    try:
        if len(text) == len("2026-11-23"):
            at = datetime.combine(date.fromisoformat(text) + timedelta(days=days), time.min, zone)
        else:
            at = datetime.fromisoformat(text)
            at = at if at.tzinfo else at.replace(tzinfo=zone)
        for other in (UTC, timezone.get_default_timezone()):
            at.astimezone(other)  # what no calendar holds fails here, not in a query
    except (ValueError, OverflowError):
        raise PeriodError(f"“{text}” is no day: write 2026-11-23, or 2026-11-23T10:00.") from None
    return at
