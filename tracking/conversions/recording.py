"""Recording: a completed order becomes a conversion and, if credited, an owed postback, in the order's transaction."""

import logging
from contextlib import nullcontext
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from tracking.conversions import considered, receipts, refunding, subscriptions
from tracking.conversions.amounts import base_amount, to_report
from tracking.conversions.decision import Decision, Terms, decide
from tracking.conversions.finding import FoundClick, find_click, recorded_click
from tracking.conversions.renewals import Policy
from tracking.models import Conversion, Offer
from tracking.models.rows import insert_unless_there
from tracking.models.savepoints import JoinedSavepoint, joined_savepoint
from tracking.orders import CompletedOrder
from tracking.postbacks import engines, outbox
from tracking.postbacks.order_details import to_lines
from tracking.shield import shielded
from tracking.signals import conversion_recorded

if TYPE_CHECKING:
    from django.http import HttpRequest

logger = logging.getLogger(__name__)


def record_completed(
    sender: object, order: CompletedOrder | None = None, request: "HttpRequest | None" = None, **_kwargs: Any
) -> None:
    """Receive `order_completed`. Never speaks to the network; what it may raise, see `shielded`."""
    conversion = None
    with (
        shielded("Recording order", order.order_id if isinstance(order, CompletedOrder) else order),
        joined_savepoint() as savepoint,
    ):
        conversion = record(order, request, savepoint)
        if conversion and conversion.outcome == Conversion.Outcome.CREDITED:
            transaction.on_commit(engines.kick, robust=True)
    if conversion and conversion_recorded.has_listeners(Conversion):
        _announce(conversion)


def _announce(conversion: Conversion) -> None:
    with shielded("A receiver of conversion_recorded for order", conversion.order_id), transaction.atomic():
        for _receiver, result in conversion_recorded.send_robust(sender=Conversion, conversion=conversion):
            if isinstance(result, DatabaseError):
                raise result  # only undoing the savepoint makes the transaction usable again


def record_cancelled(sender: object, order_id: str = "", **_kwargs: Any) -> None:
    """Receive `order_cancelled`."""
    with shielded("Cancelling the postback of order", order_id):
        _come_back(order_id, refunding.Left.nothing())


def record_refunded(
    sender: object,
    order_id: str = "",
    items_total: Decimal | None = None,
    shipping: Decimal | None = None,
    tax: Decimal | None = None,
    **_kwargs: Any,
) -> None:
    """Receive `order_refunded`."""
    with shielded("Noting the refund of order", order_id):
        if items_total is None:
            raise TypeError("order_refunded came without items_total: give what is left of the order's goods.")
        _come_back(order_id, refunding.Left(items_total, shipping, tax))


def _come_back(order_id: str, left: refunding.Left) -> None:
    """Apply what was told at once; or, where the database breaks that off, after the shop's commit.

    It does so to one of two transactions that wait for each other: several refunds in each, in another order.
    """
    try:
        with transaction.atomic():
            refunding.come_back(order_id, left)
    except DatabaseError as error:
        if connection.needs_rollback:
            raise  # the shop's own transaction is lost with it
        logger.warning(
            "Order %s: that it came back could not be noted at once (%s); it is kept for after the commit.",
            order_id,
            type(error).__name__,
            extra={"order_id": order_id},
        )
        with transaction.atomic():
            refunding.keep_for_later(order_id, left)


def record_subscription_cancelled(sender: object, subscription_id: str = "", **_kwargs: Any) -> None:
    """Receive `subscription_cancelled`."""
    with shielded("Stopping subscription", subscription_id), transaction.atomic():
        if not subscription_id:
            raise ValueError("The signal came without a subscription_id: give the one that its orders carry.")
        subscriptions.stop(subscription_id, "it was cancelled.")


