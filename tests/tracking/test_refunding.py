"""Orders that come back: before they are completed, before they are reported, meanwhile, and after."""

import logging
from datetime import timedelta
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from tests.factories import ConversionFactory, OfferFactory, PostbackFactory, completed_order, visit_from
from tracking.conversions import recording, refunding
from tracking.currency import ExchangeRate
from tracking.models import Adjustment, Attempt, Conversion, EarlyRefund, Offer, Postback
from tracking.postbacks import outbox
from tracking.postbacks.outbox import Claim, Settlement
from tracking.postbacks.retries import Next
from tracking.postbacks.verdicts import Verdict
from tracking.signals import order_cancelled, order_completed, order_refunded

pytestmark = pytest.mark.django_db


@pytest.fixture
def offer() -> Offer:
    found: Offer = OfferFactory()
    return found


def complete(**values: Any) -> None:
    """An order of 49.99 USD that affiliate 77 won."""
    order_completed.send(sender=None, order=completed_order(**values), request=visit_from("77"))


def refund(left: str, **parts: Any) -> None:
    """Say what is left of the order."""
    parts = {name: Decimal(value) for name, value in parts.items()}
    order_refunded.send(sender=None, order_id="1001", items_total=Decimal(left), **parts)


def cancel() -> None:
    order_cancelled.send(sender=None, order_id="1001")


def postback(**values: Any) -> Postback:
    """The order's postback, in the state given."""
    Postback.objects.update(**values)
    return Postback.objects.get()


def claimed() -> Claim:
    (claim,) = outbox.claim(1, now=timezone.now())
    return claim


def settle(claim: Claim, status: str, verdict: Verdict) -> None:
    now = timezone.now()
    attempt = Attempt(postback_id=claim.postback_id, started_at=now, url="https://x/", verdict=verdict)
    due_at = now if status == "pending" else None
    outbox.settle([Settlement(claim, Next(status, "", due_at), verdict, attempt)], now=now)


def figures() -> tuple[str, Decimal | None, Decimal | None]:
    row = Postback.objects.get()
    return row.status, row.amount, row.amount_left


def open_adjustments() -> list[tuple[str, Decimal | None, Decimal]]:
    return [(row.reason, row.amount_sent, row.amount_due) for row in Adjustment.objects.open()]


# Before it is sent --------------------------------------------------------------------------------------------


def test_a_refund_in_part_lowers_what_is_sent(offer: Offer) -> None:
    complete()
    refund("20")
    assert figures() == ("pending", Decimal(20), Decimal(20))
    assert not Adjustment.objects.exists()


def test_what_is_left_is_kept_with_the_order(offer: Offer) -> None:
    complete(shipping=Decimal(5), tax=Decimal(4))
    refund("20", shipping="5", tax="1.60")
    conversion = Conversion.objects.get()
    assert (conversion.items_left, conversion.shipping_left, conversion.tax_left) == (20, 5, Decimal("1.6"))
    assert conversion.items_total == Decimal("49.99")
    assert conversion.refunded_at


@pytest.mark.parametrize("told", list(permutations(["40", "20", "30"])))
def test_the_least_that_was_told_counts_whatever_the_order_of_the_signals(offer: Offer, told: tuple[str, ...]) -> None:
    complete()
    for left in told:
        refund(left)
    assert figures() == ("pending", Decimal(20), Decimal(20))


