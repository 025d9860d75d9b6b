"""The story of each state, told by `tracking.reports.explain`."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.factories import OfferFactory
from tests.tracking.explaining.steps import IN_FOUR_MINUTES, NOW, attempt, conversion, postback, remember, told
from tracking.models import Conversion, HostPause, Offer
from tracking.reports.explain import explain, explain_conversion
from tracking.reports.next_step import after_status

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("status", "values", "next_step"),
    [
        ("pending", {"due_at": IN_FOUR_MINUTES}, "Sent at 14:05 UTC, in 4 minutes."),
        ("pending", {"due_at": IN_FOUR_MINUTES, "attempts_made": 1}, "Sent again at 14:05 UTC, in 4 minutes."),
        ("pending", {"due_at": NOW + timedelta(days=1)}, "Sent at 2026-11-23 14:01 UTC, in 1 day."),
        ("pending", {"due_at": NOW}, "Sent at any moment: it is due."),
        (
            "pending",
            {"due_at": NOW - timedelta(hours=3)},
            (
                "Overdue since 11:01 UTC, for 3 hours: see that something delivers (manage.py deliver_postbacks, with "
                "--once from cron; the engine thread wakes with the next order)."
            ),
        ),
        (
            "pending",
            {"due_at": None, "amount": None},
            "Nothing until a person mends what it waits for and sends it.",
        ),
        ("pending", {"is_test": True}, "Nothing: a test is sent once, by the command that made it."),
        (
            "sending",
            {},
            "It is being sent now. If no answer is written down, it becomes unconfirmed at 14:02 UTC.",
        ),
        (
            "sending",
            {"lease_expires_at": NOW - timedelta(seconds=1)},
            "Its process has ended, or hangs. The next delivery finds that out, and it becomes unconfirmed.",
        ),
        ("accepted", {}, "Nothing: Aspire has counted it."),
        ("rejected", {}, "Nothing by itself: it needs a person."),
        (
            "unconfirmed",
            {},
            "Nothing by itself: it needs a person, because sending it again could pay the creator twice.",
        ),
        ("failed", {}, "Nothing by itself: it needs a person."),
        ("cancelled", {}, "Nothing: it was cancelled and is not sent."),
    ],
)
def test_the_story_says_what_happens_next(status: str, values: dict[str, Any], next_step: str) -> None:
    postback(status, **values)
    assert explain("1001", now=NOW).orders[0].next_step == next_step


PAUSED = "get.aspr.app failed again and again (HTTP 503): "
PROBED = "a single postback tries it. As soon as the host answers this one is sent; waiting uses up none of its tries."
ASKED = "get.aspr.app asked to be left alone until 14:05 UTC (HTTP 503). Then it is sent."
AS_USUAL = "Sent at any moment: it is due."


@pytest.mark.parametrize(
    ("is_broken", "minutes", "due", "next_step"),
    [
        (True, 4, 0, f"{PAUSED}nothing goes there until 14:05 UTC, then {PROBED}"),
        (True, -1, 0, f"{PAUSED}with the next delivery {PROBED}"),
        (True, 4, 1, f"{PAUSED}nothing goes there until 14:05 UTC, then"),
        (True, 4, 9, "Sent at 14:10 UTC, in 9 minutes."),
        (False, 4, 0, ASKED),
        (False, 4, 1, ASKED),
        (False, 4, 9, "Sent at 14:10 UTC, in 9 minutes."),
        (False, -1, 0, AS_USUAL),
    ],
)
def test_a_row_whose_host_is_paused_says_until_when_and_why(
    is_broken: bool, minutes: int, due: int, next_step: str
) -> None:
    until = NOW + timedelta(minutes=minutes)
    HostPause.objects.create(host="get.aspr.app", paused_until=until, reason="HTTP 503", is_broken=is_broken, since=NOW)
    postback(due_at=NOW + timedelta(minutes=due))
    assert explain("1001", now=NOW).orders[0].next_step.startswith(next_step)


@pytest.mark.parametrize("status", ["accepted", "failed", "sending"])
def test_a_pause_says_nothing_of_rows_that_do_not_wait(status: str) -> None:
    HostPause.objects.create(host="get.aspr.app", paused_until=NOW + timedelta(hours=1), reason="HTTP 503", since=NOW)
    postback(status)
    assert "get.aspr.app" not in explain("1001", now=NOW).orders[0].next_step


def test_the_pause_of_another_host_says_nothing() -> None:
    HostPause.objects.create(host="other", paused_until=NOW + timedelta(hours=1), reason="HTTP 503", since=NOW)
    postback(due_at=NOW)
    assert explain("1001", now=NOW).orders[0].next_step == AS_USUAL


def test_a_lost_process_is_sent_again_where_aspire_drops_repeats() -> None:
    said = after_status(
        "sending",
        now=NOW,
        due_at=None,
        lease_expires_at=NOW - timedelta(seconds=1),
        attempts_made=0,
        deduplicates=True,
        is_test=False,
    )
    assert said.endswith("and it is sent again.")


@pytest.mark.parametrize(
    ("outcome", "meaning", "next_step"),
    [
        ("organic", "No affiliate earns this order.", "Nothing: it is not reported to Aspire."),
        ("expired", "the click was too old.", "Nothing: it is not reported to Aspire."),
        ("no_consent", "the shopper did not consent to tracking.", "Nothing: it is not reported to Aspire."),
        ("excluded", "it cannot be reported.", "Nothing: it is not reported to Aspire."),
        (
            "unknown_offer",
            "there is no offer to earn under.",
            "--status unknown_offer` decides on it anew.",
        ),
    ],
)
def test_an_order_without_a_postback_says_why(outcome: str, meaning: str, next_step: str) -> None:
    conversion(outcome=outcome, reason="The reason on record.", offer=None)
    order = explain("1001", now=NOW).orders[0]
    facts = {fact.label: fact.text for fact in order.decision}
    assert facts["Outcome"].endswith(meaning)
    assert facts["Why"] == "The reason on record."
    assert order.next_step.endswith(next_step)


def test_the_click_is_told_with_where_it_was_found() -> None:
    remember(affiliate_id="77", clicked_at=NOW)
    conversion(click_offer_id="12345", transaction_id="ab12")
    facts = {fact.label: fact.text for fact in explain("1001", now=NOW).orders[0].click}
    assert facts == {
        "Affiliate": "77",
        "Clicked": "2026-11-22 12:01:00 UTC, 2 hours before the order was completed",
        "Order placed": "2026-11-22 14:01:00 UTC",
        "Where found": "Remembered when the order was placed",
        "Offer named": "12345",
        "Transaction": "ab12",
    }


def test_the_amount_is_told_with_how_it_came_about() -> None:
    sale = conversion(shipping=Decimal("5.00"), tax=Decimal("4.12"), discount=Decimal(10))
    postback(conversion=sale)
    facts = {fact.label: fact.text for fact in explain("1001", now=NOW).orders[0].amount}
    assert facts == {
        "Goods": "49.99 USD, after discounts",
        "Shipping": "5.00 USD",
        "Tax": "4.12 USD",
        "Discount": "10.00 USD, already taken off the goods",
        "Total": "59.11 USD",
        "Reported": "49.99 USD",
        "How": "49.99 USD count (goods after discounts, without tax and shipping); that is sent.",
    }


def test_an_amount_by_former_terms_says_so() -> None:
    owed = postback(conversion=conversion(amount_basis="total"))
    facts = {fact.label: fact.text for fact in explain("1001", now=NOW).orders[0].amount}
    assert owed.offer.amount_basis == Offer.AmountBasis.ITEMS
    assert "total paid, with tax and shipping, as the offer said when the order was recorded" in facts["How"]


def test_a_lead_has_no_amount() -> None:
    postback(conversion=conversion(offer=OfferFactory.create(kind=Offer.Kind.LEAD)), amount=None)
    facts = {fact.label: fact.text for fact in explain("1001", now=NOW).orders[0].amount}
    assert facts["Reported"] == "no amount: the offer pays for leads"


def test_a_renewal_names_its_subscription() -> None:
    conversion(subscription_id="S-1", is_renewal=True)
    facts = {fact.label: fact.text for fact in explain("1001", now=NOW).orders[0].decision}
    assert facts["Subscription"] == "S-1, a renewal"


def test_each_attempt_is_told_in_order() -> None:
    owed = postback("accepted", attempts_made=2)
    attempt(owed, "accepted", started_at=NOW, http_status=200, reply="success=true;")
    attempt(owed, "not_sent", started_at=NOW - timedelta(minutes=5), detail="refused", duration_ms=None)
    story = explain("1001", now=NOW).orders[0].postback
    assert story is not None
    assert [(told.number, told.verdict, told.http_status, told.took) for told in story.attempts] == [
        (1, "not_sent", None, ""),
        (2, "accepted", 200, "142 ms"),
    ]


def test_attempts_that_were_pruned_are_counted() -> None:
    owed = postback("accepted", attempts_made=3)
    attempt(owed, "accepted")
    story = explain("1001", now=NOW).orders[0].postback
    assert story is not None
    assert story.attempts[0].number == 3
    assert "2 older attempts, no longer in the log" in [fact.text for fact in story.facts]


def test_a_late_acceptance_settles_the_doubt() -> None:
    owed = postback("unconfirmed", attempts_made=1)
    attempt(owed, "unconfirmed", detail="no answer")
    attempt(owed, "accepted", is_late=True)
    story = explain("1001", now=NOW).orders[0].postback
    assert story is not None
    assert story.hint.startswith("Mark it as accepted")


def test_a_row_sent_again_waits_for_nothing() -> None:
    postback(due_at=NOW, detail="Queued to be sent again by alice.")
    story = explain("1001", now=NOW).orders[0].postback
    assert story is not None
    assert story.hint == "Nothing to do: it is sent by itself when it is due."


def test_a_test_and_an_order_of_the_same_id_are_both_told() -> None:
    test = conversion(is_test=True, source=Conversion.Source.TEST)
    conversion(offer=test.offer)
    assert [order.is_test for order in explain("1001", now=NOW).orders] == [False, True]
    assert "Order 1001" in told()
    assert "Test 1001" in told()


def test_a_test_alone_says_that_there_is_no_order() -> None:
    conversion(is_test=True)
    assert "This is a test only" in told()


def test_a_story_costs_three_queries(django_assert_num_queries: Any) -> None:
    owed = postback("accepted", attempts_made=5)
    for _ in range(5):
        attempt(owed, "accepted")
    with django_assert_num_queries(3):
        explain("1001", now=NOW)
    with django_assert_num_queries(3):
        explain_conversion(owed.conversion_id, now=NOW)
