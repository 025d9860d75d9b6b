"""Orders that come back while they are being reported, or before a repeat."""

from decimal import Decimal

import pytest

from tests.tracking.refunding.steps import cancel, claimed, complete, figures, open_adjustments, refund, settle
from tracking.models import Offer, Postback
from tracking.postbacks import outbox
from tracking.postbacks.verdicts import Verdict

pytestmark = pytest.mark.django_db


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
