"""Setting an offer up: what to enter in Aspire, the checklist, and what both cost."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from tests.factories import GLOBAL_URL, ConversionFactory, OfferFactory, PostbackFactory
from tracking.models import LandingCount, Offer, Postback
from tracking.reports import setup

SHOP = "https://shop.example/"


# What to enter in Aspire ------------------------------------------------------------------------------------


def test_the_offer_url_carries_the_names_that_the_shop_reads(settings: Any) -> None:
    assert setup.offer_url(SHOP, "partner-id") == f"{SHOP}?affiliate_id={{affiliate_id}}&offer_id={{offer_id}}"
    settings.TRACKING_AFFILIATE_ID_PARAM, settings.TRACKING_OFFER_ID_PARAM = "ref", "o"
    assert setup.offer_url(SHOP, "partner-id") == f"{SHOP}?ref={{affiliate_id}}&o={{offer_id}}"


def test_the_offer_url_carries_the_transaction_where_the_protocol_needs_it(settings: Any) -> None:
    settings.TRACKING_TRANSACTION_ID_PARAM = "tid"
    assert setup.offer_url(SHOP, "transaction-id").endswith("&tid={transaction_id}")


def test_the_test_link_is_aspires_own() -> None:
    expected = "http://aspireiq.go2cloud.org/aff_c?offer_id=12345&aff_id=1&source=testoffer&aff_sub=testoffer"
    assert setup.test_link(OfferFactory.build()) == expected


def test_the_test_link_of_a_sandboxs_offer_leads_to_the_sandbox() -> None:
    offer = OfferFactory.build(postback_url="http://127.0.0.1:9000/aff_lsr?aff_id=AFFILIATE_ID")
    assert setup.test_link(offer).startswith("http://127.0.0.1:9000/aff_c?offer_id=12345&aff_id=1")


def test_a_global_offer_has_no_test_link() -> None:
    assert setup.test_link(OfferFactory.build(is_global=True)) == ""


# The checklist ----------------------------------------------------------------------------------------------

pytest_db = pytest.mark.django_db


def done(offer: Offer) -> list[bool]:
    return [step.is_done for step in setup.checklist(offer, now=timezone.now())]


def text(offer: Offer, place: int) -> str:
    return setup.checklist(offer, now=timezone.now())[place].text


def try_out(offer: Offer, status: str) -> Postback:
    conversion = ConversionFactory.create(offer=offer, is_test=True)
    return PostbackFactory.create(conversion=conversion, offer=offer, status=status, is_test=True)


def landings(finding: str, number: int, *, days_ago: int = 0) -> None:
    day = timezone.now().date() - timedelta(days=days_ago)
    LandingCount.objects.create(day=day, finding=finding, parameter="", count=number)


@pytest_db
def test_a_new_offer_is_set_up_and_nothing_more() -> None:
    offer = OfferFactory.create()
    assert done(offer) == [True, False, False, False, False]


@pytest_db
def test_each_step_turns_green_as_it_comes_about() -> None:
    offer = OfferFactory.create()
    try_out(offer, "accepted")
    assert done(offer) == [True, True, False, False, False]
    landings("any", 1)
    assert done(offer) == [True, True, True, False, False]
    order = PostbackFactory.create(conversion=ConversionFactory.create(offer=offer), offer=offer)
    assert done(offer) == [True, True, True, True, False]
    Postback.objects.filter(pk=order.pk).update(status="accepted")
    assert done(offer) == [True] * 5


@pytest_db
@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"postback_url": "nonsense here"}, "blank"),
        ({"is_active": False}, "It is paused, so it takes no orders."),
        ({"postback_url": "https://evil.example/?a=AFFILIATE_ID"}, "The host evil.example"),
    ],
)
def test_an_offer_that_cannot_work_says_why(values: dict[str, Any], why: str) -> None:
    offer = OfferFactory.create(**values)
    assert not done(offer)[0]
    assert why in text(offer, 0)


@pytest_db
def test_the_last_test_counts() -> None:
    offer = OfferFactory.create()
    try_out(offer, "accepted")
    try_out(offer, "rejected")
    assert not done(offer)[1]
    assert "rejected" in text(offer, 1)


@pytest_db
def test_landings_without_an_id_are_none() -> None:
    offer = OfferFactory.create()
    landings("any", 2)
    landings("unreplaced_macro", 2)
    assert not done(offer)[2]
    assert "compare the Offer URL" in text(offer, 2)


@pytest_db
def test_landings_from_before_the_offer_do_not_count() -> None:
    offer = OfferFactory.create()
    landings("any", 2, days_ago=1)
    assert not done(offer)[2]


@pytest_db
def test_orders_and_tests_of_others_do_not_count() -> None:
    offer = OfferFactory.create()
    other = OfferFactory.create(offer_id="777", is_default=False)
    try_out(other, "accepted")
    PostbackFactory.create(conversion=ConversionFactory.create(offer=other), offer=other, status="accepted")
    assert done(offer) == [True, False, False, False, False]


@pytest_db
def test_a_first_sale_that_was_refused_leads_on() -> None:
    offer = OfferFactory.create()
    PostbackFactory.create(conversion=ConversionFactory.create(offer=offer), offer=offer, status="rejected")
    assert "What needs me" in text(offer, 4)


@pytest_db
def test_the_checklist_costs_five_queries(django_assert_max_num_queries: Any) -> None:
    offer = OfferFactory.create(postback_url=GLOBAL_URL, protocol="transaction-id")
    with django_assert_max_num_queries(5):
        setup.checklist(offer, now=timezone.now())
