"""Finding the click of a completed order: remembered for it, in a request, with the customer, of the subscription."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

from tracking.capture.clicks import Click, Held
from tracking.capture.consent import cost_the_click
from tracking.capture.customers import customer_of, customers_clicks
from tracking.capture.keeping import held_clicks
from tracking.capture.serving import served_request
from tracking.conf import conf
from tracking.conversions.considered import PLACES, Asked, Considered, Result, Weighed, first_valid, from_json, weigh
from tracking.conversions.renewals import Renewal
from tracking.conversions.subscriptions import Won, find_won
from tracking.models import Conversion, Offer, RememberedClick
from tracking.models.offers import meant_among
from tracking.models.rows import select_one_with

if TYPE_CHECKING:
    from django.http import HttpRequest

    from tracking.orders import CompletedOrder

Source = Conversion.Source

# What is known of an order before it is completed, and the offers that its click may mean.
_CAME_BACK: Final = "EXISTS (SELECT 1 FROM tracking_earlyrefund WHERE order_id = %s)"
_OF_ORDER: Final = "tracking_rememberedclick.order_id = %s"
_MAY_BE_MEANT: Final = (
    "tracking_offer.is_default OR tracking_offer.is_global "
    "OR tracking_offer.offer_id = tracking_rememberedclick.offer_id"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundClick:
    """The click found for an order, where it was found, and the moment at which its window is judged."""

    click: Click | None
    source: str
    moment: datetime
    considered: tuple[Considered, ...] = ()
    """All that was looked at."""
    lacks_consent: bool = False
    renewal: Renewal | None = None
    """What is known of the subscription that the order renews."""
    offer: Offer | None = None
    """The offer that earned the subscription, or the one that the click means; None: it is not read yet."""
    may_have_come_back: bool = True
    """A refund of the order may have been told before; False: none was."""


def find_click(order: "CompletedOrder", request: "HttpRequest | None", now: datetime) -> FoundClick:
    """Look for the click of an order.

    A renewal is its subscription's, whoever clicked what since. Any other order has the click remembered for it, or
    the one in the request given, or in the request being served; what is kept with the customer counts beside them.
    """
    completed_at = order.completed_at or now
    if order.is_renewal and order.subscription_id and (won := find_won(order.subscription_id)):
        return _of_subscription(won, completed_at)
    remembered, offers, came_back = select_one_with(
        RememberedClick, _OF_ORDER, [order.order_id, order.order_id], others=Offer, on=_MAY_BE_MEANT, also=_CAME_BACK
    )
    found = _of_order(order, remembered, request, now, completed_at)
    return replace(
        found,
        offer=_meant(found.click, remembered, offers),
        may_have_come_back=bool(came_back),
    )


def _meant(click: Click | None, remembered: RememberedClick | None, offers: list[Offer]) -> Offer | None:
    """The offer that a click means, where it is among those read with the remembered one."""
    if click is None or (click.offer_id and (remembered is None or click.offer_id != remembered.offer_id)):
        return None
    return meant_among(offers, click.offer_id)


def _of_order(
    order: "CompletedOrder",
    remembered: RememberedClick | None,
    request: "HttpRequest | None",
    now: datetime,
    completed_at: datetime,
) -> FoundClick:
    if remembered:
        return _remembered(remembered, order)
    if order.is_renewal:  # whoever sets it off, staff or a job, has a request that is not the shopper's
        unknown = _subscription("Its first order is not known here, so nobody is known to have won it.", Result.EMPTY)
        return FoundClick(click=None, source="", moment=completed_at, considered=unknown)
    return _in_requests(order, request, now, completed_at)


def recorded_click(conversion: Conversion) -> FoundClick:
    """The click that a recorded order was decided on, with the moment that its window was judged at."""
    moment = conversion.completed_at
    if conversion.source == Source.SUBSCRIPTION:
        won = find_won(conversion.subscription_id, before=conversion)
        if won:
            return _of_subscription(won, moment)
    if conversion.source in {Source.REMEMBERED, Source.CUSTOMER}:
        remembered = RememberedClick.objects.filter(order_id=conversion.order_id).first()
        moment = remembered.remembered_at if remembered else moment
    return FoundClick(click=_click_of(conversion), source=conversion.source, moment=moment)


def _of_subscription(won: Won, moment: datetime) -> FoundClick:
    first = f"Its first order {won.renewal.first_order_id} was"
    if won.click is None:
        considered = _subscription(f"{first} earned by no affiliate, and so is no renewal of it.", Result.EMPTY)
    else:
        considered = _subscription(f"{first} won by affiliate {won.click.affiliate_id}.", Result.CHOSEN)
    return FoundClick(
        click=won.click,
        source=Source.SUBSCRIPTION,
        moment=moment,
        considered=considered,
        renewal=won.renewal,
        offer=won.offer,
    )


def _subscription(note: str, result: Result) -> tuple[Considered, ...]:
    return (Considered(at="completed", place="subscription", result=result, note=note),)


def _remembered(row: RememberedClick, order: "CompletedOrder") -> FoundClick:
    """What was remembered; with what is kept with the customer, where `remember` could not know who that is."""
    considered = tuple(from_json(row.considered))
    found = FoundClick(
        click=_click_of(row),
        source=Source.REMEMBERED,
        moment=row.remembered_at,
        considered=considered,
        lacks_consent=row.lacks_consent,
    )
    if not (considered and conf.customers and order.customer_id) or any(one.place == "customer" for one in considered):
        return found
    placed = Asked(
        "placed",
        tuple(one.place for one in considered if one.kept is None),
        [Held(one.place, one.kept) for one in considered if one.kept],
    )
    weighed = _weigh((placed, _customer(order.customer_id, by=row.remembered_at)), row.remembered_at)
    return replace(found, click=weighed.click, considered=weighed.considered, source=_source(weighed))


def _in_requests(
    order: "CompletedOrder", request: "HttpRequest | None", now: datetime, completed_at: datetime
) -> FoundClick:
    asked = [Asked("request", PLACES, held_clicks(request))] if request is not None else []
    customer_id = order.customer_id or (customer_of(request) if request is not None else "")
    if conf.customers and customer_id:
        asked.append(_customer(customer_id, by=completed_at))
    weighed = _weigh(asked, now)
    served = served_request.get()
    if served is not None and served is not request and not weighed.is_valid(now):
        last = _weigh([Asked("served_request", PLACES, held_clicks(served))], now)
        weighed = first_valid((weighed, last), now=now)
    requests = [one for one in (request, served) if one is not None]
    return FoundClick(
        click=weighed.click,
        source=_source(weighed),
        moment=completed_at,
        considered=weighed.considered,
        lacks_consent=not weighed.is_valid(now) and any(cost_the_click(one) for one in requests),
    )


def _customer(customer_id: str, *, by: datetime) -> Asked:
    """What is kept with the customer of clicks made until then."""
    held = [one for one in customers_clicks(customer_id) if one.kept.click.clicked_at <= by]
    return Asked("completed", ("customer",), held)


def _weigh(asked: Iterable[Asked], moment: datetime) -> Weighed:
    return weigh(tuple(asked), attribution=conf.attribution, now=moment)


_SOURCES: Final = {
    "placed": Source.REMEMBERED,
    "request": Source.REQUEST,
    "served_request": Source.SERVED_REQUEST,
    "completed": Source.CUSTOMER,
}


def _source(weighed: Weighed) -> str:
    if not weighed.chosen:
        return Source.REMEMBERED if any(one.at == "placed" for one in weighed.considered) else ""
    return _SOURCES[weighed.chosen.at]


def _click_of(row: Conversion | RememberedClick) -> Click | None:
    if row.clicked_at is None:
        return None
    return Click(
        affiliate_id=row.affiliate_id,
        offer_id=row.offer_id if isinstance(row, RememberedClick) else row.click_offer_id,
        transaction_id=row.transaction_id,
        clicked_at=row.clicked_at,
    )
