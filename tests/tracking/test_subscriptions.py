"""Subscriptions: a renewal earns for the affiliate that won the first order, by the offer's terms, until it stops."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.http import HttpRequest

from tests.factories import OfferFactory, completed_order, visit_from
from tracking.attribution import remember
from tracking.capture.serving import served_request
from tracking.conversions import recording
from tracking.models import Conversion, Postback, StoppedSubscription
from tracking.signals import order_cancelled, order_completed, order_refunded, subscription_cancelled

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture(autouse=True)
def offer() -> Any:
    return OfferFactory()


def complete(request: HttpRequest | None = None, **values: Any) -> Conversion:
    order = completed_order(**values)
    order_completed.send(sender=None, order=order, request=request)
    return Conversion.objects.get(order_id=order.order_id)


def result(conversion: Conversion) -> tuple[str, str, str]:
    return conversion.outcome, conversion.affiliate_id, conversion.source


def begin(affiliate_id: str = "4", **values: Any) -> Conversion:
    """The first order of the subscription S1, that an affiliate won."""
    return complete(visit_from(affiliate_id), subscription_id="S1", **values)


def renew(order_id: str = "1002", request: HttpRequest | None = None, **values: Any) -> Conversion:
    return complete(request, order_id=order_id, subscription_id="S1", is_renewal=True, **values)


def test_a_subscription_is_earned_for_life(clock: time_machine.Traveller) -> None:
    begin()
    clock.shift(400 * DAY)
    assert result(renew()) == ("credited", "4", "subscription")


def test_a_renewal_remembered_without_a_click_is_still_the_subscriptions() -> None:
    begin()
    remember(HttpRequest(), "1002")
    assert result(renew()) == ("credited", "4", "subscription")


def test_a_renewal_of_a_subscription_that_nobody_knows_is_organic() -> None:
    assert renew().outcome == "organic"


def test_a_renewal_without_a_subscriptions_name_is_organic() -> None:
    complete(visit_from("4"))
    assert complete(order_id="1002", is_renewal=True).outcome == "organic"


def test_only_a_renewal_asks_the_subscription() -> None:
    begin()
    assert complete(order_id="1002", subscription_id="S1").outcome == "organic"


def test_another_subscription_is_another_affiliates() -> None:
    complete(visit_from("4"), subscription_id="S2")
    assert renew().outcome == "organic"


def test_an_organic_subscription_stays_organic() -> None:
    complete(subscription_id="S1")
    assert renew().outcome == "organic"


def test_a_subscription_won_after_the_window_is_not_credited_later() -> None:
    complete(visit_from("4", clicked_at=NOW - 29 * DAY), subscription_id="S1")
    assert result(renew()) == ("expired", "", "subscription")


def test_a_free_trial_wins_the_subscription_for_its_affiliate() -> None:
    first = complete(visit_from("4"), subscription_id="S1", items_total=Decimal(0))
    assert first.outcome == "excluded"
    assert result(renew()) == ("credited", "4", "subscription")


def test_a_renewal_goes_to_the_offer_that_won_the_subscription(offer: Any) -> None:
    begin()
    OfferFactory(offer_id="222")  # takes over as the default
    assert renew().offer == offer


def test_a_renewal_waits_while_the_offer_that_won_it_is_paused(offer: Any) -> None:
    begin()
    offer.is_active = offer.is_default = False
    offer.save()
    OfferFactory(offer_id="222")  # another default, which the affiliate need not be in
    assert result(renew()) == ("unknown_offer", "4", "subscription")


def test_a_renewal_of_a_paused_offer_that_the_click_named_waits_for_it(offer: Any) -> None:
    complete(visit_from("4", offer_id="12345"), subscription_id="S1")
    offer.is_active = False
    offer.save()
    assert result(renew()) == ("unknown_offer", "4", "subscription")


def test_a_test_does_not_win_a_subscription() -> None:
    begin()
    Conversion.objects.update(is_test=True)
    assert renew().outcome == "organic"


def test_a_renewal_without_an_amount_is_excluded() -> None:
    begin()
    assert result(renew(items_total=Decimal(0))) == ("excluded", "4", "subscription")


# Nobody steals a renewal ------------------------------------------------------------------------------------


def test_a_new_click_of_the_customer_does_not_take_a_renewal() -> None:
    begin()
    remember(visit_from("5"), "1002")
    assert result(renew(request=visit_from("6"))) == ("credited", "4", "subscription")


def test_a_new_click_does_not_take_the_renewal_of_what_nobody_won() -> None:
    complete(subscription_id="S1")
    remember(visit_from("5"), "1002")
    assert result(renew(request=visit_from("6"))) == ("organic", "", "subscription")


def test_whoever_sets_a_renewal_off_lends_it_no_click() -> None:
    """Staff in the admin have clicks of their own; so has whoever's visit runs the shop's jobs."""
    token = served_request.set(visit_from("staff"))
    unknown = renew(request=visit_from("staff"))
    served_request.reset(token)
    assert result(unknown) == ("organic", "", "")


def test_a_renewal_of_a_subscription_from_before_has_what_was_remembered_for_it() -> None:
    remember(visit_from("5"), "1002")
    assert result(renew()) == ("credited", "5", "remembered")


def test_a_renewal_needs_no_cookie_and_has_its_own_order_id(clock: time_machine.Traveller) -> None:
    begin()
    for month in range(1, 14):
        clock.shift(30 * DAY)
        assert result(renew(f"R{month}")) == ("credited", "4", "subscription")
    assert Postback.objects.count() == 14


def test_a_renewal_resends_the_transaction_id_where_the_protocol_wants_it(offer: Any) -> None:
    offer.protocol = "transaction-id"
    offer.save()
    complete(visit_from("", transaction_id="abc"), subscription_id="S1")
    assert renew().transaction_id == "abc"


# Which renewals earn ----------------------------------------------------------------------------------------


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


# Stopping ---------------------------------------------------------------------------------------------------


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


# Decided again ----------------------------------------------------------------------------------------------


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
