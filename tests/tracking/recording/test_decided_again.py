"""A decision that could not be made, or waits, is made again later."""

from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine

from tests.factories import OfferFactory, visit_from
from tests.tracking.recording.steps import NOW, complete
from tracking.attribution import remember
from tracking.conversions import recording
from tracking.models import Offer, Postback

pytestmark = pytest.mark.django_db


def test_an_order_whose_offer_was_unknown_is_credited_once_it_is_set_up() -> None:
    conversion = complete(visit_from("77", offer_id="999"))
    assert not recording.decide_again(conversion)
    offer = OfferFactory(offer_id="999")
    assert recording.decide_again(conversion)
    conversion.refresh_from_db()
    assert (conversion.outcome, conversion.offer) == ("credited", offer)
    assert Postback.objects.get().amount == Decimal("49.99")


def test_deciding_again_owes_one_postback() -> None:
    conversion = complete(visit_from("77"))
    OfferFactory()
    assert recording.decide_again(conversion)
    assert not recording.decide_again(conversion)
    assert Postback.objects.count() == 1


def test_deciding_again_judges_the_window_when_the_order_was_placed(clock: time_machine.Traveller) -> None:
    remember(visit_from("77", clicked_at=NOW - timedelta(days=27)), "1001")
    clock.shift(timedelta(days=14))
    conversion = complete()
    assert conversion.outcome == "unknown_offer"
    OfferFactory()
    clock.shift(timedelta(days=14))
    assert recording.decide_again(conversion)


def test_deciding_again_on_a_renewal_knows_no_window(offer: Offer, clock: time_machine.Traveller) -> None:
    complete(visit_from("77", offer_id="12345"), subscription_id="S1")
    offer.is_active = False
    offer.save()
    clock.shift(timedelta(days=60))
    renewal = complete(order_id="1002", subscription_id="S1", is_renewal=True)
    assert renewal.outcome == "unknown_offer"
    offer.is_active = True
    offer.save()
    assert recording.decide_again(renewal)


def test_deciding_again_can_come_to_another_no() -> None:
    conversion = complete(visit_from("77"), items_total=Decimal(0))
    OfferFactory()
    assert not recording.decide_again(conversion)
    conversion.refresh_from_db()
    assert conversion.outcome == "excluded"
