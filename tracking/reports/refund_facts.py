"""The lines of an order's story that tell what came back of it, and what that means for what Aspire was told."""

from decimal import Decimal
from typing import Final

from tracking.models import Adjustment, Conversion, EarlyRefund, Postback
from tracking.reports.facts import facts
from tracking.reports.story import Fact
from tracking.reports.wording import moment, money

Status = Postback.Status

NEXT: Final = "A person sees to it in Aspire, and then marks it as done in the list of adjustments."


def refund_facts(conversion: Conversion, postback: Postback | None, *, is_open: bool) -> tuple[Fact, ...]:
    """What came back; nothing where nothing did. `is_open` tells whether a person has to see to it."""
    if conversion.refunded_at is None:
        return ()
    adjustment = adjustment_of(postback)
    return facts(
        ("Came back", f"last told on {moment(conversion.refunded_at)}"),
        ("Left", _left(conversion)),
        ("Reported", _reported(conversion, postback)),
        ("In Aspire", _adjustment(adjustment, postback, is_open=is_open) if adjustment and postback else ""),
        ("Note", adjustment.note if adjustment else ""),
    )


def early_note(order_id: str) -> str:
    """What it means that an order which is not completed has come back; empty where it has not."""
    early = EarlyRefund.objects.filter(order_id=order_id).first()
    if early is None:
        return ""
    what = "cancelled" if early.is_cancelled else "refunded"
    return f"The shop said on {moment(early.told_at)} that it was {what}: that counts if it is completed after all."


def adjustment_of(postback: Postback | None) -> Adjustment | None:
    return getattr(postback, "adjustment", None)


def is_open(postback: Postback | None) -> bool:
    """Tell whether a person has to see to what came back. Costs a query where it came back after it was sent."""
    adjustment = adjustment_of(postback)
    return adjustment is not None and Adjustment.objects.filter(pk=adjustment.pk).open().exists()


def _left(conversion: Conversion) -> str:
    parts = (
        ("goods", conversion.items_left, conversion.items_total),
        ("shipping", conversion.shipping_left, conversion.shipping),
        ("tax", conversion.tax_left, conversion.tax),
    )
    told = [
        f"{name} {money(left, conversion.currency)} of {money(whole, conversion.currency)}"
        for name, left, whole in parts
        if left is not None and (whole or name == "goods")
    ]
    return ", ".join(told)


def _reported(conversion: Conversion, postback: Postback | None) -> str:
    if postback is None:
        return ""
    if postback.is_called_off and postback.status == Status.CANCELLED:
        return "nothing: it was called off before it was reported"
    whole = conversion.reported_amount
    if postback.amount is None or whole is None or postback.amount >= whole:
        return ""
    currency = postback.currency
    return f"{money(postback.amount, currency)} in place of {money(whole, currency)}: it was lowered before it was sent"


def _adjustment(adjustment: Adjustment, postback: Postback, *, is_open: bool) -> str:
    currency = postback.currency
    sent = "a lead" if postback.amount is None else money(postback.amount, currency)
    due = "nothing" if not postback.amount_left else money(postback.amount_left, currency)
    figures = f"{sent} was reported, {due} should stand"
    if adjustment.done_at:
        return f"{figures}; seen to on {moment(adjustment.done_at)} by {adjustment.done_by_name}"
    if is_open:
        return f"{figures}; it waits for a person since {moment(adjustment.since)}"
    if postback.status in {Status.PENDING, Status.SENDING}:
        return "not known yet: it came back while it was being sent"
    if postback.amount is not None and (postback.amount_left or Decimal(0)) >= postback.amount:
        return "nothing to see to: what was reported is what should stand"
    return "nothing to see to: Aspire has not counted it"
