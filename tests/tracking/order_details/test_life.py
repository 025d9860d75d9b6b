"""Order details in the order's life: cancelled, refunded, held, sent again by hand."""

import json
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from pytest_django import Settings
from pytest_httpserver import HTTPServer

from tests.network import Network
from tests.tracking.order_details.steps import MUG, answers, complete, details, drain, posted
from tracking.currency import ExchangeRate
from tracking.models import Attempt, Offer, OrderDetails, OrderDetailsAttempt, Postback
from tracking.postbacks import outbox
from tracking.signals import order_cancelled, order_refunded

pytestmark = pytest.mark.django_db


def test_a_cancelled_order_is_not_told(api: HTTPServer, offer: Offer) -> None:
    complete(lines=(MUG,))

    order_cancelled.send(sender=None, order_id="1001")
    drain()

    assert (details().status, posted(api)) == ("cancelled", [])


def test_an_order_cancelled_while_its_details_are_on_their_way_is_not_told_again(
    api: HTTPServer, offer: Offer, settings: Settings
) -> None:
    complete(lines=(MUG,))
    (claim,) = outbox.claim(1, now=timezone.now(), kind=outbox.ORDER_DETAILS)

    order_cancelled.send(sender=None, order_id="1001")
    outbox.release([claim])

    assert details().status == "cancelled"


def test_after_a_partial_refund_the_value_is_what_is_left(api: HTTPServer, offer: Offer) -> None:
    complete(lines=(MUG,))

    order_refunded.send(sender=None, order_id="1001", items_total=Decimal("20.00"))
    drain()

    assert json.loads(posted(api)[0].get_data())["data"]["orderValue"] == 20


def test_details_of_an_order_on_hold_are_held_with_its_postback(api: HTTPServer, offer: Offer) -> None:
    offer.hold_days = 14
    offer.save()

    complete(lines=(MUG,))

    assert details().due_at == Postback.objects.get().due_at
    assert details().due_at > timezone.now() + timedelta(days=13)


def test_details_of_an_order_that_comes_to_nothing_are_not_told(
    api: HTTPServer, offer: Offer, settings: Settings
) -> None:
    Offer.objects.update(hold_days=14)
    complete(currency="JPY", items_total=Decimal(1), lines=(MUG,))
    settings.TRACKING_CURRENCY_CONVERTER = lambda *_asked: ExchangeRate(Decimal("0.004"), timezone.localdate())
    outbox.work_out_waiting(now=timezone.now())

    assert (Postback.objects.get().status, details().status) == ("cancelled", "cancelled")
    assert details().detail == "The amount comes to 0.00 USD: there is nothing to report."
    assert outbox.send_details_again(OrderDetails.objects.all(), why="By hand.") == 0


def test_details_of_an_order_that_a_person_cancels_are_not_told(api: HTTPServer, offer: Offer) -> None:
    Offer.objects.update(hold_days=14)
    complete(lines=(MUG,))
    outbox.cancel(Postback.objects.all(), why="Cancelled by ada.")

    assert (details().status, details().detail, details().due_at) == ("cancelled", "Cancelled by ada.", None)


def test_what_failed_is_sent_again_by_hand_with_the_whole_schedule(
    api: HTTPServer, network: Network, offer: Offer
) -> None:
    answers(api, network, status=403)
    complete(lines=(MUG,))
    drain()
    failed = details()
    answers(api, network)

    count = outbox.send_details_again(OrderDetails.objects.all(), why="Sent again.")
    drain()

    assert (failed.status, count, details().status) == ("failed", 1, "accepted")
    assert details().attempts_before_requeue == 1


def test_postbacks_and_details_keep_their_attempts_apart(api: HTTPServer, offer: Offer) -> None:
    complete(lines=(MUG,))

    drain()

    assert (Attempt.objects.count(), OrderDetailsAttempt.objects.count()) == (1, 1)
