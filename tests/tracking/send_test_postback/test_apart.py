"""Tests by `send_test_postback` stay apart from live sales."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.factories import completed_order, visit_from
from tests.tracking.send_test_postback.steps import send
from tracking.models import Offer, Postback
from tracking.postbacks import outbox
from tracking.sandbox import Fault, Sandbox
from tracking.signals import order_completed, postback_settled

pytestmark = pytest.mark.django_db


def test_it_is_logged_and_marked_as_a_test(offer: Offer) -> None:
    send("--order-id", "TEST-1")
    postback = Postback.objects.select_related("conversion").get()
    assert (postback.is_test, postback.conversion.is_test, postback.conversion.source) == (True, True, "test")
    assert (postback.status, postback.conversion.order_id) == ("accepted", "TEST-1")
    assert postback.attempts.get().verdict == "accepted"


def test_live_drains_leave_a_test_alone(offer: Offer, sandbox: Sandbox) -> None:
    sandbox.fault = Fault.UNAVAILABLE
    send()
    later = timezone.now() + timedelta(days=30)
    assert outbox.claim(10, now=later) == []
    assert outbox.next_due_at() is None


def test_it_leaves_live_postbacks_alone(offer: Offer, sandbox: Sandbox) -> None:
    order_completed.send(sender=None, order=completed_order(), request=visit_from("77"))
    send()
    assert Postback.objects.get(is_test=False).status == "pending"
    assert len(sandbox.requests) == 1


def test_a_receiver_of_settled_postbacks_hears_of_it(offer: Offer) -> None:
    heard: list[Postback] = []

    def listen(postback: Postback, **_: object) -> None:
        heard.append(postback)

    postback_settled.connect(listen)
    try:
        send()
    finally:
        postback_settled.disconnect(listen)
    assert [postback.is_test for postback in heard] == [True]
