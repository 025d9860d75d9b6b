"""Owing: a credited conversion becomes a pending postback, in the order's transaction."""

from datetime import datetime
from decimal import Decimal

from tracking.conversions.amounts import reported_amount
from tracking.models import Conversion, Offer, Postback
from tracking.models.rows import insert_one
from tracking.postbacks.wakeups import NOTIFY, can_notify


def enqueue(conversion: Conversion, *, now: datetime) -> Postback:
    """Owe Aspire a postback for a credited conversion. Call it in the order's transaction."""
    assert conversion.offer is not None  # noqa: S101 - a constraint of the table says the same
    amount, waits_for = amount_of(conversion, conversion.offer)
    postback = Postback(
        conversion=conversion,
        offer=conversion.offer,
        amount=amount,
        detail=waits_for,
        due_at=None if waits_for else now,
        created_at=now,
        is_test=conversion.is_test,
    )
    insert_one(postback, also=NOTIFY if can_notify() else "")
    return postback


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
