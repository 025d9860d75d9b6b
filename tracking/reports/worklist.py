"""The worklist of adjustments: each as a person reads it, and the file for whoever rejects conversions in Aspire."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Final

from tracking.conversions.amounts import to_text
from tracking.models import Adjustment, Postback
from tracking.reports import spreadsheets
from tracking.reports.wording import money

Status = Postback.Status

HEADER: Final = (
    "date sent",
    "offer id",
    "affiliate id",
    "transaction id",
    "order id",
    "amount sent",
    "amount that should stand",
    "currency",
    "why",
    "refunded on",
    "what to do",
    "done on",
    "done by",
    "note",
)
RELATED: Final = ("postback__offer", "postback__conversion")
CHUNK: Final = 1000  # rows read at once


def what_to_do(adjustment: Adjustment) -> str:
    """What a person does about it in Aspire, which keeps a conversion or rejects it whole (Aspire 9527675)."""
    row = adjustment.postback
    look = "" if row.status == Status.ACCEPTED else "Look for the order in Aspire first: it may not have been counted. "
    if adjustment.amount_due == 0:
        return f"{look}Reject this conversion in Aspire."
    return f"{look}Keep this conversion, or reject it whole: Aspire cannot lower it. Settle it with the creator."


def amount_words(amount: Decimal | None, adjustment: Adjustment) -> str:
    """An amount of an adjustment for people; a lead has none."""
    if adjustment.amount_sent is None:
        return "a lead" if amount is None else "none"
    return money(amount or Decimal(0), adjustment.postback.currency)


def csv_lines(adjustments: Iterable[Adjustment]) -> Iterator[str]:
    """The file, a line at a time."""
    yield spreadsheets.line(HEADER)
    for adjustment in adjustments:
        yield spreadsheets.line(_cells(adjustment))


def _cells(adjustment: Adjustment) -> tuple[object, ...]:
    row = adjustment.postback
    conversion = row.conversion
    is_lead = adjustment.amount_sent is None
    return (
        row.settled_at,
        row.offer.offer_id,
        conversion.affiliate_id,
        conversion.transaction_id,
        conversion.order_id,
        None if adjustment.amount_sent is None else to_text(adjustment.amount_sent),
        None if is_lead else to_text(adjustment.amount_due),
        None if is_lead else row.currency,
        adjustment.get_reason_display(),
        adjustment.since,
        what_to_do(adjustment),
        adjustment.done_at,
        adjustment.done_by_name,
        adjustment.note,
    )
