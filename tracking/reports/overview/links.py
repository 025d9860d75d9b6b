"""Links from a figure to the list behind it. Empty where the project has no admin, or not that list."""

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlencode

from django.urls import NoReverseMatch, reverse

from tracking.reports.overview.period import Period


def conversions(start: datetime, end: datetime, **lookups: str) -> str:
    """Orders completed in a time; `lookups` are the list's filters."""
    times = {"completed_at__gte": start, "completed_at__lt": end}
    return _list("conversion", times, {"is_test__exact": "0", **lookups})


def narrowed(address: str, **lookups: str) -> str:
    """A link to a list with more filters."""
    return f"{address}&{urlencode(lookups)}" if address else ""


def settled(period: Period, **lookups: str) -> str:
    """Postbacks settled in the period."""
    times = {"settled_at__gte": period.start, "settled_at__lt": period.end}
    return _list("postback", times, {"is_test__exact": "0", **lookups})


def postbacks(**lookups: str) -> str:
    """Postbacks as they are now."""
    return _list("postback", {}, {"is_test__exact": "0", **lookups})


def orders(**lookups: str) -> str:
    """Orders as they are now."""
    return _list("conversion", {}, {"is_test__exact": "0", **lookups})


def of(model: str, **lookups: str) -> str:
    """A whole list."""
    return _list(model, {}, lookups)


def page(model: str, key: int) -> str:
    """The page of a row."""
    return _address(f"admin:tracking_{model}_change", key)


def add(model: str) -> str:
    """Where a row is added."""
    return _address(f"admin:tracking_{model}_add")


def _list(model: str, times: Mapping[str, datetime], lookups: Mapping[str, str]) -> str:
    address = _address(f"admin:tracking_{model}_changelist")
    query = urlencode({name: moment.isoformat() for name, moment in times.items()} | dict(lookups))
    return f"{address}?{query}" if address and query else address


def _address(name: str, *args: int) -> str:
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""
