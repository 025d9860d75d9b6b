"""Which click earns an order: freezing it when the order is placed, finding it when the order is completed."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from tracking.capture.clicks import Click
from tracking.capture.keeping import choose_kept, kept_clicks
from tracking.capture.serving import served_request
from tracking.models import Conversion, Offer, RememberedClick
from tracking.shield import shielded

if TYPE_CHECKING:
    from django.http import HttpRequest

    from tracking.orders import CompletedOrder


def remember(request: "HttpRequest", order_id: str) -> None:
    """Freeze the shopper's click for an order that is placed now and completed later, perhaps by a webhook.

    Call it where the order is placed, with the shop's own order number. A shopper without a click is remembered as
    such. The first click remembered for an order stays. Never raises,
    unless the database connection broke and the transaction around it is lost.
    """
    with shielded("Remembering the click for order", order_id), transaction.atomic():
        now = timezone.now()
        click = choose_kept(kept_clicks(request), now)
        values = {
            "affiliate_id": click.affiliate_id if click else "",
            "offer_id": click.offer_id if click else "",
            "transaction_id": click.transaction_id if click else "",
            "clicked_at": click.clicked_at if click else None,
            "remembered_at": now,
        }
        remembered, is_new = RememberedClick.objects.get_or_create(order_id=str(order_id), defaults=values)
        # Asked here and not by the UPDATE alone: on MySQL that would wait for a lock that a refused INSERT left behind.
        if click and not is_new and remembered.clicked_at is None:
            RememberedClick.objects.filter(order_id=str(order_id), clicked_at=None).update(**values)


# Outcomes whose order came within the window of its click, whether it could earn or not.
_WON = (Conversion.Outcome.CREDITED, Conversion.Outcome.EXCLUDED, Conversion.Outcome.UNKNOWN_OFFER)


@dataclass(frozen=True, slots=True)
class FoundClick:
    """The click found for an order, where it was found, and the moment at which its window is judged."""

    click: Click | None
    source: str
    moment: datetime
    offer: Offer | None = None
    """The offer that earned the subscription; None: the one that the click names."""

    @property
    def is_for_life(self) -> bool:
        """Tell whether no window applies: an affiliate earns a subscription for as long as it lives."""
        return self.source == Conversion.Source.SUBSCRIPTION


def find_click(order: "CompletedOrder", request: "HttpRequest | None", now: datetime) -> FoundClick:
    """Look for the click of an order: remembered for it, in the request given, in the request being served."""
    completed_at = order.completed_at or now
    remembered = RememberedClick.objects.filter(order_id=order.order_id).first()
    if remembered:
        return FoundClick(_click_of(remembered), Conversion.Source.REMEMBERED, remembered.remembered_at)
    served = served_request.get()
    for source, asked in ((Conversion.Source.REQUEST, request), (Conversion.Source.SERVED_REQUEST, served)):
        click = choose_kept(kept_clicks(asked), now) if asked is not None else None
        if click:
            return FoundClick(click, source, completed_at)
    return FoundClick(None, "", completed_at)


def find_subscription_click(order: "CompletedOrder") -> FoundClick | None:
    """The click that won the order's subscription: that of its first conversion with one (Aspire 7126268).

    A first order that could not earn itself counts as well: a free trial is excluded, its renewals are not.
    """
    if not order.subscription_id:
        return None
    first = (
        Conversion.objects.filter(subscription_id=order.subscription_id, outcome__in=_WON, is_test=False)
        .exclude(subscription_id="")  # so that the partial index serves
        .exclude(clicked_at=None)
        .select_related("offer")
        .order_by("id")
        .first()
    )
    if first is None:
        return None
    click = _click_of(first)
    if click and first.offer:
        click = replace(click, offer_id=first.offer.offer_id)
    return FoundClick(click, Conversion.Source.SUBSCRIPTION, first.completed_at, first.offer)


def recorded_click(conversion: Conversion) -> FoundClick:
    """The click that a recorded order was decided on, with the moment that its window was judged at."""
    moment = conversion.completed_at
    if conversion.source == Conversion.Source.REMEMBERED:
        remembered = RememberedClick.objects.filter(order_id=conversion.order_id).first()
        moment = remembered.remembered_at if remembered else moment
    return FoundClick(_click_of(conversion), conversion.source, moment)


def _click_of(row: Conversion | RememberedClick) -> Click | None:
    if row.clicked_at is None:
        return None
    return Click(
        affiliate_id=row.affiliate_id,
        offer_id=row.offer_id if isinstance(row, RememberedClick) else row.click_offer_id,
        transaction_id=row.transaction_id,
        clicked_at=row.clicked_at,
    )
