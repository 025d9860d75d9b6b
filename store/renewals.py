"""Renewals: placed when due and charged, again if need be, each once whatever runs at the same time."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from django.db import transaction
from django.db.models import F
from django.http import HttpRequest

from tracking.attribution import remember

from . import charging, checkout, mail, subscriptions
from .cart import CartLine
from .delivery import Delivery, deliveries_in
from .models import Order, OrderLine, Subscription
from .quotes import totals_for
from .schedule import CHARGES, LEASE, next_renewal, wait_after

logger = logging.getLogger(__name__)

_NAMESPACE = UUID("6f1c0a5e-4f0e-4c3b-9d0a-7c5a2b1e8d34")


@dataclass(slots=True)
class Tally:
    """What one run did."""

    placed: int = 0
    paid: int = 0
    unpaid: int = 0
    ended: int = 0
    failed: int = 0


def renew_all(now: datetime) -> Tally:
    """Place what is due, then charge what is to be charged. One subscription's fault stops no other."""
    tally = Tally()
    for subscription in Subscription.objects.due(now).order_by("renews_at"):
        with _kept_apart(subscription, tally):
            tally.placed += place(subscription, now) is not None
    for subscription in Subscription.objects.to_charge(now).order_by("charge_at"):
        with _kept_apart(subscription, tally):
            _charge(subscription, now, tally)
    return tally


@contextmanager
def _kept_apart(subscription: Subscription, tally: Tally) -> Iterator[None]:
    try:
        yield
    except checkout.OutOfStockError as shortage:
        logger.warning("Subscription %s waits: %s It is tried again at the next run.", subscription.pk, shortage)
        tally.failed += 1
    except Exception:
        logger.exception("Subscription %s could not be renewed.", subscription.pk)
        tally.failed += 1


@transaction.atomic
def place(subscription: Subscription, now: datetime) -> Order | None:
    """Place the renewal that is due and set it to be charged. None if another run did.

    Raises OutOfStockError, and then it is still due.
    """
    still_due = Subscription.objects.due(now).filter(pk=subscription.pk, periods=subscription.periods)
    following = next_renewal(subscription.renews_at, subscription.renewal_day, now)
    if not still_due.update(renews_at=following, periods=F("periods") + 1, charge_at=now, charges=0):
        return None
    order = _place_order(subscription)
    # Nobody clicked for it: whoever won the subscription earns its renewals, also one that is paid by hand, later,
    # by a shopper whom somebody else has sent meanwhile.
    remember(HttpRequest(), order.number)
    return order


def _place_order(subscription: Subscription) -> Order:
    first = subscription.first_order
    lines = [_line_again(line) for line in subscription.lines]
    delivery = _delivery_again(first, subscription.country)
    totals = totals_for(
        lines, currency=first.currency, delivery=delivery, country=subscription.country, region=subscription.region
    )
    order = Order(
        customer=subscription.customer,
        email=subscription.email,
        subscription=subscription,
        is_renewal=True,
        payment_variant=first.payment_variant,
        **subscription.as_initial(),
    )
    token = uuid5(_NAMESPACE, f"{subscription.token}:{subscription.periods}")
    return checkout.place(order, token=token, lines=lines, totals=totals, delivery=delivery)


def _line_again(line: OrderLine) -> CartLine:
    if line.variant is None:
        raise LookupError(f"{line.name} is no longer in the catalogue: cancel the subscription, or ask the customer.")
    return CartLine(line.variant, line.unit_price, line.quantity)


def _delivery_again(first: Order, country: str) -> Delivery | None:
    """The way of the first order while it is offered, else the first of those that are."""
    offered = deliveries_in(first.currency, country)
    same = (delivery for delivery in offered if delivery.method.pk == first.shipping_method_id)
    return next(same, next(iter(offered), None))


def _charge(subscription: Subscription, now: datetime, tally: Tally) -> None:
    mine = Subscription.objects.filter(pk=subscription.pk)
    # Committed before the provider is asked, so that of two runs one charges, and after a crash it is asked again.
    if not mine.filter(charge_at=subscription.charge_at).update(charge_at=now + LEASE):
        return
    order = subscription.waiting_order()
    if order is None:  # it was paid or cancelled meanwhile
        mine.update(charge_at=None)
    elif subscription.charges >= CHARGES:
        tally.ended += subscriptions.lapse(subscription)
    else:
        _take_outcome(subscription, order, charging.charge(order), now, tally)


def _take_outcome(
    subscription: Subscription, order: Order, outcome: charging.Outcome, now: datetime, tally: Tally
) -> None:
    mine = Subscription.objects.filter(pk=subscription.pk)
    if outcome is charging.Outcome.SECURED:
        tally.paid += 1
        mine.update(charge_at=None)
    elif outcome is charging.Outcome.REFUSED:
        tally.unpaid += 1
        charges = subscription.charges + 1
        # Not where it was stopped, or paid by hand, while the provider was asked.
        if mine.exclude(charge_at=None).update(charges=charges, charge_at=now + wait_after(charges)):
            mail.renewal_unpaid(order, is_last=charges == CHARGES)
    else:
        tally.failed += 1
