"""Reading the European Central Bank's daily reference rates. Plain rules.

The page is small and always the same, so that a few patterns read it more safely than an XML parser would.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Final

URL: Final = "https://www.ecb.europa.eu/stats/eurofxref/eurofxref-daily.xml"
BASE: Final = "EUR"

MOST_CHANGE: Final = Decimal("1.5")  # from one set to the next; in a bad day a currency loses a fifth

_TAG: Final = re.compile(r"<Cube\s([^<>]*?)/?>")
_ATTRIBUTE: Final = re.compile(r"(\w+)\s*=\s*(?:'([^'<>]*)'|\"([^\"<>]*)\")")
_END: Final = re.compile(r"</gesmes:Envelope>\s*\Z")
_CURRENCY: Final = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True, slots=True)
class DailyRates:
    """What one euro was worth on a day, in each currency that is named."""

    date: date
    values: dict[str, Decimal]


class RatesError(Exception):
    """What was fetched is not fit to convert with; the text says why."""


def read_daily(body: str) -> DailyRates:
    """Read the page. Raises RatesError for one that is cut off, or has anything in it that is no rate."""
    if "<gesmes:Envelope" not in body or not _END.search(body):
        raise RatesError("the answer is not the ECB's page of reference rates, or it was cut off.")
    days: list[str] = []
    found: dict[str, str] = {}
    for tag in _TAG.findall(body):
        names = {name: single or double for name, single, double in _ATTRIBUTE.findall(tag)}
        if "time" in names:
            days.append(names["time"])
        elif "currency" in names:
            if names["currency"] in found:
                raise RatesError(f"the page names {names['currency']!r} twice.")
            found[names["currency"]] = names.get("rate", "")
    if len(days) != 1:
        raise RatesError(f"the page names {len(days)} days, not one.")
    return DailyRates(_day(days[0]), check_values(found))


def check_values(found: "dict[str, str] | dict[str, Decimal]") -> dict[str, Decimal]:
    """Rates by currency, as numbers. Raises RatesError unless every one of them can be right."""
    if not found:
        raise RatesError("there is not one rate in the answer.")
    values = {}
    for currency, given in found.items():
        if not _CURRENCY.fullmatch(currency):
            raise RatesError(f"{currency!r} is no currency.")
        try:
            value = Decimal(given)
        except (InvalidOperation, TypeError, ValueError):
            raise RatesError(f"the rate of {currency} is {given!r}, which is no number.") from None
        if not value.is_finite() or not Decimal("0.000001") <= value < Decimal(10) ** 14:
            raise RatesError(f"the rate of {currency} is {given}, which cannot be right.")
        values[currency] = value
    return values


def check_jumps(values: Mapping[str, Decimal], *, before: Mapping[str, Decimal], among: Collection[str]) -> None:
    """Raises RatesError for a rate of one of the currencies `among` that is more likely a slip than what happened.

    A point that slipped, or a rate the wrong way round, looks like any other number beside nothing.
    """
    for currency in sorted(values.keys() & before.keys() & set(among)):
        now, then = values[currency], before[currency]
        if then > 0 and max(now / then, then / now) >= MOST_CHANGE:
            raise RatesError(
                f"the rate of {currency} is {now.normalize():f}, and was {then.normalize():f} in what is stored. If it "
                "is right, say --accept-jumps."
            )


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise RatesError(f"the page is of {text!r}, which is no day.") from None
