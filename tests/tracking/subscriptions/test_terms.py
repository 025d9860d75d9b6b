"""Which renewals earn, by the offer's terms of the day."""

from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine

from tests.tracking.subscriptions.steps import DAY, begin, renew, result
from tracking.conversions import recording
from tracking.signals import order_cancelled, subscription_cancelled

pytestmark = pytest.mark.django_db


def terms(offer: Any, renewals: str, limit: int | None = None) -> None:
    offer.renewals, offer.renewals_limit = renewals, limit
    offer.save()


def test_an_offer_can_pay_for_first_orders_alone(offer: Any) -> None:
    terms(offer, "none")
    assert begin().outcome == "credited"
    assert result(renew()) == ("excluded", "4", "subscription")


def test_an_offer_can_pay_for_the_first_renewals(offer: Any) -> None:
    terms(offer, "first", 2)
    begin()
    assert [renew(f"R{number}").outcome for number in range(4)] == ["credited", "credited", "excluded", "excluded"]


def test_a_renewal_that_came_back_is_not_counted_among_the_first(offer: Any) -> None:
    terms(offer, "first", 1)
    begin()
    renew("R1")
    order_cancelled.send(sender=None, order_id="R1")
    assert renew("R2").outcome == "credited"


def test_an_offer_can_pay_for_some_months(offer: Any, clock: time_machine.Traveller) -> None:
    terms(offer, "months", 2)
    begin()
    clock.move_to(datetime(2026, 5, 1, 12, 5, tzinfo=UTC))
    assert renew("R1").outcome == "credited"
    clock.move_to(datetime(2026, 5, 2, 0, 0, tzinfo=UTC))
    assert renew("R2").reason == "Autumn (12345) pays for renewals for 2 months, which ended on 2026-05-01."


def test_the_terms_are_those_of_the_day_of_the_renewal(offer: Any) -> None:
    begin()
    assert renew("R1").outcome == "credited"
    terms(offer, "none")
    assert renew("R2").outcome == "excluded"


def test_a_renewal_that_waited_is_decided_by_what_is_known_then(offer: Any, clock: time_machine.Traveller) -> None:
    begin()
    offer.is_active = False
    offer.save()
    clock.shift(60 * DAY)
    waiting, stopped = renew("R1"), renew("R2")
    offer.is_active = True
    terms(offer, "first", 1)
    assert recording.decide_again(waiting)
    assert not recording.decide_again(stopped)
    stopped.refresh_from_db()
    assert (stopped.outcome, stopped.offer) == ("excluded", offer)


def test_a_renewal_that_waited_knows_that_the_subscription_has_stopped(offer: Any) -> None:
    begin()
    offer.is_active = False
    offer.save()
    waiting = renew("R1")
    subscription_cancelled.send(sender=None, subscription_id="S1")
    offer.is_active = True
    offer.save()
    assert not recording.decide_again(waiting)
