"""The story of an order that came back."""

from decimal import Decimal

import pytest

from tests.tracking.explaining.steps import NOW, conversion, postback, remember, told
from tracking.models import Adjustment
from tracking.signals import order_cancelled, order_refunded

pytestmark = pytest.mark.django_db


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
