"""Subscriptions: which affiliate won one with its first order, and which have ended."""

from dataclasses import dataclass

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone

from tracking.capture.clicks import Click
from tracking.conversions.renewals import Renewal
from tracking.models import Conversion, Offer, StoppedSubscription

Outcome = Conversion.Outcome

# Outcomes whose order came within the window of its click, whether it could earn itself or not: a free trial cannot,
# its renewals can.
_WON = frozenset({Outcome.CREDITED, Outcome.EXCLUDED, Outcome.UNKNOWN_OFFER})


@dataclass(frozen=True, slots=True)
class Won:
    """What a subscription's first order says about a renewal; no click where no affiliate earned it."""

    renewal: Renewal
    click: Click | None = None
    offer: Offer | None = None
    """The offer that earned it; None: the one that the click means."""


def find_won(subscription_id: str, *, before: Conversion | None = None) -> Won | None:
    """What is known of a subscription for a renewal of it (Aspire 7126268); None if its first order is not known here.

    `before` is the renewal itself, where it is recorded already. Costs two queries.
    """
    known = _conversions(subscription_id, before)
    stopped = StoppedSubscription.objects.filter(subscription_id=OuterRef("subscription_id")).values("reason")
    first = known.select_related("offer").annotate(stopped=Subquery(stopped[:1])).order_by("id").first()
    if first is None:
        return None
    renewal = Renewal(
        subscription_id=subscription_id,
        first_order_id=first.order_id,
        first_outcome=first.outcome,
        started_at=first.completed_at,
        earned_before=_earned_renewals(known) if first.outcome in _WON else 0,
        stopped=first.stopped or "",
    )
    if first.outcome not in _WON or not (first.affiliate_id or first.transaction_id):
        return Won(renewal)
    return Won(renewal, _click_of(first), None if first.outcome == Outcome.UNKNOWN_OFFER else first.offer)


def stop(subscription_id: str, reason: str) -> None:
    """Let the renewals of a subscription earn nothing from now on. Stopping it again changes nothing."""
    StoppedSubscription.objects.get_or_create(
        subscription_id=subscription_id, defaults={"reason": reason, "stopped_at": timezone.now()}
    )


def stop_if_first(order_id: str) -> None:
    """Stop the subscription that `order_id` began, if it began one: the order came back. A renewal stops nothing."""
    order = Conversion.objects.filter(order_id=order_id, is_test=False).exclude(subscription_id="").first()
    if order is None or order.is_renewal:
        return
    if _conversions(order.subscription_id, order).exists():
        return  # an order within a subscription that another one began
    stop(order.subscription_id, f"its first order {order_id} was cancelled or fully refunded.")


def _conversions(subscription_id: str, before: Conversion | None) -> QuerySet[Conversion]:
    # Naming what the partial index leaves out lets the database use it.
    known = Conversion.objects.filter(subscription_id=subscription_id, is_test=False).exclude(subscription_id="")
    return known.filter(pk__lt=before.pk) if before else known


def _earned_renewals(known: QuerySet[Conversion]) -> int:
    earned = known.filter(is_renewal=True, outcome=Outcome.CREDITED)
    return earned.exclude(postback__is_called_off=True).count()


def _click_of(first: Conversion) -> Click:
    return Click(
        affiliate_id=first.affiliate_id,
        offer_id=first.click_offer_id,
        transaction_id=first.transaction_id,
        clicked_at=first.clicked_at or first.completed_at,
    )
