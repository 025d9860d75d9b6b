"""The decision on an order, as a table. No database."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tracking.capture.clicks import Click
from tracking.conversions.decision import Decision, Terms, decide
from tracking.conversions.renewals import Policy, Renewal, add_months

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
RENEWAL = Renewal(
    subscription_id="S1",
    first_order_id="1001",
    first_outcome="credited",
    started_at=NOW - timedelta(days=400),
    earned_before=0,
)


def click(*, age: timedelta = timedelta(hours=2), **values: str) -> Click:
    return Click(**{"affiliate_id": "77", "clicked_at": NOW - age, **values})


def terms(**values: object) -> Terms:
    defaults = {"name": "Autumn (12345)", "protocol": "partner-id", "kind": "sale", "window": timedelta(days=28)}
    return Terms(**{**defaults, **values})


def decided(click: Click | None, terms: Terms | None, amount: str = "49.99", **values: Any) -> Decision:
    return decide(click, terms, amount=Decimal(amount), moment=NOW, **values)


def test_a_click_within_its_window_earns_the_order() -> None:
    assert decided(click(), terms()) == Decision("credited", "Clicked 2 hours before the order, for Autumn (12345).")


def test_an_order_without_a_click_is_organic() -> None:
    assert decided(None, None) == Decision("organic", "No affiliate's click was found for this order.")


def test_an_order_without_a_click_is_organic_whatever_it_cost() -> None:
    assert decided(None, None, "0").outcome == "organic"


@pytest.mark.parametrize(
    ("offer_id", "reason", "cause"),
    [
        ("999", "The click names the offer 999, which is not set up here.", "not_set_up"),
        ("", "The click names no offer, and no offer is the default.", "no_default"),
    ],
)
def test_a_click_for_no_offer_says_which_is_missing(offer_id: str, reason: str, cause: str) -> None:
    assert decided(click(offer_id=offer_id), None) == Decision("unknown_offer", reason, cause)


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


@pytest.mark.parametrize(
    ("offer_id", "values", "reason"),
    [
        ("12345", {}, "The click names the offer Autumn (12345), which is paused."),
        ("", {}, "The click names no offer, and the one that stands in, Autumn (12345), is paused."),
        (
            "",
            {"renewal": RENEWAL},
            "Renews a subscription that this affiliate won for Autumn (12345), which is paused.",
        ),
    ],
)
def test_an_offer_that_takes_no_orders_says_why(offer_id: str, values: dict[str, Any], reason: str) -> None:
    decision = decided(click(offer_id=offer_id), terms(closed="is paused"), **values)
    assert decision == Decision("unknown_offer", reason, "closed")


NO_CONSENT = Decision(
    "no_consent", "An affiliate sent the shopper, who did not consent to tracking: the click was not kept."
)


@pytest.mark.parametrize("found", [None, click(age=timedelta(days=400))], ids=["none", "expired"])
def test_a_click_that_was_not_kept_for_lack_of_consent_is_named(found: Click | None) -> None:
    assert decided(found, terms(), lacks_consent=True) == NO_CONSENT


def test_a_click_that_counts_needs_no_other() -> None:
    assert decided(click(), terms(), lacks_consent=True).outcome == "credited"


# Renewals ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("outcome", ["organic", "expired", "no_consent"])
def test_a_renewal_of_what_no_affiliate_earned_says_so(outcome: str) -> None:
    assert decided(None, None, renewal=replace(RENEWAL, first_outcome=outcome)) == Decision(
        outcome, "Renews the subscription S1, whose first order 1001 no affiliate earned."
    )


@pytest.mark.parametrize(
    ("policy", "known", "reason"),
    [
        (Policy("forever"), {"earned_before": 500}, ""),
        (Policy("none"), {}, "Autumn (12345) pays for the first order of a subscription alone."),
        (Policy("first", 3), {"earned_before": 2}, ""),
        (
            Policy("first", 3),
            {"earned_before": 3},
            "Autumn (12345) pays for the first 3 renewals; as many were credited before this one.",
        ),
        (
            Policy("first", 1),
            {"earned_before": 1},
            "Autumn (12345) pays for the first 1 renewal; as many were credited before this one.",
        ),
        (Policy("months", 2), {"started_at": datetime(2026, 1, 1, 11, tzinfo=UTC)}, ""),
        (Policy("months", 2), {"started_at": datetime(2026, 1, 1, 23, tzinfo=UTC)}, ""),
        (
            Policy("months", 2),
            {"started_at": datetime(2025, 12, 31, 23, tzinfo=UTC)},
            "Autumn (12345) pays for renewals for 2 months, which ended on 2026-02-28.",
        ),
        (
            Policy("forever"),
            {"stopped": "it was cancelled."},
            "The subscription S1 earns nothing any more: it was cancelled.",
        ),
    ],
)
def test_the_offer_says_which_renewals_earn(policy: Policy, known: dict[str, Any], reason: str) -> None:
    decision = decided(click(), terms(renewals=policy), renewal=replace(RENEWAL, **known))
    assert (decision.outcome, decision.reason if reason else "") == ("excluded" if reason else "credited", reason)
    assert decision.cause == ("" if not reason else "stopped" if known.get("stopped") else "renewal_terms")


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2025, 12, 15), 1, date(2026, 1, 15)),
        (date(2026, 3, 1), 24, date(2028, 3, 1)),
        (date(2026, 12, 31), 12, date(2027, 12, 31)),
    ],
)
def test_months_are_those_of_the_calendar(day: date, months: int, expected: date) -> None:
    assert add_months(day, months) == expected


def test_a_subscription_is_earned_for_life() -> None:
    decision = decided(click(age=timedelta(days=400)), terms(), renewal=RENEWAL)
    assert decision == Decision("credited", "Renews a subscription that this affiliate won, for Autumn (12345).")


@pytest.mark.parametrize("amount", ["0.00", "-0.00", "-49.99"])
def test_a_sale_without_a_positive_amount_is_excluded_with_the_amount(amount: str) -> None:
    decision = decided(click(), terms(), amount)
    assert decision == Decision(
        "excluded", f"The amount is {amount}: a sale without a positive amount is not reported.", "no_amount"
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
    assert decided(click(), terms(protocol="transaction-id")).cause == "lacks_id"


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
