"""The decision on an order, as a table. No database."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from tracking.capture.clicks import Click
from tracking.conversions.decision import Decision, Terms, decide

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def click(*, age: timedelta = timedelta(hours=2), **values: str) -> Click:
    return Click(**{"affiliate_id": "77", "clicked_at": NOW - age, **values})


def terms(**values: object) -> Terms:
    defaults = {"name": "Autumn (12345)", "protocol": "partner-id", "kind": "sale", "window": timedelta(days=28)}
    return Terms(**{**defaults, **values})


def decided(click: Click | None, terms: Terms | None, amount: str = "49.99", **values: bool) -> Decision:
    return decide(click, terms, amount=Decimal(amount), moment=NOW, **values)


def test_a_click_within_its_window_earns_the_order() -> None:
    assert decided(click(), terms()) == Decision("credited", "Clicked 2 hours before the order, for Autumn (12345).")


def test_an_order_without_a_click_is_organic() -> None:
    assert decided(None, None) == Decision("organic", "No affiliate's click was found for this order.")


def test_an_order_without_a_click_is_organic_whatever_it_cost() -> None:
    assert decided(None, None, "0").outcome == "organic"


@pytest.mark.parametrize(
    ("offer_id", "reason"),
    [
        ("999", "The click names the offer 999, which is not an active offer here."),
        ("", "The click names no offer, and no active offer is the default."),
    ],
)
def test_a_click_for_no_offer_says_which_is_missing(offer_id: str, reason: str) -> None:
    assert decided(click(offer_id=offer_id), None) == Decision("unknown_offer", reason)


@pytest.mark.parametrize(
    ("age", "outcome"),
    [
        (timedelta(0), "credited"),
        (timedelta(days=28), "credited"),
        (timedelta(days=28, microseconds=1), "expired"),
        (timedelta(days=400), "expired"),
    ],
)
def test_a_window_ends_with_its_last_moment(age: timedelta, outcome: str) -> None:
    assert decided(click(age=age), terms()).outcome == outcome


def test_an_expired_click_says_by_how_much() -> None:
    reason = decided(click(age=timedelta(days=28, hours=3)), terms()).reason
    assert reason == "Clicked 28 days 3 h before the order, past the window of Autumn (12345): 28 days."


def test_a_subscription_is_earned_for_life() -> None:
    decision = decided(click(age=timedelta(days=400)), terms(), is_for_life=True)
    assert decision == Decision("credited", "Renews a subscription that this affiliate won, for Autumn (12345).")


@pytest.mark.parametrize("amount", ["0.00", "-0.00", "-49.99"])
def test_a_sale_without_a_positive_amount_is_excluded_with_the_amount(amount: str) -> None:
    decision = decided(click(), terms(), amount)
    assert decision == Decision(
        "excluded", f"The amount is {amount}: a sale without a positive amount is not reported."
    )


def test_a_lead_needs_no_amount() -> None:
    assert decided(click(), terms(kind="lead"), "0").outcome == "credited"


@pytest.mark.parametrize(
    ("protocol", "ids", "outcome"),
    [
        ("partner-id", {"affiliate_id": "77"}, "credited"),
        ("partner-id", {"affiliate_id": "", "transaction_id": "abc"}, "excluded"),
        ("transaction-id", {"affiliate_id": "", "transaction_id": "abc"}, "credited"),
        ("transaction-id", {"affiliate_id": "77"}, "excluded"),
    ],
)
def test_a_click_has_to_carry_the_id_that_the_protocol_reports(
    protocol: str, ids: dict[str, str], outcome: str
) -> None:
    assert decided(click(**ids), terms(protocol=protocol)).outcome == outcome


def test_a_missing_id_is_named() -> None:
    reason = decided(click(), terms(protocol="transaction-id")).reason
    assert reason == "The click carries no transaction id, which Autumn (12345) needs for its protocol."


@pytest.mark.parametrize(
    ("age", "words"),
    [
        (timedelta(0), "just"),
        (timedelta(seconds=1), "1 second"),
        (timedelta(seconds=59), "59 seconds"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(hours=23, minutes=59), "23 hours"),
        (timedelta(days=1), "1 day"),
        (timedelta(days=2, hours=5), "2 days 5 h"),
    ],
)
def test_the_reason_tells_the_clicks_age(age: timedelta, words: str) -> None:
    assert decided(click(age=age), terms()).reason == f"Clicked {words} before the order, for Autumn (12345)."
