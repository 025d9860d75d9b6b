"""Hold: a postback falls due some days after its order, so that a refund meanwhile costs no commission."""

from datetime import timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.factories import ConversionFactory, OfferFactory, completed_order, visit_from
from tracking.currency import ExchangeRate
from tracking.models import Offer, Postback
from tracking.postbacks import outbox
from tracking.reports.explain import explain
from tracking.signals import order_completed, order_refunded

pytestmark = pytest.mark.django_db

NOW = timezone.now().replace(microsecond=0)
HOLD = timedelta(days=14)


@pytest.fixture(autouse=True)
def offer() -> Offer:
    return OfferFactory(hold_days=14)


def complete(**order: Any) -> Postback:
    order = {"completed_at": NOW, **order}
    order_completed.send(sender=None, order=completed_order(**order), request=visit_from("77", clicked_at=NOW - HOLD))
    return Postback.objects.get()


def requeue(*args: str) -> str:
    told = StringIO()
    call_command("requeue_postbacks", *args, stdout=told, stderr=told)
    return told.getvalue()


def test_a_postback_falls_due_when_the_hold_ends() -> None:
    postback = complete()
    assert (postback.due_at, postback.held_until) == (NOW + HOLD, NOW + HOLD)
    assert outbox.claim(1, now=NOW + HOLD - timedelta(seconds=1)) == []
    assert len(outbox.claim(1, now=NOW + HOLD)) == 1


def test_the_hold_counts_from_the_orders_completion() -> None:
    postback = complete(completed_at=NOW - timedelta(days=20))
    assert postback.held_until == NOW - timedelta(days=6)
    assert postback.due_at <= timezone.now()


def test_an_offer_without_a_hold_holds_nothing() -> None:
    Offer.objects.update(hold_days=0)
    assert complete().held_until is None


def test_a_change_of_the_hold_leaves_recorded_orders_as_they_are() -> None:
    complete()
    Offer.objects.update(hold_days=1)
    outbox.work_out_waiting(now=timezone.now())
    assert Postback.objects.get().due_at == NOW + HOLD


def test_a_full_refund_during_the_hold_costs_nothing() -> None:
    complete()
    order_refunded.send(sender=None, order_id="1001", items_total=Decimal(0))
    assert Postback.objects.get().status == "cancelled"


def test_a_refund_in_part_during_the_hold_lowers_the_amount_and_keeps_the_hold() -> None:
    complete()
    order_refunded.send(sender=None, order_id="1001", items_total=Decimal(20))
    postback = Postback.objects.get()
    assert (postback.amount, postback.due_at) == (Decimal(20), NOW + HOLD)


def test_an_order_that_waited_for_a_rate_is_held_all_the_same(settings: Any) -> None:
    complete(currency="EUR")
    settings.TRACKING_CURRENCY_CONVERTER = lambda *_question: ExchangeRate(Decimal("1.1"), timezone.localdate())
    outbox.work_out_waiting(now=timezone.now())
    assert Postback.objects.get().due_at == NOW + HOLD


def test_a_test_is_not_held(offer: Offer) -> None:
    row = outbox.enqueue(ConversionFactory(offer=offer, is_test=True), now=NOW)
    assert (row.due_at, row.held_until) == (NOW, None)


# By hand ----------------------------------------------------------------------------------------------------


def test_sending_again_does_not_end_the_hold_by_itself() -> None:
    complete()
    assert outbox.send_again(Postback.objects.all(), why="By hand.") == 1
    assert Postback.objects.get().due_at == NOW + HOLD


def test_a_person_may_end_the_hold() -> None:
    complete()
    outbox.send_again(Postback.objects.all(), why="By hand.", despite_hold=True)
    postback = Postback.objects.get()
    assert postback.due_at <= timezone.now()
    assert postback.held_until is None


def test_requeueing_leaves_held_postbacks_out_and_says_so() -> None:
    complete()
    told = StringIO()
    with pytest.raises(CommandError, match="Nothing was sent again"):
        call_command("requeue_postbacks", "1001", stderr=told)
    assert "Left out, still held: 1001. --despite-hold sends them anyway." in told.getvalue()
    assert Postback.objects.get().due_at == NOW + HOLD


def test_requeueing_despite_the_hold_sends_now() -> None:
    complete()
    assert "Sent again: 1" in requeue("1001", "--despite-hold")
    assert Postback.objects.get().due_at <= timezone.now()


def press(client: Client, postback: Postback, **form: Any) -> Any:
    address = reverse("admin:tracking_postback_changelist")
    return client.post(address, {"action": "send_again", "_selected_action": [postback.pk], **form})


def test_the_admin_asks_before_it_ends_a_hold(admin_client: Client) -> None:
    page = press(admin_client, complete()).content.decode()
    assert "kept back by their offer until a refund is unlikely" in page
    assert "Nobody knows whether Aspire has counted" not in page
    assert Postback.objects.get().due_at == NOW + HOLD


def test_the_admin_ends_a_hold_once_that_is_confirmed(admin_client: Client, admin_user: User) -> None:
    postback = complete()
    press(admin_client, postback, confirmed="yes", held=str(postback.pk))
    postback.refresh_from_db()
    assert postback.held_until is None
    assert postback.due_at <= timezone.now()
    assert postback.detail == "Queued to be sent again by admin. Its hold was ended with that."


def test_the_admin_ends_no_hold_that_it_did_not_ask_about(admin_client: Client) -> None:
    press(admin_client, complete(), confirmed="yes")
    assert Postback.objects.get().due_at == NOW + HOLD


# Telling ----------------------------------------------------------------------------------------------------


def test_the_story_says_until_when_it_is_held() -> None:
    complete()
    [order] = explain("1001", now=NOW).orders
    assert order.postback
    assert "Held until" in [fact.label for fact in order.postback.facts]
    assert order.next_step.startswith("Held until ")
    assert "14 days more" in order.next_step


def test_the_list_says_until_when_it_is_held(admin_client: Client) -> None:
    complete()
    assert "held until" in admin_client.get(reverse("admin:tracking_postback_changelist")).content.decode()


def test_the_hold_is_set_by_command() -> None:
    call_command("set_offer", offer_id="12345", hold_days=30, stdout=StringIO())
    assert Offer.objects.get().hold_days == 30


@pytest.mark.parametrize("days", ["-1", "366"])
def test_a_hold_that_cannot_be_is_refused(days: str) -> None:
    with pytest.raises(CommandError, match="--hold-days"):
        call_command("set_offer", "--offer-id=12345", f"--hold-days={days}")
