"""The amount that is reported to Aspire. Plain rules; Decimal from end to end.

It is rounded once, at the end, half up: what a person gets who checks it with a calculator.
"""

import re
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Final

CENT: Final = Decimal("0.01")  # at most two decimals (TUNE)
STORED: Final = Decimal("0.0001")  # what the ledger keeps of an order's amounts
RATE_STORED: Final = Decimal("1E-10")  # what it keeps of a rate
TOO_LARGE: Final = Decimal(10) ** 11  # the first amount that the ledger cannot hold

_DIGITS: Final = 60  # more than an amount and a rate have together

# ISO 4217: currencies whose coins are not hundredths.
_WHOLE: Final = re.compile("BIF|CLP|DJF|GNF|ISK|JPY|KMF|KRW|PYG|RWF|UGX|UYI|VND|VUV|XAF|XOF|XPF")
_THOUSANDTHS: Final = re.compile("BHD|IQD|JOD|KWD|LYD|OMR|TND")


def decimals(currency: str) -> int:
    """How many decimals an amount of money has in a currency."""
    if _WHOLE.fullmatch(currency):
        return 0
    return 3 if _THOUSANDTHS.fullmatch(currency) else 2


def base_amount(*, items_total: Decimal, shipping: Decimal, tax: Decimal, basis: str) -> Decimal:
    """An order's amount by the offer's basis, in the order's currency, as exact as the ledger keeps it.

    "items" is goods after discounts, without tax and shipping: what Aspire's own test compares (6425578). "total" is
    everything paid.
    """
    amount = items_total + shipping + tax if basis == "total" else items_total
    return amount.quantize(STORED, rounding=ROUND_HALF_UP)


def to_report(base: Decimal, *, currency: str, rate: Decimal = Decimal(1)) -> Decimal:
    """The number to send in `currency`, which `rate` units of are worth one of the base amount's own.

    Rounded half up to what the currency's money has, and to two decimals where that is more: Aspire reads no more.
    """
    with localcontext(prec=_DIGITS):
        return (base * rate).quantize(Decimal(1).scaleb(-min(decimals(currency), 2)), rounding=ROUND_HALF_UP)


def to_text(amount: Decimal) -> str:
    """Write an amount as Aspire reads it: a point, two decimals, no separators, no exponent (Aspire 6613917, TUNE)."""
    return f"{amount.quantize(CENT, rounding=ROUND_HALF_UP):f}"
