"""The story of an order, told by `tracking.reports.explain` and printed by `manage.py explain_order`."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from tests.factories import ConversionFactory, OfferFactory, PostbackFactory
from tracking.models import Adjustment, Attempt, Conversion, HostPause, Offer, Postback, RememberedClick
from tracking.reports.explain import explain, explain_conversion
from tracking.reports.next_step import after_status
from tracking.reports.wording import clock, money, span, took
from tracking.signals import order_cancelled, order_refunded

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 22, 14, 1, tzinfo=UTC)
URL = "https://get.aspr.app/aff_lsr?offer_id=12345&aff_id=77&amount=49.99&adv_unique1=1001"


def told(order_id: str = "1001") -> str:
    out = StringIO()
    call_command("explain_order", order_id, stdout=out)
    return out.getvalue()


def conversion(**values: Any) -> Conversion:
    clicked_at = NOW - timedelta(hours=2)
    times = {"completed_at": NOW, "recorded_at": NOW, "clicked_at": clicked_at}
    return ConversionFactory.create(**{"order_id": "1001", **times, **values})


def postback(status: str = "pending", **values: Any) -> Postback:
    if status == "sending":
        values = {"claim_token": uuid4(), "lease_expires_at": NOW + timedelta(seconds=90), **values}
    owner = values.pop("conversion", None) or conversion()
    return PostbackFactory.create(conversion=owner, offer=owner.offer, status=status, created_at=NOW, **values)


def attempt(owner: Postback, verdict: str, **values: Any) -> Attempt:
    return Attempt.objects.create(
        **{"postback": owner, "started_at": NOW, "url": URL, "verdict": verdict, "duration_ms": 142, **values}
    )


def remember(order_id: str = "1001", **values: Any) -> None:
    RememberedClick.objects.create(order_id=order_id, remembered_at=NOW, **values)


# The story of each state ------------------------------------------------------------------------------------

IN_FOUR_MINUTES = NOW + timedelta(minutes=4)


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


# The command ------------------------------------------------------------------------------------------------


def test_the_command_tells_the_whole_story() -> None:
    owed = postback("rejected", attempts_made=1, verdict="rejected", detail="Invalid Trans. ID #5")
    attempt(owed, "rejected", http_status=200, reply="success=false; err_msg=Invalid Trans. ID #5;")
    text = told()
    for expected in (
        "Order 1001",
        "  Affiliate     77",
        "  Outcome       Credited. The affiliate earns this order.",
        "  Reported      49.99 USD",
        "  State         Rejected",
        "  Time          2026-11-22 14:01:00 UTC, took 142 ms",
        f"  URL           {URL}",
        "  Answer        HTTP 200",
        "  Aspire said   success=false; err_msg=Invalid Trans. ID #5;",
        "  Verdict       Rejected. Aspire refused it.",
        "  Next          Nothing by itself: it needs a person.",
        "  What to do    Aspire does not know the transaction id",
    ):
        assert expected in text


def test_an_order_that_is_only_remembered_is_known() -> None:
    remember(affiliate_id="77", clicked_at=NOW)
    text = told()
    assert "it is not completed" in text
    assert "  Affiliate     77" in text


def test_an_order_remembered_without_a_click_says_so() -> None:
    remember()
    assert "none: no affiliate sent the shopper" in told()


def test_an_order_that_nobody_knows_ends_with_1_and_the_reason_in_one_line() -> None:
    with pytest.raises(CommandError, match=r"order_completed was never sent for it") as error:
        told("4711")
    assert error.value.returncode == 1
    assert "\n" not in str(error.value)


def test_no_text_from_outside_steers_the_terminal() -> None:
    owed = postback("rejected", conversion=conversion(affiliate_id="7\x1b[2J7"), attempts_made=1)
    attempt(owed, "rejected", reply="success=false;\x1b]0;owned\x07\u202e")
    text = told()
    assert "7\\x1b[2J7" in text
    assert not {"\x1b", "\x07", "\u202e"} & set(text)


def test_the_security_token_is_masked_wherever_it_stands(settings: Any) -> None:
    settings.TRACKING_SECURITY_TOKEN = "from-the-environment"
    offer = OfferFactory.create(pasted_security_token="0123456789abcdef")
    owed = postback("rejected", conversion=conversion(offer=offer), detail="bad token 0123456789abcdef")
    attempt(
        owed,
        "rejected",
        url=f"{URL}&security_token=0123456789abcdef",
        reply="success=false; err_msg=bad token 0123456789abcdef or from-the-environment;",
    )
    text = told()
    assert "0123456789abcdef" not in text
    assert "from-the-environment" not in text
    assert "security_token=***" in text


# Wording ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (money(Decimal("49.9900"), "USD"), "49.99 USD"),
        (money(Decimal("1E+3"), "USD"), "1000.00 USD"),
        (money(Decimal("49.9950"), "USD"), "49.995 USD"),
        (money(Decimal(0), "USD"), "0.00 USD"),
        (span(timedelta(seconds=-5)), "0 seconds"),
        (span(timedelta(seconds=1)), "1 second"),
        (span(timedelta(minutes=119)), "1 hour"),
        (took(142), "142 ms"),
        (took(15012), "15.0 s"),
    ],
)
def test_wording(written: str, expected: str) -> None:
    assert written == expected


def test_times_are_in_the_projects_time_zone(settings: Any) -> None:
    settings.TIME_ZONE = "Europe/Berlin"
    assert clock(NOW, now=NOW) == "15:01 CET"


def test_texts_are_the_same_in_a_german_locale(settings: Any) -> None:
    settings.LANGUAGE_CODE, settings.USE_THOUSAND_SEPARATOR = "de", True
    postback(due_at=IN_FOUR_MINUTES)
    assert "  Reported      49.99 USD" in told()


# What came back ---------------------------------------------------------------------------------------------


def refund(left: str) -> None:
    order_refunded.send(sender=None, order_id="1001", items_total=Decimal(left))


def test_a_refund_before_it_was_sent_is_told_with_both_amounts() -> None:
    postback(conversion=conversion(reported_amount=Decimal("49.99")))
    refund("20")
    text = told()
    assert "goods 20.00 USD of 49.99 USD" in text
    assert "20.00 USD in place of 49.99 USD: it was lowered before it was sent" in text


def test_a_cancelled_order_tells_that_it_was_never_reported() -> None:
    postback()
    order_cancelled.send(sender=None, order_id="1001")
    assert "nothing: it was called off before it was reported" in told()


def test_an_order_that_waits_for_a_person_says_what_to_do() -> None:
    postback("accepted", settled_at=NOW)
    refund("20")
    text = " ".join(told().split())
    assert "49.99 USD was reported, 20.00 USD should stand; it waits for a person since" in text
    assert "Next A person sees to it in Aspire" in text
    assert "Aspire keeps or rejects a conversion as a whole" in text


def test_an_order_that_a_person_has_seen_to_says_who() -> None:
    postback("accepted", settled_at=NOW)
    refund("0")
    Adjustment.objects.update(done_at=NOW, done_by_name="ann", note="Ticket 7")
    text = " ".join(told().split())
    assert "nothing should stand; seen to on 2026-11-22 14:01:00 UTC by ann" in text
    assert "Ticket 7" in text


def test_a_rejected_order_that_came_back_needs_nobody() -> None:
    postback("rejected", settled_at=NOW)
    refund("20")
    assert "nothing to see to: Aspire has not counted it" in told()


def test_a_refund_while_it_is_being_sent_is_not_judged_yet() -> None:
    postback("sending")
    refund("20")
    assert "not known yet" in told()


def test_an_order_that_came_back_before_it_was_completed_says_so() -> None:
    remember()
    order_cancelled.send(sender=None, order_id="1001")
    assert "that it was cancelled: that counts if it is completed after all" in " ".join(told().split())
