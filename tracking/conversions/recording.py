"""Recording: a completed order becomes a conversion and, if credited, an owed postback, in the order's transaction."""

import logging
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import DatabaseError, transaction
from django.utils import timezone

from tracking.conversions import considered, subscriptions
from tracking.conversions.amounts import reported_amount
from tracking.conversions.decision import Decision, Terms, decide
from tracking.conversions.finding import FoundClick, find_click, recorded_click
from tracking.conversions.renewals import Policy
from tracking.models import Conversion, Offer, Postback
from tracking.models.rows import insert_unless_there
from tracking.orders import CompletedOrder
from tracking.postbacks import engines, outbox
from tracking.shield import shielded
from tracking.signals import conversion_recorded

if TYPE_CHECKING:
    from django.http import HttpRequest

logger = logging.getLogger(__name__)

_MAY_BE_COUNTED = (Postback.Status.SENDING, Postback.Status.ACCEPTED, Postback.Status.UNCONFIRMED)


def record_completed(
    sender: object, order: CompletedOrder | None = None, request: "HttpRequest | None" = None, **_kwargs: Any
) -> None:
    """Receive `order_completed`. Never speaks to the network; what it may raise, see `shielded`."""
    conversion = None
    with (
        shielded("Recording order", order.order_id if isinstance(order, CompletedOrder) else order),
        transaction.atomic(),
    ):
        conversion = record(order, request)
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
    with shielded("Cancelling the postback of order", order_id), transaction.atomic():
        _call_off(order_id)


def record_refunded(sender: object, order_id: str = "", items_total: Decimal | None = None, **_kwargs: Any) -> None:
    """Receive `order_refunded`."""
    with shielded("Cancelling the postback of refunded order", order_id), transaction.atomic():
        if items_total is None:
            raise TypeError("order_refunded came without items_total: give what is left of the order's goods.")
        if items_total <= 0:
            _call_off(order_id)
        else:
            logger.warning("Order %s was refunded in part; its postback is unchanged.", order_id)


def record_subscription_cancelled(sender: object, subscription_id: str = "", **_kwargs: Any) -> None:
    """Receive `subscription_cancelled`."""
    with shielded("Stopping subscription", subscription_id), transaction.atomic():
        if not subscription_id:
            raise ValueError("The signal came without a subscription_id: give the one that its orders carry.")
        subscriptions.stop(subscription_id, "it was cancelled.")


def _call_off(order_id: str) -> None:
    if not order_id:
        raise ValueError("The signal came without an order_id: give the shop's own order number.")
    subscriptions.stop_if_first(order_id)
    owed = Postback.objects.filter(conversion__order_id=order_id, is_test=False)
    if outbox.call_off(owed):
        return
    undecided = Conversion.objects.filter(order_id=order_id, is_test=False, outcome=Conversion.Outcome.UNKNOWN_OFFER)
    undecided.update(
        outcome=Conversion.Outcome.EXCLUDED, reason=outbox.CALLED_OFF, cause=Conversion.Cause.CALLED_OFF
    )  # else a later offer would credit it
    if owed.filter(status__in=_MAY_BE_COUNTED).exists():
        logger.warning("Order %s came back after its postback was sent: adjust it in Aspire by hand.", order_id)


def record(order: CompletedOrder | None, request: "HttpRequest | None") -> Conversion | None:
    """Decide on an order and write it down with its postback; None if it was recorded before."""
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
    if decision.outcome == Conversion.Outcome.CREDITED:
        is_new = outbox.record_and_enqueue(conversion, now=now)
    else:
        is_new = insert_unless_there(conversion, outbox.ONCE_PER_ORDER)
    if not is_new:
        logger.info("Order %s was completed again; its first record stands.", order.order_id)
        return None
    logger.info("Order %s: %s. %s", order.order_id, decision.outcome, decision.reason)
    return conversion


def decide_again(conversion: Conversion) -> bool:
    """Decide anew on an order whose offer was unknown; tell whether it is credited now."""
    with transaction.atomic():
        row = Conversion.objects.select_for_update().get(pk=conversion.pk)
        if row.outcome != Conversion.Outcome.UNKNOWN_OFFER:
            return False
        row.offer, decision = _decide(row, recorded_click(row))
        row.outcome, row.reason, row.cause = decision.outcome, decision.reason, decision.cause
        row.save(update_fields=["offer", "outcome", "reason", "cause"])
        is_credited = decision.outcome == Conversion.Outcome.CREDITED
        if is_credited:
            outbox.enqueue(row, now=timezone.now())
    return is_credited


def _decide(money: CompletedOrder | Conversion, found: FoundClick) -> tuple[Offer | None, Decision]:
    offer = found.offer
    if offer is None and found.click:
        offer = Offer.objects.meant_by(found.click.offer_id)
    terms = _terms(offer, found) if offer else None
    amount = reported_amount(
        items_total=money.items_total,
        shipping=money.shipping,
        tax=money.tax,
        basis=offer.amount_basis if offer else Offer.AmountBasis.ITEMS,
    )
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
