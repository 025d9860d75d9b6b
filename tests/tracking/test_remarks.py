"""Remarks on a postback URL that passes every check."""

import pytest

from tests.factories import GLOBAL_URL, PARTNER_URL
from tracking.postbacks.remarks import offer_id_in, remarks_on, wants_transaction_id
from tracking.postbacks.template import parse


def remarks(url: str, currency: str = "USD") -> tuple[str, ...]:
    return remarks_on(parse(url), currency=currency)


@pytest.mark.parametrize("url", [PARTNER_URL, GLOBAL_URL, f"{PARTNER_URL}&security_token=SECURITY_TOKEN&goal_id=3"])
def test_what_aspire_shows_needs_no_remark(url: str) -> None:
    assert remarks(url) == ()


@pytest.mark.parametrize(
    ("url", "remark"),
    [
        (PARTNER_URL.replace("adv_unique1", "adv_sub"), "The order number goes into “adv_sub”."),
        (f"{PARTNER_URL}&payout=9", "“payout” overrides"),
        (f"{PARTNER_URL}&currency=EUR", "“currency” is no parameter"),
        (f"{PARTNER_URL}&conversion_unique_id=ORDER_ID", "keeps repeats out only where"),
        (f"{PARTNER_URL}&colour=red", "no parameter “colour”"),
        (f"{GLOBAL_URL}&aff_id=77", "“aff_id” is always 77"),
        (PARTNER_URL.replace("https://get.aspr.app", "http://127.0.0.1:9000"), "Nothing reaches Aspire."),
    ],
)
def test_what_may_not_be_meant_is_remarked_upon(url: str, remark: str) -> None:
    [said] = remarks(url)
    assert remark in said


def test_another_currency_than_aspires_is_remarked_upon() -> None:
    [said] = remarks(PARTNER_URL, "EUR")
    assert "49.99 EUR would be booked as 49.99 USD" in said


def test_the_url_says_whose_it_is() -> None:
    assert offer_id_in(parse(PARTNER_URL)) == "12345"
    assert offer_id_in(parse(GLOBAL_URL)) == ""
    assert offer_id_in(parse(f"{GLOBAL_URL}&offer_id=OFFER_ID")) == ""


@pytest.mark.parametrize(
    ("url", "is_by_transaction"),
    [(PARTNER_URL, False), (GLOBAL_URL, True), (f"{PARTNER_URL}&transaction_id=TRANSACTION_ID", None)],
)
def test_the_url_says_of_which_protocol_it_is(url: str, is_by_transaction: bool | None) -> None:
    assert wants_transaction_id(parse(url)) is is_by_transaction
