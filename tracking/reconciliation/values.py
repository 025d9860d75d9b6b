"""What a cell of the export says: an amount, a status, a moment, an id. Plain rules."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import lru_cache
from typing import Final

# Amounts ----------------------------------------------------------------------------------------------------

_PLAIN = re.compile(r"[0-9]{1,12}(\.[0-9]{1,4})?")
_AMOUNT = re.compile(r"(?P<sign>[-\u2212(]?)(?P<digits>[0-9][0-9.,'\u2019 \u00a0\u202f]*|\.[0-9]+)(?P<end>[-)]?)")
_CURRENCY = re.compile(r"^(?P<sign>[-\u2212(]?)\s*(?:[A-Z]{3}|US\$|[$€£¥])?\s*|\s*(?:[A-Z]{3}|[$€£¥])?\s*(?=\)?$)")
_THOUSANDS = re.compile(r"[0-9]{1,3}(,[0-9]{3})+")


def read_amount(text: str) -> Decimal | None:
    """An amount, None for an empty cell. Raises ValueError for what is none.

    "1,234.50", "1.234,50", "12,50", "$12.50", "12.50 USD", "(12.50)": the last of point and comma is the decimal sign,
    and a comma before three digits alone parts thousands, as in US reports.
    """
    stripped = text.strip()
    if _PLAIN.fullmatch(stripped):  # as nearly all are
        return Decimal(stripped)
    if stripped in {"", "-", "\u2013"}:
        return None
    found = _AMOUNT.fullmatch(_CURRENCY.sub(lambda match: match["sign"] or "", stripped).strip())
    if not found:
        raise ValueError(f"“{shorten(stripped)}” is no amount")
    digits = re.sub(r"['\u2019 \u00a0\u202f]", "", found["digits"])
    if "," in digits and "." in digits:
        decimal_sign = max(",.", key=digits.rfind)
        digits = digits.replace("," if decimal_sign == "." else ".", "").replace(",", ".")
    elif "," in digits:
        digits = digits.replace(",", "") if _THOUSANDS.fullmatch(digits) else digits.replace(",", ".")
    try:
        amount = Decimal(digits)
    except InvalidOperation:
        raise ValueError(f"“{shorten(stripped)}” is no amount") from None
    if amount >= Decimal("1e13"):
        raise ValueError(f"“{shorten(stripped)}” is more than an order can come to")
    return -amount if found["sign"] or found["end"] else amount


# Statuses ---------------------------------------------------------------------------------------------------


class Standing(StrEnum):
    """What a status means for the creator's pay."""

    COUNTED = "counted"
    """Recorded and paid, or going to be unless somebody rejects it."""
    REJECTED = "rejected"
    UNCLEAR = "unclear"
    """A word that is not known here: it settles nothing."""


_COUNTED: Final = frozenset(
    [
        "approved",
        "accepted",
        "confirmed",
        "valid",
        "validated",
        "paid",
        "payable",
        "pending",
        "locked",
        "open",
        "new",
        "recorded",
        "converted",
        "success",
        "successful",
        "complete",
        "completed",
        "active",
        "eligible",
        "processing",
        "processed",
        "cleared",
    ]
)
_REJECTED: Final = frozenset(
    [
        "rejected",
        "declined",
        "denied",
        "invalid",
        "reversed",
        "cancelled",
        "canceled",
        "voided",
        "void",
        "refunded",
        "deleted",
        "disapproved",
        "failed",
        "fraud",
        "duplicate",
        "ineligible",
        "chargeback",
    ]
)


@lru_cache(maxsize=1000)
def read_status(text: str) -> Standing:
    """What a status says; an empty one says that the row is there, as any row of a report without statuses."""
    words = set(re.findall(r"[a-z]+", text.casefold()))
    if not text.strip() or (words & _COUNTED and not words & (_REJECTED | {"not", "un", "non"})):
        return Standing.COUNTED
    if words & _REJECTED and not words & (_COUNTED | {"not", "un", "non"}):
        return Standing.REJECTED
    return Standing.UNCLEAR


# Moments ----------------------------------------------------------------------------------------------------


class DateOrder(StrEnum):
    """How dates such as 04/05/2026 are to be read."""

    MONTH_FIRST = "mdy"
    DAY_FIRST = "dmy"
    UNKNOWN = ""


@dataclass(frozen=True, slots=True)
class Moment:
    """A time as an export gives it: not before `earliest`, not after `latest`."""

    earliest: datetime
    latest: datetime


UNKNOWN_ZONE: Final = timedelta(hours=14)  # the furthest that a place on earth is from UTC
_MONTHS: Final = {
    name: n
    for n, name in enumerate(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1)
}
_ISO = re.compile(r"(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})(?P<rest>.*)")
_NUMBERS = re.compile(r"(?P<a>\d{1,2})(?P<sign>[-/.])(?P<b>\d{1,2})(?P=sign)(?P<y>\d{4}|\d{2})(?P<rest>(?!\d).*)")
_NAMED = re.compile(
    r"(?:[a-z]{3,9},?\s+)??(?:(?P<d>\d{1,2})\.?[\s-]+(?P<n>[a-z]{3,9})\.?|(?P<n2>[a-z]{3,9})\.?\s+(?P<d2>\d{1,2}))"
    r",?[\s-]+(?P<y>\d{4})(?P<rest>.*)",
    re.IGNORECASE,
)
_CLOCK = re.compile(
    r"[\sT,]*(?:at\s+)?(?P<h>\d{1,2}):(?P<m>\d{2})(?::(?P<s>\d{2})(?:[.,]\d+)?)?\s*(?P<half>[ap]\.?m\.?)?"
    r"\s*(?P<zone>z|utc|gmt|[+-]\d{2}:?\d{2}|[+-]\d{2})?(?:\s*\(?(?:utc|gmt)\)?)?\s*",
    re.IGNORECASE,
)


