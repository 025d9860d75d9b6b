"""Amounts of money: rounded to what the currency can pay, written the same under every locale."""

from decimal import ROUND_HALF_UP, Decimal

_WHOLE_UNITS = frozenset({"CLP", "ISK", "JPY", "KRW", "VND"})  # currencies without a minor unit
_SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "CAD": "CA$", "AUD": "A$", "NZD": "NZ$"}


def round_money(amount: Decimal, currency: str) -> Decimal:
    """Round half up to the currency's smallest unit."""
    unit = Decimal(1) if currency in _WHOLE_UNITS else Decimal("0.01")
    return amount.quantize(unit, rounding=ROUND_HALF_UP)


def format_money(amount: Decimal, currency: str) -> str:
    """Write an amount for people: `$1,049.50`, `CHF 12.00`. A point and commas, whatever the locale."""
    sign = "−" if amount < 0 else ""  # noqa: RUF001  a minus sign, as wide as the figures beside it
    figures = f"{round_money(abs(amount), currency):,}"
    symbol = _SYMBOLS.get(currency, f"{currency}\N{NO-BREAK SPACE}")
    return f"{sign}{symbol}{figures}"
