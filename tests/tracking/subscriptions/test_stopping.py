"""A subscription that was cancelled, or whose first order came back, earns nothing any more."""

from decimal import Decimal
from typing import Any

import pytest

from tests.tracking.subscriptions.steps import begin, complete, renew
from tracking.models import Postback, StoppedSubscription
from tracking.signals import order_cancelled, order_refunded, subscription_cancelled

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("how", ["cancelled", "refunded"])
def test_a_subscription_whose_first_order_came_back_earns_nothing_any_more(how: str) -> None:
    begin()
    renew("R1")
    if how == "cancelled":
        order_cancelled.send(sender=None, order_id="1001")
    else:
        order_refunded.send(sender=None, order_id="1001", items_total=Decimal(0))
    later = renew("R2")
    assert later.outcome == "excluded"
    assert later.reason == (
        "The subscription S1 earns nothing any more: its first order 1001 was cancelled or fully refunded."
    )
    assert Postback.objects.get(conversion__order_id="R1").status == "pending"


def test_a_first_order_that_came_back_after_it_was_reported_stops_its_renewals_too() -> None:
    begin()
    Postback.objects.update(status="accepted")
    order_cancelled.send(sender=None, order_id="1001")
    assert renew().outcome == "excluded"


def test_a_part_of_the_first_order_that_came_back_stops_nothing() -> None:
    begin()
    order_refunded.send(sender=None, order_id="1001", items_total=Decimal(10))
    assert renew().outcome == "credited"


def test_one_renewal_that_came_back_stops_nothing() -> None:
    begin()
    renew("R1")
    order_refunded.send(sender=None, order_id="R1", items_total=Decimal(0))
    assert renew("R2").outcome == "credited"


def test_another_order_within_a_subscription_stops_nothing() -> None:
    begin()
    complete(order_id="1002", subscription_id="S1")
    order_cancelled.send(sender=None, order_id="1002")
    assert renew("R1").outcome == "credited"


def test_a_cancelled_subscription_earns_nothing_any_more() -> None:
    begin()
    subscription_cancelled.send(sender=None, subscription_id="S1")
    subscription_cancelled.send(sender=None, subscription_id="S1")
    assert renew().reason == "The subscription S1 earns nothing any more: it was cancelled."
    assert StoppedSubscription.objects.count() == 1


def test_cancelling_one_subscription_leaves_another() -> None:
    begin()
    subscription_cancelled.send(sender=None, subscription_id="S")
    assert renew().outcome == "credited"


@pytest.mark.parametrize("subscription_id", ["", None, object(), "S" * 500])
def test_garbage_in_place_of_a_subscription_raises_nothing(subscription_id: Any) -> None:
    begin()
    subscription_cancelled.send(sender=None, subscription_id=subscription_id)
    assert renew().outcome == "credited"