def record(
    order: CompletedOrder | None, request: "HttpRequest | None", savepoint: JoinedSavepoint
) -> Conversion | None:
    """Decide on an order and write it down with its postback; None if it was recorded before.

    Call it in the `savepoint`.
    """
    if not isinstance(order, CompletedOrder):
        raise TypeError(f"order is a {type(order).__name__}: give a tracking.orders.CompletedOrder.")
    now = timezone.now()
    found = find_click(order, request, now)
    offer, decision = _decide(order, found)
    click = found.click
    conversion = Conversion(
        order_id=order.order_id,
        outcome=decision.outcome,
        reason=decision.reason,
        cause=decision.cause,
        source=found.source,
        affiliate_id=click.affiliate_id if click else "",
        transaction_id=click.transaction_id if click else "",
        click_offer_id=click.offer_id if click else "",
        clicked_at=click.clicked_at if click else None,
        considered=considered.to_json(found.considered),
        offer=offer,
        currency=order.currency,
        items_total=order.items_total,
        shipping=order.shipping,
        tax=order.tax,
        discount=order.discount,
        customer_id=order.customer_id,
        subscription_id=order.subscription_id,
        is_renewal=order.is_renewal,
        completed_at=order.completed_at or now,
        recorded_at=now,
    )
    receipt = _receipt(conversion, now)
    owes_details = receipt is not None and outbox.wants_details(conversion)
    is_last = not (owes_details or found.may_have_come_back)
    with savepoint.last_statement() if is_last else nullcontext():
        if receipt:
            is_new = outbox.record_and_enqueue(conversion, receipt, now=now)
        else:
            is_new = insert_unless_there(conversion, outbox.ONCE_PER_ORDER)
    if not is_new:
        logger.info(
            "Order %s was completed again; its first record stands.", order.order_id, extra={"order_id": order.order_id}
        )
        return None
    if owes_details:
        outbox.owe_details(conversion, lines=to_lines(order.lines), now=now)
    logger.info("Order %s: %s. %s", order.order_id, conversion.outcome, conversion.reason, extra=_about(conversion))
    if found.may_have_come_back and refunding.apply_early(order.order_id):
        conversion.refresh_from_db()
    return conversion


def _about(conversion: Conversion) -> dict[str, str]:
    """What a log line's reader may look for."""
    return {"kind": "conversion", "order_id": conversion.order_id, "outcome": str(conversion.outcome)}


def decide_again(conversion: Conversion) -> bool:
    """Decide anew on an order whose offer was unknown; tell whether it is credited now."""
    now = timezone.now()
    with transaction.atomic():
        row = Conversion.objects.select_for_update().get(pk=conversion.pk)
        if row.outcome != Conversion.Outcome.UNKNOWN_OFFER:
            return False
        row.offer, decision = _decide(row, recorded_click(row))
        row.outcome, row.reason, row.cause = decision.outcome, decision.reason, decision.cause
        receipt = _receipt(row, now)
        row.save(update_fields=["offer", "outcome", "reason", "cause"])
        if receipt:
            outbox.enqueue(row, receipt, now=now)
            if outbox.wants_details(row):
                outbox.owe_details(row, lines=(), now=now)  # what was bought was not kept without an offer
            refunding.follow(row)
    return receipt is not None


def _receipt(conversion: Conversion, now: datetime) -> receipts.Receipt | None:
    """The receipt of a credited conversion; None for another, and for one whose amount turns out to be nothing."""
    if conversion.outcome != Conversion.Outcome.CREDITED or conversion.offer is None:
        return None
    receipt = receipts.make(conversion, conversion.offer, now=now)
    if not receipt.is_nothing:
        return receipt
    conversion.outcome, conversion.cause = Conversion.Outcome.EXCLUDED, Conversion.Cause.NO_AMOUNT
    conversion.reason = receipt.waits_for
    return None


def leave_out(conversion: Conversion, *, why: str) -> bool:
    """Settle an order whose offer was unknown as one that is not reported; tell whether it was one still."""
    waiting = Conversion.objects.waiting().filter(pk=conversion.pk)
    return bool(
        waiting.update(outcome=Conversion.Outcome.EXCLUDED, reason=why, cause=Conversion.Cause.LEFT_OUT)
    )  # else the next offer that is set up would credit it


def _decide(money: CompletedOrder | Conversion, found: FoundClick) -> tuple[Offer | None, Decision]:
    offer = found.offer
    if offer is None and found.click:
        offer = Offer.objects.meant_by(found.click.offer_id)
    terms = _terms(offer, found) if offer else None
    amount = base_amount(
        items_total=money.items_total,
        shipping=money.shipping,
        tax=money.tax,
        basis=offer.amount_basis if offer else Offer.AmountBasis.ITEMS,
    )
    if amount <= 0 or offer is None or offer.currency == money.currency:
        amount = to_report(amount, currency=money.currency)
    decision = decide(
        found.click,
        terms,
        amount=amount,
        moment=found.moment,
        renewal=found.renewal,
        lacks_consent=found.lacks_consent,
    )
    return (None if decision.outcome == Conversion.Outcome.UNKNOWN_OFFER else offer), decision


def _terms(offer: Offer, found: FoundClick) -> Terms:
    return Terms(
        name=str(offer),
        protocol=offer.protocol,
        kind=offer.kind,
        window=timedelta(days=offer.window_days),
        closed=offer.closed_at(found.moment),
        renewals=Policy(offer.renewals, offer.renewals_limit),
    )
