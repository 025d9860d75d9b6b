"""The receipt as people read it: from the order's amounts to the number that was sent."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories import ConversionFactory, OfferFactory, PostbackFactory
from tracking.models import Postback
from tracking.reports.receipt import receipt_facts, receipt_lines
from tracking.reports.wording import money

pytestmark = pytest.mark.django_db

EURO_RECEIPT = {
    "currency": "EUR",
    "items_total": Decimal("49.99"),
    "shipping": Decimal(5),
    "amount_basis": "items",
    "base_amount": Decimal("49.99"),
    "offer_currency": "USD",
    "rate": Decimal("1.0823000000"),
    "rate_date": date(2026, 11, 20),
    "rate_source": "European Central Bank",
    "reported_amount": Decimal("54.10"),
}


def owed(**values: Any) -> Postback:
    offer = OfferFactory(**values.pop("offer", {}))
    amount = values.pop("amount", Decimal("54.10"))
    return PostbackFactory(conversion=ConversionFactory(offer=offer, **values), offer=offer, amount=amount)


def lines_of(postback: Postback) -> list[tuple[str, str, str]]:
    return [(line.label, line.figure, line.remark) for line in receipt_lines(postback.conversion, postback)]


def sentence_of(postback: Postback) -> str:
    return receipt_facts(postback.conversion, postback)[-1].text


def test_each_step_from_the_order_to_the_number_is_a_line() -> None:
    assert lines_of(owed(**EURO_RECEIPT)) == [
        ("Goods", "49.99 EUR", "after discounts"),
        ("Shipping", "5.00 EUR", ""),
        ("Total", "54.99 EUR", ""),
        ("Counted", "49.99 EUR", "Goods after discounts, without tax and shipping"),
        ("Rate", "1.0823 USD for 1 EUR", "of 2026-11-20, European Central Bank"),
        ("Exactly", "54.104177 USD", "rounded once, half up"),
        ("Reported", "54.10 USD", ""),
    ]


def test_the_whole_of_it_is_a_sentence() -> None:
    assert sentence_of(owed(**EURO_RECEIPT)) == (
        "49.99 EUR count (goods after discounts, without tax and shipping), which at 1.0823 USD for 1 EUR (of "
        "2026-11-20, European Central Bank) are 54.104177 USD, rounded half up to 54.10 USD."
    )


def test_what_refunds_left_has_its_line() -> None:
    postback = owed(**EURO_RECEIPT, items_left=Decimal(30), amount=Decimal("32.47"))
    postback.amount_left = Decimal("32.47")
    assert lines_of(postback)[-3:] == [
        ("Whole order", "54.10 USD", ""),
        ("Left", "30.00 EUR", "of what counts, after refunds"),
        ("Reported", "32.47 USD", ""),
    ]
    assert sentence_of(postback).endswith("54.10 USD. Refunds left 30.00 EUR of it, or 32.47 USD.")


def test_in_one_currency_nothing_is_converted() -> None:
    same = {"amount_basis": "items", "base_amount": Decimal("49.99"), "offer_currency": "USD", "rate": Decimal(1)}
    postback = owed(**same, reported_amount=Decimal("49.99"), amount=Decimal("49.99"))
    assert [label for label, _, _ in lines_of(postback)] == ["Goods", "Counted", "Reported"]
    assert sentence_of(postback) == "49.99 USD count (goods after discounts, without tax and shipping)."


def test_an_amount_that_waits_says_so() -> None:
    postback = owed(**{**EURO_RECEIPT, "rate": None, "reported_amount": None}, amount=None)
    assert lines_of(postback)[-1] == ("Reported", "nothing yet", "")
    assert sentence_of(postback).endswith("what is sent is not known yet.")


def test_a_lead_has_no_steps() -> None:
    postback = owed(offer={"kind": "lead"}, amount=None)
    assert [label for label, _, _ in lines_of(postback)] == ["Goods", "Reported"]


def test_what_was_booked_in_a_currency_stays_in_it_whatever_the_offer_says_now() -> None:
    assert lines_of(owed(**EURO_RECEIPT, offer={"currency": "GBP"}))[-1][1] == "54.10 USD"


@pytest.mark.parametrize(
    ("amount", "currency", "expected"),
    [
        ("1500", "JPY", "1500 JPY"),
        ("1500.0000", "JPY", "1500 JPY"),
        ("12.5", "KWD", "12.500 KWD"),
        ("49.99", "USD", "49.99 USD"),
        ("49.995", "USD", "49.995 USD"),
        ("1E+3", "USD", "1000.00 USD"),
    ],
)
def test_money_is_written_with_the_decimals_that_it_has(amount: str, currency: str, expected: str) -> None:
    assert money(Decimal(amount), currency) == expected


def test_the_admin_shows_it_as_a_table(admin_client: Client) -> None:
    postback = owed(**EURO_RECEIPT)
    for model, pk in (("postback", postback.pk), ("conversion", postback.conversion_id)):
        page = admin_client.get(reverse(f"admin:tracking_{model}_change", args=[pk])).content.decode()
        assert '<td class="tracking-amount">54.104177 USD</td>' in page
        assert "of 2026-11-20, European Central Bank" in page