def order_of(text: str) -> DateOrder:
    """Which order a date can only have; UNKNOWN for one that can be read in both, or is written otherwise."""
    found = _NUMBERS.fullmatch(text.strip())
    if not found:
        return DateOrder.UNKNOWN
    if found["sign"] == "." or int(found["a"]) > 12:
        return DateOrder.DAY_FIRST
    return DateOrder.MONTH_FIRST if int(found["b"]) > 12 else DateOrder.UNKNOWN


def needs_order(text: str) -> bool:
    """Tell whether a date means one day or another by the order of its parts."""
    found = _NUMBERS.fullmatch(text.strip())
    return bool(found) and found["a"].zfill(2) != found["b"].zfill(2)  # type: ignore[index]


def read_moment(text: str, *, order: DateOrder, zone: tzinfo | None) -> Moment | None:
    """A moment with its uncertainty; None where it cannot be told. Raises ValueError for what is no date.

    A day without a time may be any time of it; without an offset and a `zone` it may be anywhere on earth.
    """
    stripped = text.strip()
    if not stripped:
        return None
    try:
        day, rest = _day(stripped, order)
        if day is None:
            return None
        return _moment(day, rest, zone)
    except (ValueError, OverflowError):
        raise ValueError(f"“{shorten(stripped)}” is no date") from None


def _day(text: str, order: DateOrder) -> tuple[date | None, str]:
    if found := _ISO.fullmatch(text):
        return date(int(found["y"]), int(found["m"]), int(found["d"])), found["rest"]
    if found := _NUMBERS.fullmatch(text):
        year = int(found["y"]) + (2000 if len(found["y"]) == 2 else 0)
        a, b = int(found["a"]), int(found["b"])
        if order is DateOrder.UNKNOWN and a != b:
            return None, ""
        day, month = (a, b) if order is DateOrder.DAY_FIRST else (b, a)
        return date(year, month, day), found["rest"]
    if found := _NAMED.fullmatch(text):
        name = (found["n"] or found["n2"]).casefold()[:3]
        return date(int(found["y"]), _MONTHS.get(name, 0), int(found["d"] or found["d2"])), found["rest"]
    raise ValueError


def _moment(day: date, rest: str, zone: tzinfo | None) -> Moment:
    if not rest.strip(" Tt,"):
        first = datetime.combine(day, time.min, zone or UTC)
        return _spread(first, datetime.combine(day + timedelta(days=1), time.min, zone or UTC), zone)
    clock = _CLOCK.fullmatch(rest)
    if not clock:
        raise ValueError
    hour = int(clock["h"])
    if half := (clock["half"] or "").casefold()[:1]:
        if not 1 <= hour <= 12:
            raise ValueError
        hour = hour % 12 + (12 if half == "p" else 0)
    told = _offset(clock["zone"]) if clock["zone"] else None
    if told is None and rest.casefold().rstrip(" )").endswith(("utc", "gmt")):
        told = UTC
    known = told or zone
    at = datetime.combine(day, time(hour, int(clock["m"]), int(clock["s"] or 0)), known or UTC)
    return _spread(at, at + timedelta(seconds=1 if clock["s"] else 60), known)


def _spread(first: datetime, last: datetime, zone: tzinfo | None) -> Moment:
    slack = timedelta(0) if zone else UNKNOWN_ZONE
    return Moment((first - slack).astimezone(UTC), (last + slack).astimezone(UTC))


def _offset(text: str) -> tzinfo:
    if text.casefold() in {"z", "utc", "gmt"}:
        return UTC
    return datetime.fromisoformat(f"2000-01-01T00:00{text}").tzinfo or UTC


# Ids --------------------------------------------------------------------------------------------------------

_MANGLED = re.compile(r"[0-9](?:[.,][0-9]+)?[eE][+][0-9]+")


def read_id(text: str) -> str:
    """An id without blanks around it, and without what guards it from spreadsheets: ="0012" or a leading quote."""
    stripped = text.strip()
    if stripped.startswith('="') and stripped.endswith('"'):
        return stripped[2:-1].strip()
    return stripped[1:].strip() if stripped.startswith("'") else stripped


def is_mangled(text: str) -> bool:
    """Tell whether a spreadsheet has turned an id into a number such as 1.23457E+15, so that it cannot be told."""
    return bool(_MANGLED.fullmatch(text.strip()))


def loosely(order_id: str) -> str:
    """What is left of an id that a spreadsheet or a person retyped: no capitals, blanks, signs or leading zeros."""
    plain = re.sub(r"[\W_]+", "", order_id.casefold())
    return plain.lstrip("0") or plain


def shorten(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:39]}…"
