"""The receipt: how an order's amount became the number that is sent. Frozen with the conversion when it is recorded.

What the offer says later changes neither basis nor number; only an amount that had no rate is worked out anew, and
one that is owed in a currency which the offer no longer has.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from tracking.conversions.amounts import TOO_LARGE, base_amount, to_report
from tracking.conversions.currency import NoRate, find_rate
from tracking.currency import ExchangeRate
from tracking.models import Conversion, Offer

FIELDS: Final = (
    "amount_basis",
    "base_amount",
    "offer_currency",
    "rate",
    "rate_date",
    "rate_source",
    "reported_amount",
)

Rates = Callable[[Conversion, str], ExchangeRate | NoRate]


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The names are those of the conversion's fields. Everything is empty for a lead, which has no amount."""

    amount_basis: str = ""
    base_amount: Decimal | None = None
    offer_currency: str = ""
    rate: Decimal | None = None
    rate_date: date | None = None
    rate_source: str = ""
    reported_amount: Decimal | None = None
    """Of the whole order."""
    amount_left: Decimal | None = None
    """What refunds have left of it; None where nothing came back."""
    waits_for: str = ""
    """Why nothing can be sent yet; empty if it can."""

    @property
    def amount(self) -> Decimal | None:
        """The number to send; None for a lead, and while there is something to wait for."""
        if self.waits_for:
            return None
        return self.reported_amount if self.amount_left is None else self.amount_left

    @property
    def is_nothing(self) -> bool:
        """The amount is worth less than the smallest coin of the offer's currency."""
        return self.reported_amount is not None and bool(self.waits_for)

    def write_on(self, conversion: Conversion) -> None:
        """Set the conversion's fields; saving them is the caller's."""
        for name in FIELDS:
            setattr(conversion, name, getattr(self, name))


def make(conversion: Conversion, offer: Offer, *, now: datetime, rates: Rates | None = None) -> Receipt:
    """Work the number out, by the basis that the conversion was recorded with, or else the offer's.

    What was refunded meanwhile counts no more. `rates` takes the place of asking the converter.
    """
    if offer.kind == Offer.Kind.LEAD:
        return Receipt()
    basis = conversion.amount_basis or offer.amount_basis
    bare = Receipt(
        amount_basis=basis, base_amount=ordered(conversion, basis), offer_currency=offer.currency, rate=Decimal(1)
    )
    if conversion.currency != offer.currency:
        found = (rates or _ask(now))(conversion, offer.currency)
        if isinstance(found, NoRate):
            reason = f"The order is in {conversion.currency}, {offer} in {offer.currency}, and {found.reason}"
            return replace(bare, rate=None, waits_for=reason)
        bare = replace(bare, rate=found.rate, rate_date=found.date, rate_source=found.source)
    rate = bare.rate or Decimal(1)
    number = to_report(bare.base_amount or Decimal(0), currency=offer.currency, rate=rate)
    if number >= TOO_LARGE:
        reason = f"The amount comes to {number} {offer.currency} at the rate {rate}, which cannot be right."
        return replace(bare, rate=None, rate_date=None, rate_source="", waits_for=reason)
    due = to_report(left(conversion, basis), currency=offer.currency, rate=rate)
    too_little = "" if due > 0 else f"The amount comes to {due} {offer.currency}: there is nothing to report."
    return replace(bare, reported_amount=number, amount_left=due if due < number else None, waits_for=too_little)


def due(conversion: Conversion) -> Decimal | None:
    """What should stand in Aspire after refunds, by the frozen receipt; None where no amount is reported yet."""
    offer = conversion.offer
    if offer is None or offer.kind == Offer.Kind.LEAD:
        return None
    rate = conversion.rate or (Decimal(1) if conversion.currency == offer.currency else None)
    if rate is None:
        return None
    what_is_left = left(conversion, conversion.amount_basis or offer.amount_basis)
    return to_report(what_is_left, currency=conversion.offer_currency or offer.currency, rate=rate)


def ordered(conversion: Conversion, basis: str) -> Decimal:
    """The order's amount by a basis, before any refund, in its own currency."""
    return base_amount(
        items_total=conversion.items_total, shipping=conversion.shipping, tax=conversion.tax, basis=basis
    )


def left(conversion: Conversion, basis: str) -> Decimal:
    """What refunds have left of it."""
    return base_amount(
        items_total=conversion.items_total if conversion.items_left is None else conversion.items_left,
        shipping=conversion.shipping if conversion.shipping_left is None else conversion.shipping_left,
        tax=conversion.tax if conversion.tax_left is None else conversion.tax_left,
        basis=basis,
    )


def _ask(now: datetime) -> Rates:
    return lambda conversion, target: find_rate(
        conversion.currency, target, completed_at=conversion.completed_at, now=now
    )
