"""How reports write times, spans and amounts: alike in every locale, so that two people compare the same text."""

from datetime import datetime, timedelta
from decimal import Decimal, localcontext
from typing import Final

from django.utils import timezone

from tracking.conversions.amounts import decimals

_NARROW: Final = "\u202f"
_UNITS: Final = ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))


def moment(at: datetime) -> str:
    """A moment to the second, in the project's time zone, which it names."""
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M:%S %Z}"


def clock(at: datetime, *, now: datetime) -> str:
    """A moment near `now` to the minute: without the date where that is today's."""
    local = timezone.localtime(at)
    is_today = local.date() == timezone.localtime(now).date()
    return f"{local:%H:%M %Z}" if is_today else f"{local:%Y-%m-%d %H:%M %Z}"


def span(length: timedelta) -> str:
    """A length of time in its largest whole unit: "4 minutes"."""
    seconds = max(round(length.total_seconds()), 0)
    size, unit = next((pair for pair in _UNITS if seconds >= pair[0]), _UNITS[-1])
    return count(seconds // size, unit)


def took(milliseconds: int) -> str:
    """How long a request took."""
    return f"{milliseconds} ms" if milliseconds < 1000 else f"{milliseconds / 1000:.1f} s"


def money(amount: Decimal, currency: str) -> str:
    """An amount with its currency: with as many decimals as it has, and with those that such money has at least."""
    least = decimals(currency)
    with localcontext(prec=60):
        shortest = amount.normalize()
        exponent = shortest.as_tuple().exponent
        is_finer = isinstance(exponent, int) and exponent < -least
        exact = shortest if is_finer else amount.quantize(Decimal(1).scaleb(-least))
    return f"{exact:f} {currency}"


def count(number: int, noun: str) -> str:
    """A number with its noun: "1 attempt", "3 attempts"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def grouped(number: int) -> str:
    """A number with a narrow space between thousands, which no locale takes for a decimal sign: "12 345"."""
    return f"{number:,}".replace(",", _NARROW)


def money_grouped(amount: Decimal, currency: str) -> str:
    """A sum with the decimals that such money has, its thousands apart."""
    with localcontext(prec=60):
        exact = amount.quantize(Decimal(1).scaleb(-decimals(currency)))
    return f"{exact:,f}".replace(",", _NARROW) + f" {currency}"


def percent(part: int, whole: int) -> str:
    """A share in percent, with a decimal below ten; empty of nothing, or where the part was counted for longer.

    What there is never reads as nothing, nor what is missing as the whole.
    """
    if not whole or part > whole:
        return ""
    share = Decimal(100) * part / whole
    if share >= 10 or share == int(share):
        return f"{share if part == whole else min(share, Decimal(99)):.0f} %"
    return f"{max(share, Decimal('0.1')):.1f} %"
