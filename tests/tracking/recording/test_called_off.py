"""An order that is cancelled or refunded before it was reported."""

import logging
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction

from tests.factories import OfferFactory, PostbackFactory, visit_from
from tests.tracking.recording.failures import FAILURES
from tests.tracking.recording.steps import NOW, cancel, complete, refund, send
from tracking.conversions import recording
from tracking.models import Conversion, Offer, Postback
from tracking.postbacks import outbox

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("how", [cancel, refund])
def test_a_postback_not_yet_sent_is_cancelled_with_its_order(offer: Offer, how: Callable[[], None]) -> None:
    send(request=visit_from("77"))
    how()
    postback = Postback.objects.get()
    assert (postback.status, postback.detail, postback.due_at) == ("cancelled", outbox.CALLED_OFF, None)
    assert outbox.claim(10, now=NOW + timedelta(days=400)) == []


def test_a_postback_that_waits_for_a_rate_is_cancelled_too(offer: Offer) -> None:
    complete(visit_from("77"), currency="EUR")
    cancel()
    assert Postback.objects.get().status == "cancelled"


def test_a_partial_refund_lowers_what_is_reported(offer: Offer) -> None:
    send(request=visit_from("77"))
    refund(Decimal(10))
    postback = Postback.objects.get()
    assert (postback.status, postback.amount) == ("pending", Decimal(10))


@pytest.mark.parametrize("how", [cancel, refund])
@pytest.mark.parametrize("status", ["accepted", "unconfirmed"])
def test_an_order_that_comes_back_after_it_was_reported_is_told_to_a_person(
    offer: Offer, caplog: pytest.LogCaptureFixture, how: Callable[[], None], status: str
) -> None:
    PostbackFactory(offer=offer, status=status, conversion__order_id="1001")
    how()
    assert Postback.objects.get().status == status
    assert "Order 1001 came back after its postback was sent: adjust it in Aspire by hand" in caplog.text


@pytest.mark.parametrize("status", ["rejected", "failed"])
def test_an_order_that_comes_back_and_never_counted_is_not_to_be_sent_again(offer: Offer, status: str) -> None:
    PostbackFactory(offer=offer, status=status, conversion__order_id="1001")
    cancel()
    assert outbox.send_again(Postback.objects.all(), why="By hand.") == 0
    assert Postback.objects.get().status == status


def test_cancelling_twice_is_no_news(offer: Offer, caplog: pytest.LogCaptureFixture) -> None:
    send(request=visit_from("77"))
    cancel()
    refund()
    cancel()
    assert Postback.objects.get().detail == outbox.CALLED_OFF
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


@pytest.mark.parametrize("how", [cancel, refund])
def test_an_order_that_nobody_knows_is_ignored(caplog: pytest.LogCaptureFixture, how: Callable[[], None]) -> None:
    how()
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_order_ids_are_compared_to_the_letter(offer: Offer) -> None:
    complete(visit_from("77"), order_id="aB")
    complete(visit_from("78"), order_id="Ab")
    assert set(Conversion.objects.values_list("order_id", "affiliate_id")) == {("aB", "77"), ("Ab", "78")}


def test_another_orders_postback_stays(offer: Offer) -> None:
    send(request=visit_from("77"))
    cancel("100")
    assert Postback.objects.get().status == "pending"


def test_a_tests_postback_stays(offer: Offer) -> None:
    PostbackFactory(offer=offer, is_test=True, conversion__order_id="1001", conversion__is_test=True)
    cancel()
    assert Postback.objects.get().status == "pending"


def test_an_order_cancelled_while_its_offer_was_unknown_is_never_credited(offer: Offer) -> None:
    conversion = complete(visit_from("77", offer_id="999"))
    cancel()
    OfferFactory(offer_id="999", is_default=False)
    assert not recording.decide_again(conversion)
    conversion.refresh_from_db()
    assert (conversion.outcome, conversion.reason) == ("excluded", outbox.CALLED_OFF)


@pytest.mark.parametrize("left", [None, "0", 0.0, Decimal("NaN"), object()])
def test_a_refund_of_garbage_raises_nothing(offer: Offer, left: Any) -> None:
    send(request=visit_from("77"))
    refund(left)


@pytest.mark.parametrize("failure", FAILURES)
def test_cancelling_that_fails_leaves_the_order_intact(
    offer: Offer, monkeypatch: pytest.MonkeyPatch, failure: Callable[..., None]
) -> None:
    send(request=visit_from("77"))
    monkeypatch.setattr(outbox, "call_off", failure)
    with transaction.atomic():
        cancel()
        refund()
        User.objects.create(username="after")
    assert User.objects.filter(username="after").exists()
