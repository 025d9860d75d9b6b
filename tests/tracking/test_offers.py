"""Offers: the pasted URL is checked and made safe, one is the default, and which one a click means."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from tests.factories import GLOBAL_URL, PARTNER_URL, OfferFactory
from tracking.models import Offer

pytestmark = pytest.mark.django_db

TOKEN = "0123456789abcdef0123456789abcdef"
BASE = "https://get.aspr.app/aff_lsr?offer_id=12345"


def checked(**values: Any) -> Offer:
    """An offer as it is after the checks of the admin form and of `set_offer`."""
    offer = Offer(**{"offer_id": "12345", "postback_url": PARTNER_URL, **values})
    offer.full_clean()
    return offer


def complaint(**values: Any) -> dict[str, list[str]]:
    with pytest.raises(ValidationError) as told:
        checked(**values)
    return told.value.message_dict


@pytest.mark.parametrize(
    "url",
    [
        PARTNER_URL,
        f"  {PARTNER_URL}\n",
        "https://get.aspr.app/SL2?offer_id=12345&aff_id=AFFILIATE_ID&amount=AMOUNT&adv_unique1=ORDER_ID",
        "https://aspireiq.go2cloud.org/aff_lsr?offer_id=12345&aff_id={affiliate_id}&amount={amount}&adv_unique1={order_id}",
        "https://x.go2cloud.org/SL2?aff_id=%7Baffiliate_id%7D&amount=%7BAMOUNT%7D&adv_unique1=ORDER_ID",
    ],
)
def test_a_url_is_taken_as_aspire_shows_it(url: str) -> None:
    assert checked(postback_url=url).postback_url == url.strip()


@pytest.mark.parametrize(
    ("url", "culprit"),
    [
        (f"{BASE}&amount=AMOUNT&adv_unique1=ORDER_ID", "AFFILIATE_ID is missing"),
        (f"{BASE}&aff_id=AFFILIATE_ID&adv_unique1=ORDER_ID", "AMOUNT is missing"),
        (f"{BASE}&aff_id=AFFILIATE_ID&amount=AMOUNT", "ORDER_ID is missing"),
        (f"{PARTNER_URL}&adv_sub=PROMO_CODE", "adv_sub=PROMO_CODE"),
        (f"{PARTNER_URL}&x={{unknown}}", "{unknown}"),
        (PARTNER_URL.replace("https://", "http://"), "https://"),
        (PARTNER_URL.replace("get.aspr.app", "evil.test"), "evil.test"),
        (PARTNER_URL.replace("get.aspr.app", "get.aspr.app.evil.test"), "get.aspr.app.evil.test"),
        (PARTNER_URL.replace("get.aspr.app", "user@get.aspr.app"), "user name"),
        (PARTNER_URL.replace("offer_id=12345", "offer_id=999"), "offer_id=999"),
        (PARTNER_URL.replace("&", "&amp;"), "&amp;"),
        ("not a url", "blank"),
        ("aff_lsr", "aff_lsr"),
    ],
)
def test_a_url_that_cannot_work_is_refused_with_the_culprit(url: str, culprit: str) -> None:
    told = complaint(postback_url=url)
    assert list(told) == ["postback_url"]
    assert culprit in told["postback_url"][0]


def test_the_protocol_transaction_id_needs_its_own_macro() -> None:
    told = complaint(protocol="transaction-id")
    assert "TRANSACTION_ID is missing" in told["postback_url"][0]


def test_the_global_postback_without_an_offer_id_serves_the_protocol_transaction_id() -> None:
    url = "https://get.aspr.app/aff_lsr?transaction_id=TRANSACTION_ID&amount=AMOUNT&adv_unique1=ORDER_ID"
    assert checked(postback_url=url, protocol="transaction-id").postback_url == url


def test_a_lead_needs_no_amount() -> None:
    assert checked(kind="lead", postback_url=f"{BASE}&aff_id=AFFILIATE_ID&adv_unique1=ORDER_ID")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("offer_id", "12 345"),
        ("offer_id", "12345\n"),
        ("offer_id", ""),
        ("currency", "usd"),
        ("currency", ""),
        ("window_days", 0),
        ("window_days", 3651),
        ("protocol", "carrier pigeon"),
        ("kind", "install"),
        ("amount_basis", "gross"),
    ],
)
def test_a_value_that_cannot_be_is_refused_by_name(name: str, value: object) -> None:
    assert name in complaint(**{name: value})


# The security token -----------------------------------------------------------------------------------------


def test_a_pasted_token_is_taken_out_of_the_url() -> None:
    offer = checked(postback_url=f"{PARTNER_URL}&security_token={TOKEN}")
    assert offer.postback_url == f"{PARTNER_URL}&security_token=SECURITY_TOKEN"
    assert offer.pasted_security_token == TOKEN


def test_checking_again_keeps_the_token() -> None:
    offer = checked(postback_url=f"{PARTNER_URL}&security_token={TOKEN}")
    offer.full_clean()
    assert offer.pasted_security_token == TOKEN


def test_a_new_token_takes_the_place_of_the_old() -> None:
    offer = checked(postback_url=f"{PARTNER_URL}&security_token={TOKEN}")
    offer.postback_url = f"{PARTNER_URL}&security_token=another"
    offer.full_clean()
    assert offer.pasted_security_token == "another"


def test_the_tokens_macro_is_no_token() -> None:
    offer = checked(postback_url=f"{PARTNER_URL}&security_token=SECURITY_TOKEN")
    assert offer.pasted_security_token == ""


# The default ------------------------------------------------------------------------------------------------


def test_a_new_default_takes_the_place_of_the_old() -> None:
    old, new = OfferFactory(offer_id="1"), OfferFactory(offer_id="2")
    old.refresh_from_db()
    assert (old.is_default, new.is_default) == (False, True)


def test_saving_another_offer_leaves_the_default() -> None:
    default = OfferFactory(offer_id="1")
    OfferFactory(offer_id="2", is_default=False)
    default.refresh_from_db()
    assert default.is_default


# Which one a click means ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("named", "found"),
    [("1", "1"), ("2", "2"), ("", "1"), ("3", None), ("999", None), ("0", None), ("01", None)],
)
def test_a_click_means_the_active_offer_it_names_or_else_the_default(named: str, found: str | None) -> None:
    OfferFactory(offer_id="1")
    OfferFactory(offer_id="2", is_default=False)
    OfferFactory(offer_id="3", is_default=False, is_active=False)
    offer = Offer.objects.named_or_default(named)
    assert (offer.offer_id if offer else None) == found


def test_a_paused_default_is_none() -> None:
    OfferFactory(is_active=False)
    assert Offer.objects.named_or_default("") is None


def global_offer(**values: Any) -> Offer:
    made = {"offer_id": "global", "postback_url": GLOBAL_URL, "protocol": "transaction-id", "is_default": False}
    offer: Offer = OfferFactory(**{**made, "is_global": True, **values})
    return offer


@pytest.mark.parametrize(
    ("named", "found"),
    [("1", "1"), ("", "1"), ("999", "global"), ("paused", None), ("global", "global")],
)
def test_the_global_offer_serves_every_click_whose_offer_is_not_set_up(named: str, found: str | None) -> None:
    OfferFactory(offer_id="1")
    OfferFactory(offer_id="paused", is_default=False, is_active=False)
    global_offer()
    offer = Offer.objects.named_or_default(named)
    assert (offer.offer_id if offer else None) == found


def test_the_global_offer_stands_in_for_a_default_that_is_lacking_or_paused() -> None:
    global_offer()
    assert str(Offer.objects.named_or_default("")) == "Autumn (global)"
    OfferFactory(offer_id="1", is_active=False)
    assert str(Offer.objects.named_or_default("")) == "Autumn (global)"


def test_a_paused_global_offer_serves_nobody() -> None:
    global_offer(is_active=False)
    assert Offer.objects.named_or_default("999") is None


def test_finding_the_offer_of_a_click_costs_one_query(django_assert_num_queries: Any) -> None:
    global_offer()
    with django_assert_num_queries(1):
        Offer.objects.meant_by("999")


NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({}, ""),
        ({"is_active": False}, "is paused"),
        ({"ends_at": NOW + timedelta(seconds=1)}, ""),
        ({"ends_at": NOW}, "ended on 2026-03-01 12:00 UTC"),
        ({"ends_at": NOW - timedelta(days=1), "is_active": False}, "is paused"),
    ],
)
def test_an_offer_says_why_it_takes_no_orders(values: dict[str, Any], why: str) -> None:
    assert Offer(**values).closed_at(NOW) == why


@pytest.mark.parametrize(
    "values",
    [
        {"is_global": True, "protocol": "partner-id"},
        {"renewals": "first", "renewals_limit": None},
        {"renewals": "months", "renewals_limit": 0},
        {"renewals": "forever", "renewals_limit": 3},
        {"renewals": "sometimes"},
    ],
)
def test_the_database_itself_refuses_an_offer_that_contradicts_itself(values: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        OfferFactory(**values)


@pytest.mark.parametrize(("name", "text"), [("Autumn", "Autumn (12345)"), ("", "Offer 12345")])
def test_an_offer_is_called_by_its_name_and_id(name: str, text: str) -> None:
    assert str(Offer(offer_id="12345", name=name)) == text
