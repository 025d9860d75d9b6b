"""Owing: a credited conversion becomes a pending postback, in the order's transaction."""

from datetime import datetime
from decimal import Decimal
from typing import Final

from tracking.conversions.amounts import reported_amount
from tracking.models import Conversion, Offer, Postback
from tracking.models.rows import insert_both_unless_there, insert_one
from tracking.postbacks.wakeups import NOTIFY, can_notify

ONCE_PER_ORDER: Final = ("order_id", "is_test")  # as a constraint of the table says


def record_and_enqueue(conversion: Conversion, *, now: datetime) -> bool:
    """Write a credited conversion down and owe Aspire a postback for it; False if its order is recorded already.

    Call it in the order's transaction.
    """
    return insert_both_unless_there(
        conversion, ONCE_PER_ORDER, _owed(conversion, now), link="conversion", also=NOTIFY if can_notify() else ""
    )


def enqueue(conversion: Conversion, *, now: datetime) -> Postback:
    """Owe Aspire a postback for a credited conversion that is written down. Call it in a transaction."""
    postback = _owed(conversion, now)
    postback.conversion = conversion
    insert_one(postback, also=NOTIFY if can_notify() else "")
    return postback


def _owed(conversion: Conversion, now: datetime) -> Postback:
    assert conversion.offer is not None  # noqa: S101 - a constraint of the table says the same
    amount, waits_for = amount_of(conversion, conversion.offer)
    return Postback(
        offer=conversion.offer,
        amount=amount,
        detail=waits_for,
        due_at=None if waits_for else now,
        created_at=now,
        is_test=conversion.is_test,
    )


def amount_of(conversion: Conversion, offer: Offer) -> tuple[Decimal | None, str]:
    """The amount to report, or why there is none yet. A lead has none and waits for nothing."""
    if offer.kind == Offer.Kind.LEAD:
        return None, ""
    mismatch = currency_mismatch(conversion.currency, offer)
    if mismatch:
        return None, mismatch
    amount = reported_amount(
        items_total=conversion.items_total,
        shipping=conversion.shipping,
        tax=conversion.tax,
        basis=offer.amount_basis,
    )
    return amount, ""


def currency_mismatch(currency: str, offer: Offer) -> str:
    """Why an amount in `currency` must not be reported for `offer`; empty if it may be."""
    if currency == offer.currency:
        return ""
    return (
        f"The order is in {currency}, {offer} in {offer.currency}, and nothing here converts: Aspire would book the "
        "number as it stands."
    )
