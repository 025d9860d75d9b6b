"""Owing: a credited conversion becomes a pending postback, in the order's transaction."""

from datetime import datetime, timedelta
from typing import Final

from django.db import connection

from tracking.conversions import receipts
from tracking.models import Conversion, Offer, Postback
from tracking.models.rows import insert_both_unless_there, insert_one
from tracking.postbacks.wakeups import NOTIFY, can_notify

ONCE_PER_ORDER: Final = ("order_id", "is_test")  # as a constraint of the table says


def record_and_enqueue(conversion: Conversion, receipt: receipts.Receipt, *, now: datetime) -> bool:
    """Write a credited conversion down with its receipt and owe Aspire a postback for it; False if its order is
    recorded already.

    Call it in the order's transaction.
    """
    owed = _owed(conversion, receipt, now)
    return insert_both_unless_there(
        conversion, ONCE_PER_ORDER, owed, link="conversion", also=NOTIFY if can_notify() else ""
    )


def enqueue(conversion: Conversion, receipt: receipts.Receipt | None = None, *, now: datetime) -> Postback:
    """Owe Aspire a postback for a credited conversion that is written down. Call it in a transaction."""
    if receipt is None:
        assert conversion.offer is not None  # noqa: S101 - a constraint of the table says the same
        receipt = receipts.make(conversion, conversion.offer, now=now)
    postback = _owed(conversion, receipt, now)
    conversion.save(update_fields=receipts.FIELDS)
    postback.conversion = conversion
    insert_one(postback, also=NOTIFY if can_notify() else "")
    return postback


def _owed(conversion: Conversion, receipt: receipts.Receipt, now: datetime) -> Postback:
    assert conversion.offer is not None  # noqa: S101 - a constraint of the table says the same
    receipt.write_on(conversion)
    held_until = None
    if conversion.offer.hold_days and not conversion.is_test:
        held_until = conversion.completed_at + timedelta(days=conversion.offer.hold_days)
    return Postback(
        offer=conversion.offer,
        amount=receipt.amount,
        amount_left=receipt.amount_left,
        detail=receipt.waits_for,
        due_at=None if receipt.waits_for else due_after_hold(held_until, now),
        held_until=held_until,
        created_at=now,
        is_test=conversion.is_test,
    )


def due_after_hold(held_until: datetime | None, now: datetime) -> datetime:
    """When a row may be sent that nothing but its hold holds back."""
    return max(held_until, now) if held_until else now


def has_amount(postback: Postback) -> bool:
    """Tell whether the row's amount can be sent as it is. A lead's can: it has none."""
    if postback.amount is None:
        return postback.offer.kind == Offer.Kind.LEAD
    return not wrong_currency(postback.currency, postback.offer)


def work_out(postback: Postback, now: datetime, rates: receipts.Rates | None = None) -> receipts.Receipt:
    """Make the receipt anew for a row that has no amount, on the conversion as it is now, and lock that.

    The caller saves the conversion, in the same transaction.
    """
    locked = Conversion.objects.filter(pk=postback.conversion_id)
    if connection.features.has_select_for_update:
        locked = locked.select_for_update()
    postback.conversion = locked.get()
    receipt = receipts.make(postback.conversion, postback.offer, now=now, rates=rates)
    receipt.write_on(postback.conversion)
    return receipt


def amount_currency(currency: str, offer_currency: str) -> str:
    """What a postback's amount is in. Without a receipt nothing was converted: it is in the order's own."""
    return offer_currency or currency


def wrong_currency(currency: str, offer: Offer) -> str:
    """Why an amount in `currency` must not be reported for `offer`; empty if it may be."""
    return "" if currency == offer.currency else f"{WRONG_CURRENCY} {currency}, and {offer} is now in {offer.currency}."


WRONG_CURRENCY: Final = "The amount was worked out in"
