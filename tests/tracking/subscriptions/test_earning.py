"""A renewal earns for the affiliate that won the first order, whoever sets it off and whoever clicked since."""

from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.http import HttpRequest

from tests.factories import OfferFactory, visit_from
from tests.tracking.subscriptions.steps import DAY, NOW, begin, complete, renew, result
from tracking.attribution import remember
from tracking.capture.serving import served_request
from tracking.models import Conversion, Postback

pytestmark = pytest.mark.django_db


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
