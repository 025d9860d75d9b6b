"""The amount that is reported to Aspire. Plain rules; Decimal from end to end."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Final

CENT: Final = Decimal("0.01")  # at most two decimals (TUNE)


def reported_amount(*, items_total: Decimal, shipping: Decimal, tax: Decimal, basis: str) -> Decimal:
    """An order's amount by the offer's basis, in the order's currency, rounded half up to two decimals.

    "items" is goods after discounts, without tax and shipping: what Aspire's own test compares (6425578). "total" is
    everything paid.
    """
    amount = items_total + shipping + tax if basis == "total" else items_total
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def to_text(amount: Decimal) -> str:
    """Write an amount as Aspire reads it: a point, two decimals, no separators, no exponent (Aspire 6613917, TUNE)."""
    return f"{amount.quantize(CENT, rounding=ROUND_HALF_UP):f}"
