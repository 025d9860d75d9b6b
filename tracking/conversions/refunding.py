"""Refunding: an order that came back, in part or whole, lowers what is not sent yet and asks a person for the rest.

What is told of an order only ever lowers what is left of it, so repeated and overtaking signals change nothing.
"""

import logging
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Final, Self

from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.utils import timezone

from tracking.conversions import receipts, subscriptions
from tracking.models import Adjustment, Conversion, EarlyRefund, Postback
from tracking.models.rows import insert_unless_there
from tracking.orders import check_money
from tracking.postbacks import outbox
from tracking.shield import shielded

logger = logging.getLogger(__name__)

Reason = Adjustment.Reason
Status = Postback.Status

NOTHING: Final = Decimal(0)

LOOKED_AT_AGAIN: Final = timedelta(days=1)  # longer than a transaction takes, or whoever delivers is away


@dataclass(frozen=True, slots=True)
class Left:
    """What is left of an order after all that came back so far, in its own currency; None where nobody said.

    Where nothing is left of the goods and nobody said what is of the rest, nothing is: that is a full refund.
    """

    items: Decimal
    shipping: Decimal | None = None
    tax: Decimal | None = None
    is_cancelled: bool = False

    def __post_init__(self) -> None:
        check_money("items_total", self.items)
        for name in ("shipping", "tax"):
            if getattr(self, name) is not None:
                check_money(name, getattr(self, name))
        if self.items <= NOTHING and self.shipping is None and self.tax is None:
            object.__setattr__(self, "shipping", NOTHING)
            object.__setattr__(self, "tax", NOTHING)

    @classmethod
    def nothing(cls) -> Self:
        """What is left of a cancelled order."""
        return cls(NOTHING, NOTHING, NOTHING, is_cancelled=True)


def come_back(order_id: str, left: Left) -> None:
    """Note what is left of an order. Call it in a transaction. One that is not completed yet is noted for then."""
    if not order_id:
        raise ValueError("The signal came without an order_id: give the shop's own order number.")
    if not _apply(order_id, left):
        keep_for_later(order_id, left)


def apply_early(order_id: str) -> bool:
    """Apply what was told of an order before it was completed, now that it is; False if nothing was.

    Call it in a transaction.
    """
    early = EarlyRefund.objects.select_for_update().filter(order_id=order_id).first()
    if early is None:
        return False
    left = Left(early.items_left, early.shipping_left, early.tax_left, is_cancelled=early.is_cancelled)
    if _apply(order_id, left):
        early.delete()
    return True


def follow(conversion: Conversion) -> None:
    """Let the postback of an order that is credited only now follow what came back before. Call it in a transaction."""
    if conversion.refunded_at is None:
        return
    postback = Postback.objects.select_for_update().get(conversion=conversion)
    _follow(conversion, postback, receipts.due(conversion), is_cancelled=False)


def apply_missed() -> None:
    """Apply what was told in the same moment as its order was completed, when neither could see the other."""
    completed = Conversion.objects.filter(order_id=OuterRef("order_id"), is_test=False)
    recent = EarlyRefund.objects.filter(told_at__gt=timezone.now() - LOOKED_AT_AGAIN)
    for order_id in recent.filter(Exists(completed)).values_list("order_id", flat=True):
        with shielded("Applying the early refund of order", order_id), transaction.atomic():
            apply_early(order_id)


# The order ----------------------------------------------------------------------------------------------------


def _apply(order_id: str, left: Left) -> bool:
    """Lower what is left of an order and what follows from it; False if the order is not known."""
    orders = Conversion.objects.filter(order_id=order_id, is_test=False)
    # Written before it is read: whoever else tells of this order waits here, on SQLite too, and reads what we wrote.
    if not orders.update(refunded_at=F("refunded_at")):
        return False
    conversion = orders.select_for_update().get()
    if not _lower(conversion, left):
        logger.info(
            "Order %s: no less is left of it than was told before; nothing changes.",
            order_id,
            extra={"order_id": order_id},
        )
        return True
    postback = Postback.objects.select_for_update().filter(conversion=conversion).first()
    due = receipts.due(conversion)
    is_off = _is_off(conversion, due if postback else None)
    if is_off or conversion.items_left == NOTHING < conversion.items_total:
        subscriptions.stop_if_first(order_id)
    if is_off:
        _never_credit(conversion)
    if postback is not None:
        _follow(conversion, postback, NOTHING if is_off else due, is_cancelled=left.is_cancelled)
    outbox.let_details_follow(conversion, is_off=is_off)
    return True


def _is_off(conversion: Conversion, due: Decimal | None) -> bool:
    """Tell whether so little is left that the order counts no more: nothing to report, or none of what was bought."""
    if due is not None:
        return due == NOTHING
    basis = conversion.amount_basis
    if not basis and conversion.items_total > 0:  # a lead, or an order that earned nothing
        return conversion.items_left == NOTHING
    return receipts.left(conversion, basis or "total") == NOTHING


