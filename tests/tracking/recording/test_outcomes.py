"""A completed order becomes a conversion with a reason and, if credited, an owed postback."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine

from tests.factories import GLOBAL_URL, OfferFactory, visit_from
from tests.tracking.recording.steps import NOW, complete
from tracking.attribution import remember
from tracking.conversions import recording
from tracking.models import Conversion, Offer, Postback
from tracking.postbacks.worker import Drain

pytestmark = pytest.mark.django_db


def test_a_credited_order_owes_a_postback_that_is_due(offer: Offer, clock: time_machine.Traveller) -> None:
    conversion = complete(visit_from("77", transaction_id="abc"))
    assert (conversion.outcome, conversion.affiliate_id, conversion.transaction_id) == ("credited", "77", "abc")
    assert conversion.reason == "Clicked 1 hour before the order, for Autumn (12345)."
    postback = Postback.objects.get()
    assert (postback.conversion, postback.offer, postback.status) == (conversion, offer, "pending")
    assert (postback.amount, postback.due_at, postback.detail) == (Decimal("49.99"), NOW, "")


def test_everything_that_the_shop_said_is_kept(offer: Offer, clock: time_machine.Traveller) -> None:
    values: dict[str, Any] = {
        "currency": "USD",
        "items_total": Decimal("49.9912"),
        "shipping": Decimal("5.00"),
        "tax": Decimal("4.12"),
        "discount": Decimal("1.5"),
        "customer_id": "42",
        "subscription_id": "S1",
        "is_renewal": True,
        "completed_at": NOW - timedelta(minutes=3),
    }
    complete(visit_from("77"), **values)
    conversion = Conversion.objects.get()
    assert {name: getattr(conversion, name) for name in values} == values
    assert conversion.recorded_at == NOW


@pytest.mark.parametrize(
    ("offer_values", "request_", "order", "outcome", "reason"),
    [
        ({}, None, {}, "organic", "No affiliate's click was found for this order."),
        (None, "77", {}, "unknown_offer", "The click names no offer, and no offer is the default."),
        (
            {"is_active": False},
            "77",
            {},
            "unknown_offer",
            "The click names no offer, and the one that stands in, Autumn (12345), is paused.",
        ),
        (
            {"protocol": "transaction-id"},
            "77",
            {},
            "excluded",
            "The click carries no transaction id, which Autumn (12345) needs for its protocol.",
        ),
        (
            {},
            "77",
            {"items_total": Decimal(0)},
            "excluded",
            "The amount is 0.00: a sale without a positive amount is not reported.",
        ),
        (
            {},
            "77",
            {"items_total": Decimal("0.004")},
            "excluded",
            "The amount is 0.00: a sale without a positive amount is not reported.",
        ),
        (
            {},
            "77",
            {"items_total": Decimal(-5)},
            "excluded",
            "The amount is -5.00: a sale without a positive amount is not reported.",
        ),
        (
            {"amount_basis": "total"},
            "77",
            {"items_total": Decimal(5), "discount": Decimal(5), "shipping": Decimal(-5)},
            "excluded",
            "The amount is 0.00: a sale without a positive amount is not reported.",
        ),
    ],
)
def test_an_order_that_is_not_credited_says_why_and_owes_nothing(
    offer_values: dict[str, Any] | None, request_: str | None, order: dict[str, Any], outcome: str, reason: str
) -> None:
    if offer_values is not None:
        OfferFactory(**offer_values)
    conversion = complete(visit_from(request_) if request_ else None, **order)
    assert (conversion.outcome, conversion.reason) == (outcome, reason)
    assert not Postback.objects.exists()


def test_an_expired_click_says_so(offer: Offer, clock: time_machine.Traveller) -> None:
    conversion = complete(visit_from("77", clicked_at=NOW - timedelta(days=28, hours=3)))
    assert conversion.outcome == "expired"
    assert conversion.reason == "Clicked 28 days 3 h before the order, past the window of Autumn (12345): 28 days."
    assert conversion.offer == offer


@pytest.mark.parametrize("is_remembered", [True, False])
@pytest.mark.parametrize(("named", "meant"), [("", "12345"), ("12345", "12345"), ("777", "777"), ("999", "global")])
def test_a_click_means_the_offer_that_it_names_else_the_default_or_the_global_one(
    *, offer: Offer, named: str, meant: str, is_remembered: bool
) -> None:
    OfferFactory(offer_id="777", is_default=False)
    OfferFactory(offer_id="888", is_default=False)
    OfferFactory(
        offer_id="global", postback_url=GLOBAL_URL, protocol="transaction-id", is_global=True, is_default=False
    )
    visit = visit_from("77", offer_id=named, transaction_id="abc")
    if is_remembered:
        remember(visit, "1001")
    conversion = complete(None if is_remembered else visit)
    assert conversion.outcome == "credited"
    assert conversion.offer is not None
    assert conversion.offer.offer_id == meant


def test_an_offer_paused_since_the_order_was_placed_takes_no_orders(offer: Offer) -> None:
    remember(visit_from("77"), "1001")
    Offer.objects.filter(pk=offer.pk).update(is_active=False)
    assert complete().outcome == "unknown_offer"


def test_an_offer_that_the_click_names_and_nobody_set_up_is_named(offer: Offer) -> None:
    conversion = complete(visit_from("77", offer_id="999"))
    assert conversion.reason == "The click names the offer 999, which is not set up here."
    assert conversion.click_offer_id == "999"


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"is_active": False}, "The click names the offer Autumn (12345), which is paused."),
        (
            {"ends_at": NOW - timedelta(hours=1)},
            "The click names the offer Autumn (12345), which ended on 2026-03-01 11:00 UTC.",
        ),
    ],
)
def test_an_order_for_an_offer_that_takes_none_waits_and_is_credited_once_it_does(
    clock: time_machine.Traveller, values: dict[str, Any], reason: str
) -> None:
    offer = OfferFactory(**values)
    conversion = complete(visit_from("77", offer_id="12345"))
    assert (conversion.outcome, conversion.reason) == ("unknown_offer", reason)
    assert not recording.decide_again(conversion)
    Offer.objects.filter(pk=offer.pk).update(is_active=True, ends_at=None)
    assert recording.decide_again(conversion)


def test_an_order_placed_before_the_offer_ended_earns_when_it_is_paid(clock: time_machine.Traveller) -> None:
    OfferFactory(ends_at=NOW + timedelta(hours=1))
    remember(visit_from("77"), "1001")
    clock.shift(timedelta(days=3))
    assert complete().outcome == "credited"


@pytest.mark.django_db(transaction=True)
def test_the_global_postback_reports_the_orders_of_every_offer(network: Any) -> None:
    url = network.postback_url.replace("offer_id=12345&aff_id=AFFILIATE_ID", "transaction_id=TRANSACTION_ID")
    OfferFactory(offer_id="global", postback_url=url, protocol="transaction-id", is_global=True, is_default=False)
    for number, offer_id in enumerate(("12345", "999", "")):
        request = visit_from("77", offer_id=offer_id, transaction_id=f"tx{number}")
        assert complete(request, order_id=f"100{number}").outcome == "credited"
    Drain().run()
    sent = sorted((query["transaction_id"], "offer_id" in query) for query in network.received)
    assert sent == [("tx0", False), ("tx1", False), ("tx2", False)]


def test_a_click_without_a_transaction_id_is_not_reported_by_the_global_postback() -> None:
    OfferFactory(offer_id="global", postback_url=GLOBAL_URL, protocol="transaction-id", is_global=True)
    conversion = complete(visit_from("77", offer_id="12345"))
    assert conversion.reason == "The click carries no transaction id, which Autumn (global) needs for its protocol."