def test_more_left_than_was_told_before_is_logged_and_changes_nothing(
    offer: Offer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    complete()
    refund("20")
    refund("30")
    assert "Order 1001: no less is left of it than was told before; nothing changes." in caplog.text


def test_a_refund_of_the_delivery_alone_changes_nothing_that_is_reported(offer: Offer) -> None:
    complete(shipping=Decimal(5))
    refund("49.99", shipping="0")
    assert figures() == ("pending", Decimal("49.99"), None)


@pytest.mark.parametrize(
    ("left", "amount"),
    [({"left": "20"}, "29.12"), ({"left": "20", "shipping": "0"}, "24.12"), ({"left": "20", "tax": "1.65"}, "26.65")],
)
def test_an_offer_on_the_total_takes_what_is_left_of_all_parts(left: dict[str, str], amount: str) -> None:
    OfferFactory(amount_basis="total")
    complete(shipping=Decimal(5), tax=Decimal("4.12"))
    refund(**left)
    assert figures() == ("pending", Decimal(amount), Decimal(amount))


def test_a_delivery_that_stays_paid_is_reported_where_the_offer_is_on_the_total() -> None:
    OfferFactory(amount_basis="total")
    complete(shipping=Decimal(5), tax=Decimal("4.12"))
    refund("0", shipping="5", tax="0")
    assert figures() == ("pending", Decimal(5), Decimal(5))
    refund("0")
    assert figures()[0] == "cancelled"


@pytest.mark.parametrize("offer_terms", [{"amount_basis": "total"}, {"kind": "lead"}])
def test_a_gift_whose_delivery_comes_back_in_part_is_not_called_off(offer_terms: dict[str, str]) -> None:
    OfferFactory(**offer_terms)
    complete(items_total=Decimal(0), shipping=Decimal(5))
    refund("0", shipping="3", tax="0")
    assert figures()[0] == "pending"
    refund("0", shipping="0", tax="0")
    assert figures()[0] == "cancelled"


def test_a_full_refund_stays_one_whatever_is_told_after_it() -> None:
    OfferFactory(amount_basis="total")
    complete(shipping=Decimal(5))
    refund("0")
    refund("0", shipping="5")
    assert figures()[::2] == ("cancelled", 0)


def test_an_order_on_the_total_that_waits_for_a_rate_keeps_what_is_left(settings: Any) -> None:
    OfferFactory(amount_basis="total")
    complete(shipping=Decimal(5), currency="EUR")
    refund("0", shipping="5", tax="0")
    settings.TRACKING_CURRENCY_CONVERTER = lambda *_question: ExchangeRate(Decimal(2), timezone.localdate(), "x")
    outbox.work_out_waiting(now=timezone.now())
    assert figures() == ("pending", Decimal(10), Decimal(10))


@pytest.mark.parametrize("left", ["0", "-3", "0.004"])
def test_an_order_of_which_nothing_is_left_is_called_off(offer: Offer, left: str) -> None:
    complete()
    refund(left)
    assert figures() == ("cancelled", Decimal("49.99"), 0)
    assert not Adjustment.objects.exists()


def test_a_refund_in_part_after_a_full_one_brings_nothing_back(offer: Offer) -> None:
    complete()
    cancel()
    refund("20")
    assert figures()[0] == "cancelled"


def test_a_lead_is_lowered_by_nothing_and_called_off_with_its_order() -> None:
    OfferFactory(kind="lead")
    complete()
    refund("20")
    assert figures() == ("pending", None, None)
    refund("0")
    assert figures()[0] == "cancelled"


def test_a_row_that_failed_without_arriving_is_sent_again_with_what_is_left(offer: Offer) -> None:
    complete()
    postback(status="failed", due_at=None, settled_at=timezone.now(), attempts_made=1)
    refund("20")
    outbox.send_again(Postback.objects.all(), why="By hand.")
    assert figures() == ("pending", Decimal(20), Decimal(20))
    assert open_adjustments() == []


def test_a_refund_is_applied_to_an_order_whose_offer_is_set_up_later() -> None:
    complete()
    refund("20")
    OfferFactory()
    assert recording.decide_again(Conversion.objects.get())
    assert figures() == ("pending", Decimal(20), Decimal(20))


def test_an_organic_order_keeps_what_is_left_too(offer: Offer) -> None:
    order_completed.send(sender=None, order=completed_order())
    refund("20")
    assert Conversion.objects.get().items_left == 20


def test_a_refund_in_another_currency_goes_by_the_rate_of_the_order(offer: Offer, settings: Any) -> None:
    rates = ["1.1", "1.3"]
    settings.TRACKING_CURRENCY_CONVERTER = lambda _source, _target, on: ExchangeRate(Decimal(rates[0]), on, "Bank")
    complete(currency="EUR", items_total=Decimal(50))
    assert figures() == ("pending", Decimal(55), None)
    rates.pop(0)
    refund("20")
    assert figures() == ("pending", Decimal(22), Decimal(22))
    postback(status="accepted", settled_at=timezone.now(), due_at=None)
    refund("10")
    assert open_adjustments() == [("partly_refunded", Decimal(22), Decimal(11))]


def test_an_order_that_waits_for_a_rate_is_reported_with_what_is_left(offer: Offer, settings: Any) -> None:
    complete(currency="EUR", items_total=Decimal(50))
    refund("20")
    assert figures()[:2] == ("pending", None)
    settings.TRACKING_CURRENCY_CONVERTER = lambda _source, _target, on: ExchangeRate(Decimal("1.1"), on, "Bank")
    outbox.work_out_waiting(now=timezone.now())
    assert figures()[:2] == ("pending", Decimal(22))
    refund("20", shipping="0")
    postback(status="accepted", settled_at=timezone.now(), due_at=None)
    assert open_adjustments() == []


@pytest.mark.parametrize(
    "parts", [{"items_total": "20"}, {"items_total": Decimal(20), "tax": 1.0}, {"items_total": Decimal("Infinity")}]
)
def test_a_refund_of_no_amount_is_refused_and_logged(
    offer: Offer, caplog: pytest.LogCaptureFixture, parts: dict[str, Any]
) -> None:
    complete()
    order_refunded.send(sender=None, order_id="1001", **parts)
    assert "Noting the refund of order '1001' failed" in caplog.text
    assert figures() == ("pending", Decimal("49.99"), None)


# While it is being sent ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("status", "verdict"), [("accepted", Verdict.ACCEPTED), ("unconfirmed", Verdict.UNCONFIRMED)])
def test_a_refund_while_it_is_being_sent_becomes_an_adjustment(offer: Offer, status: str, verdict: Verdict) -> None:
    complete()
    claim = claimed()
    refund("20")
    assert figures() == ("sending", Decimal("49.99"), Decimal(20))
    assert open_adjustments() == []
    settle(claim, status, verdict)
    assert open_adjustments() == [("partly_refunded", Decimal("49.99"), Decimal(20))]


def test_a_refund_while_it_is_being_sent_lowers_the_next_try(offer: Offer) -> None:
    complete()
    claim = claimed()
    refund("20")
    settle(claim, "pending", Verdict.NOT_SENT)
    assert claimed().amount == 20
    assert open_adjustments() == []


def test_a_claim_given_back_unsent_is_lowered_too(offer: Offer) -> None:
    complete()
    claim = claimed()
    refund("20")
    outbox.release([claim])
    assert claimed().amount == 20


def test_a_repeat_of_what_may_have_been_counted_keeps_its_amount(offer: Offer) -> None:
    """Else there were two numbers, and nobody could say which of them Aspire has."""
    complete()
    claim = claimed()
    refund("20")
    settle(claim, "pending", Verdict.UNCONFIRMED)
    again = claimed()
    assert again.amount == Decimal("49.99")
    settle(again, "accepted", Verdict.DUPLICATE)
    assert open_adjustments() == [("partly_refunded", Decimal("49.99"), Decimal(20))]


def test_a_repeat_by_hand_of_what_may_have_been_counted_keeps_its_amount(offer: Offer) -> None:
    complete()
    settle(claimed(), "unconfirmed", Verdict.UNCONFIRMED)
    refund("20")
    outbox.send_again(Postback.objects.all(), why="By hand.")
    settle(claimed(), "accepted", Verdict.DUPLICATE)
    assert open_adjustments() == [("partly_refunded", Decimal("49.99"), Decimal(20))]


@pytest.mark.parametrize("is_on_its_way", [False, True])
def test_a_repeat_by_hand_keeps_its_amount_when_the_refund_comes_later(offer: Offer, is_on_its_way: bool) -> None:
    complete()
    settle(claimed(), "unconfirmed", Verdict.UNCONFIRMED)
    outbox.send_again(Postback.objects.all(), why="By hand.")
    claim = claimed() if is_on_its_way else None
    refund("20")
    if claim:
        settle(claim, "pending", Verdict.FAILED)
    settle(claimed(), "accepted", Verdict.DUPLICATE)
    assert open_adjustments() == [("partly_refunded", Decimal("49.99"), Decimal(20))]


def test_a_repeat_that_is_called_off_is_looked_for_by_a_person(offer: Offer) -> None:
    complete()
    settle(claimed(), "pending", Verdict.UNCONFIRMED)
    cancel()
    assert figures()[0] == "cancelled"
    assert open_adjustments() == [("cancelled", Decimal("49.99"), 0)]


def test_a_row_lowered_after_a_try_that_did_not_arrive_needs_nobody(offer: Offer) -> None:
    complete()
    settle(claimed(), "pending", Verdict.NOT_SENT)
    refund("20")
    settle(claimed(), "accepted", Verdict.ACCEPTED)
    assert figures() == ("accepted", Decimal(20), Decimal(20))
    assert open_adjustments() == []


# After it was sent --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["accepted", "unconfirmed"])
@pytest.mark.parametrize(
    ("how", "expected"),
    [
        (cancel, ("cancelled", Decimal("49.99"), Decimal(0))),
        (lambda: refund("0"), ("refunded", Decimal("49.99"), Decimal(0))),
        (lambda: refund("20"), ("partly_refunded", Decimal("49.99"), Decimal(20))),
    ],
    ids=["cancelled", "refunded", "refunded in part"],
)
def test_what_comes_back_after_it_was_sent_is_for_a_person(offer: Offer, status: str, how: Any, expected: Any) -> None:
    PostbackFactory(offer=offer, status=status, conversion__order_id="1001")
    how()
    assert open_adjustments() == [expected]
    assert figures()[:2] == (status, Decimal("49.99"))


@pytest.mark.parametrize("status", ["rejected", "failed"])
def test_what_aspire_never_counted_needs_nobody(offer: Offer, status: str) -> None:
    PostbackFactory(offer=offer, status=status, conversion__order_id="1001")
    refund("20")
    assert open_adjustments() == []


@pytest.mark.parametrize("verdict", ["duplicate", "unconfirmed", "accepted"])
def test_what_was_rejected_but_may_have_been_counted_is_for_a_person(offer: Offer, verdict: str) -> None:
    row = PostbackFactory(offer=offer, status="rejected", conversion__order_id="1001")
    Attempt.objects.create(postback=row, started_at=timezone.now(), url="https://x/", verdict=verdict)
    cancel()
    assert len(open_adjustments()) == 1


def test_what_a_person_says_was_counted_after_all_is_for_a_person(offer: Offer) -> None:
    PostbackFactory(offer=offer, status="rejected", conversion__order_id="1001")
    cancel()
    outbox.mark_accepted(Postback.objects.all(), why="Seen there.")
    assert len(open_adjustments()) == 1


def test_a_lead_that_came_back_is_for_a_person() -> None:
    PostbackFactory(offer=OfferFactory(kind="lead"), amount=None, status="accepted", conversion__order_id="1001")
    refund("20")
    assert open_adjustments() == []
    refund("0")
    assert open_adjustments() == [("refunded", None, 0)]


def test_further_refunds_change_the_one_adjustment(offer: Offer) -> None:
    PostbackFactory(offer=offer, status="accepted", conversion__order_id="1001")
    refund("20")
    since = Adjustment.objects.get().since
    refund("20")
    refund("30")
    refund("10")
    assert open_adjustments() == [("partly_refunded", Decimal("49.99"), Decimal(10))]
    cancel()
    assert open_adjustments() == [("cancelled", Decimal("49.99"), 0)]
    assert Adjustment.objects.get().since == since


def test_a_refund_after_it_was_seen_to_opens_it_again(offer: Offer) -> None:
    PostbackFactory(offer=offer, status="accepted", conversion__order_id="1001")
    refund("20")
    Adjustment.objects.update(done_at=timezone.now() - timedelta(days=1), done_by_name="ann", note="Ticket 7.")
    refund("20")
    assert open_adjustments() == []
    refund("10")
    adjustment = Adjustment.objects.get()
    assert (adjustment.done_at, adjustment.done_by_name) == (None, "")
    assert adjustment.note.startswith("Ticket 7.\nDone on ")
    assert "by ann, with 20.00 to stand; then more came back." in adjustment.note
    assert open_adjustments() == [("partly_refunded", Decimal("49.99"), Decimal(10))]


def test_a_person_is_told_in_the_log_once(offer: Offer, caplog: pytest.LogCaptureFixture) -> None:
    PostbackFactory(offer=offer, status="accepted", conversion__order_id="1001")
    refund("20")
    refund("20")
    assert caplog.text.count("adjust it in Aspire by hand") == 1


def test_a_test_asks_for_no_adjustment(offer: Offer) -> None:
    PostbackFactory(offer=offer, status="accepted", is_test=True, conversion__order_id="1001", conversion__is_test=True)
    cancel()
    assert not Adjustment.objects.exists()


# Before it is completed ---------------------------------------------------------------------------------------


def test_a_refund_that_overtakes_its_order_is_applied_with_it(offer: Offer) -> None:
    refund("30")
    refund("20")
    refund("40")
    assert EarlyRefund.objects.get().items_left == 20
    complete()
    assert figures() == ("pending", Decimal(20), Decimal(20))
    assert not EarlyRefund.objects.exists()


def test_a_cancellation_that_overtakes_its_order_calls_it_off(offer: Offer) -> None:
    refund("30", shipping="5")
    cancel()
    complete(shipping=Decimal(5))
    assert figures()[0] == "cancelled"
    assert outbox.claim(10, now=timezone.now()) == []


def test_receivers_see_what_is_left_of_an_order_that_came_back_before(offer: Offer) -> None:
    refund("20")
    conversion = recording.record(completed_order(), visit_from("77"))
    assert conversion
    assert conversion.items_left == 20


def test_a_renewal_that_came_back_before_is_lowered_too(offer: Offer) -> None:
    complete(order_id="1000", subscription_id="S1")
    refund("20")
    order_completed.send(sender=None, order=completed_order(subscription_id="S1", is_renewal=True))
    assert Postback.objects.get(conversion__order_id="1001").amount == 20


def test_the_subscription_of_an_order_that_was_cancelled_before_earns_nothing(offer: Offer) -> None:
    cancel()
    complete(subscription_id="S1")
    order_completed.send(
        sender=None, order=completed_order(order_id="1002", subscription_id="S1", is_renewal=True), request=None
    )
    assert Conversion.objects.get(order_id="1002").cause == "stopped"


def test_another_orders_early_refund_stays(offer: Offer) -> None:
    order_cancelled.send(sender=None, order_id="1002")
    complete()
    assert figures()[0] == "pending"
    assert EarlyRefund.objects.exists()


def test_what_neither_could_see_is_applied_by_the_next_look(offer: Offer) -> None:
    """The order and its refund in two transactions at the same moment."""
    complete()
    EarlyRefund.objects.create(order_id="1001", items_left=20)
    refunding.apply_missed()
    assert figures() == ("pending", Decimal(20), Decimal(20))
    assert not EarlyRefund.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_refund_looks_again_after_its_own_commit(offer: Offer) -> None:
    with transaction.atomic():
        refund("20")
        ConversionFactory(offer=offer, order_id="1001")
        assert EarlyRefund.objects.exists()
    assert Conversion.objects.get().items_left == 20
    assert not EarlyRefund.objects.exists()


# In the database ----------------------------------------------------------------------------------------------


@pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite's plan: other databases read an empty table whole")
def test_the_worklist_is_read_by_its_index(offer: Offer) -> None:
    plan = Adjustment.objects.open().order_by("since", "id")[:100].explain()
    assert "tracking_adjustment_work" in plan
    assert "TEMP B-TREE" not in plan