def _lower(conversion: Conversion, left: Left) -> bool:
    """Keep the lowest of what was told of each part; tell whether that changed anything."""
    changed = []
    for name, told in (("items_total", left.items), ("shipping", left.shipping), ("tax", left.tax)):
        kept = f"{name.removesuffix('_total')}_left"
        if told is None:
            continue
        before: Decimal | None = getattr(conversion, kept)
        lowest = max(min(told, getattr(conversion, name)), NOTHING)
        if before is None or lowest < before:
            setattr(conversion, kept, lowest)
            changed.append(kept)
    if changed:
        conversion.refunded_at = timezone.now()
        conversion.save(update_fields=["refunded_at", *changed])
    return bool(changed)


def _never_credit(conversion: Conversion) -> None:
    """Else an offer that is set up later would credit an order that came back."""
    if conversion.outcome == Conversion.Outcome.UNKNOWN_OFFER:
        conversion.outcome, conversion.reason = Conversion.Outcome.EXCLUDED, outbox.CALLED_OFF
        conversion.cause = Conversion.Cause.CALLED_OFF
        conversion.save(update_fields=["outcome", "reason", "cause"])


# Its postback -------------------------------------------------------------------------------------------------


def _follow(conversion: Conversion, postback: Postback, due: Decimal | None, *, is_cancelled: bool) -> None:
    """Let a postback, locked by the caller, follow its order."""
    if due == postback.amount_left or due is None or (postback.amount is not None and due >= postback.amount):
        return  # the amount reported does not change
    if due == NOTHING:
        outbox.call_off(Postback.objects.filter(pk=postback.pk))
    else:
        outbox.lower(postback, due)
    if postback.status in {Status.PENDING, Status.CANCELLED} and not postback.attempts_made:
        about = {"order_id": conversion.order_id, "postback_id": postback.pk}
        logger.info(
            "Order %s came back before it was reported: %s is left to report.", conversion.order_id, due, extra=about
        )
        return
    whole = Reason.CANCELLED if is_cancelled else Reason.REFUNDED
    _ask_a_person(postback, whole if due == NOTHING else Reason.PARTLY_REFUNDED)
    if Adjustment.objects.filter(postback=postback).open().exists():
        logger.warning(
            "Order %s came back after its postback was sent: adjust it in Aspire by hand (Adjustments in the admin).",
            conversion.order_id,
            extra={"order_id": conversion.order_id, "postback_id": postback.pk},
        )


def _ask_a_person(postback: Postback, reason: Reason) -> None:
    """Put a postback on the worklist, or back on it where less should stand than what somebody has seen to."""
    now = timezone.now()
    adjustment, is_new = Adjustment.objects.get_or_create(postback=postback, defaults={"reason": reason, "since": now})
    if is_new:
        return
    adjustment.reason = reason
    if adjustment.done_at:
        adjustment.note = f"{adjustment.note}\n{_earlier(adjustment, postback)}".strip()
        adjustment.since, adjustment.done_at, adjustment.done_by, adjustment.done_by_name = now, None, None, ""
    adjustment.save()


def _earlier(adjustment: Adjustment, postback: Postback) -> str:
    assert adjustment.done_at is not None  # noqa: S101
    stood = "" if postback.amount_left is None else f", with {postback.amount_left} to stand"
    return f"Done on {adjustment.done_at:%Y-%m-%d %H:%M %Z} by {adjustment.done_by_name}{stood}; then more came back."


# Told before its order ----------------------------------------------------------------------------------------


def keep_for_later(order_id: str, left: Left) -> None:
    """Keep what is left of an order until it is completed, or for after this transaction's commit if it is already."""
    told = EarlyRefund(
        order_id=order_id,
        items_left=max(left.items, NOTHING),
        shipping_left=left.shipping,
        tax_left=left.tax,
        is_cancelled=left.is_cancelled,
    )
    # Looked for first: on MySQL a refused INSERT holds a lock that others may hold as well, and none of them can widen.
    is_kept = EarlyRefund.objects.filter(order_id=order_id).exists()
    if not (is_kept and _lower_early(told)):
        if insert_unless_there(told, ["order_id"]):
            logger.info(
                "Order %s: that it came back is kept for when it is completed here.",
                order_id,
                extra={"order_id": order_id},
            )
        elif not _lower_early(told):  # the order has been completed
            _apply(order_id, left)
    # The order may have been completed meanwhile, in a transaction that did not see this one.
    transaction.on_commit(apply_missed, robust=True)


def _lower_early(told: EarlyRefund) -> bool:
    """Let what is kept of the order be no more than this; False if nothing is."""
    known = EarlyRefund.objects.filter(order_id=told.order_id)
    known.update(told_at=told.told_at)  # locks it
    early = known.select_for_update().first()
    if early is None:
        return False
    for name in ("items_left", "shipping_left", "tax_left"):
        amounts = [amount for amount in (getattr(early, name), getattr(told, name)) if amount is not None]
        setattr(early, name, min(amounts, default=None))
    early.is_cancelled |= told.is_cancelled
    early.save()
    return True
