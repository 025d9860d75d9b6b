"""`requeue_postbacks`: sending again what delivery has given up on, and deciding anew once an offer is known."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from tests.factories import (
    GLOBAL_URL,
    PARTNER_URL,
    ConversionFactory,
    OfferFactory,
    PostbackFactory,
    completed_order,
    visit_from,
)
from tests.tracking.terminal import Ended, run
from tracking.models import Conversion, Offer, Postback
from tracking.postbacks import engines
from tracking.signals import order_cancelled, order_completed

pytestmark = pytest.mark.django_db


@pytest.fixture
def offer() -> Offer:
    found: Offer = OfferFactory()
    return found


@pytest.fixture(autouse=True)
def kicks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    counted: list[int] = []
    monkeypatch.setattr(engines, "kick", lambda: counted.append(1))
    return counted


def requeue(*arguments: str) -> Ended:
    return run("requeue_postbacks", *arguments)


def postback(offer: Offer, order_id: str = "1001", **values: Any) -> Postback:
    found: Postback = PostbackFactory(
        offer=offer, conversion__order_id=order_id, **{"due_at": None, "attempts_made": 10, **values}
    )
    return found


def state(order_id: str = "1001") -> str:
    return Postback.objects.get(conversion__order_id=order_id).status


# Which ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["rejected", "failed"])
def test_what_was_given_up_is_due_again_with_its_whole_schedule(offer: Offer, kicks: list[int], status: str) -> None:
    postback(offer, status=status, settled_at=timezone.now())
    ended = requeue("1001")
    assert (ended.status, ended.out, ended.err) == (0, "Sent again: 1; newly credited: 0.\n", "")
    row = Postback.objects.get()
    assert (row.status, row.settled_at, row.attempts_before_requeue) == ("pending", None, 10)
    assert row.due_at is not None
    assert row.due_at <= timezone.now()
    assert kicks == [1]


def test_what_waits_for_a_later_time_is_due_now(offer: Offer) -> None:
    postback(offer, due_at=timezone.now() + timedelta(hours=20))
    assert requeue("--status", "pending").status == 0
    due_at = Postback.objects.get().due_at
    assert due_at is not None
    assert due_at <= timezone.now()


@pytest.mark.parametrize("status", ["accepted", "cancelled"])
def test_what_is_over_is_never_sent_again(offer: Offer, kicks: list[int], status: str) -> None:
    postback(offer, status=status)
    for arguments in (("1001",), ("--offer", "12345"), ("1001", "--may-pay-twice")):
        ended = requeue(*arguments)
        assert ended.status == 1
        assert "Nothing was sent again" in ended.err
    assert state() == status
    assert kicks == []


def test_what_is_being_sent_is_left_alone(offer: Offer) -> None:
    postback(
        offer,
        status="sending",
        claim_token="12345678123456781234567812345678",
        lease_expires_at=timezone.now() + timedelta(seconds=90),
    )
    assert requeue("1001", "--may-pay-twice").status == 1
    assert state() == "sending"


def test_a_test_is_never_sent_again(offer: Offer) -> None:
    postback(offer, status="failed", is_test=True, conversion__is_test=True)
    assert requeue("1001").status == 1


def test_orders_states_and_offers_narrow_each_other(offer: Offer) -> None:
    other = OfferFactory(offer_id="2", is_default=False)
    postback(offer, "1", status="failed")
    postback(offer, "2", status="rejected")
    postback(other, "3", status="failed")
    postback(offer, "4", status="failed")
    assert requeue("1", "2", "3", "--status", "failed", "--offer", "12345").status == 1
    assert [state(order_id) for order_id in "1234"] == ["pending", "rejected", "failed", "failed"]


def test_an_order_named_and_not_sent_is_told(offer: Offer) -> None:
    postback(offer, "1001", status="failed")
    postback(offer, "1002", status="accepted")
    ended = requeue("1001", "1002", "9999")
    assert (ended.status, state("1001")) == (1, "pending")
    assert "Left out, in no state that allows it: 1002, 9999.\n" in ended.err


@pytest.mark.parametrize("arguments", [(), ("--dry-run",), ("--may-pay-twice",), ("1", "--offer", "999")])
def test_wrong_usage_exits_2(offer: Offer, arguments: tuple[str, ...]) -> None:
    postback(offer, status="failed")
    assert requeue(*arguments).status == 2
    assert state() == "failed"


# Of unknown outcome -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [("1001",), ("--status", "unconfirmed"), ("--offer", "12345")])
def test_what_may_have_arrived_is_left_out_and_named(offer: Offer, arguments: tuple[str, ...]) -> None:
    postback(offer, status="unconfirmed")
    ended = requeue(*arguments)
    assert ended.status == 1
    assert "Left out, Aspire may have counted them: 1001." in ended.err
    assert state() == "unconfirmed"


def test_the_others_are_sent_all_the_same(offer: Offer) -> None:
    postback(offer, "1001", status="unconfirmed")
    postback(offer, "1002", status="failed")
    ended = requeue("1001", "1002")
    assert (ended.status, ended.out) == (1, "Sent again: 1; newly credited: 0.\n")
    assert (state("1001"), state("1002")) == ("unconfirmed", "pending")


def test_with_may_pay_twice_it_is_sent_again(offer: Offer) -> None:
    postback(offer, status="unconfirmed")
    ended = requeue("1001", "--may-pay-twice")
    assert (ended.status, ended.err, state()) == (0, "", "pending")


# Waiting for what the reason names --------------------------------------------------------------------------


def complete(request: Any, **values: Any) -> Conversion:
    order = completed_order(**values)
    order_completed.send(sender=None, order=order, request=request)
    return Conversion.objects.get(order_id=order.order_id)


def test_an_amount_is_worked_out_once_the_offers_currency_is_right(offer: Offer) -> None:
    complete(visit_from("77"), currency="EUR")
    assert requeue("1001").status == 0
    assert Postback.objects.get().due_at is None
    Offer.objects.update(currency="EUR")
    assert requeue("1001").status == 0
    row = Postback.objects.get()
    assert (str(row.amount), row.due_at is not None) == ("49.99", True)


# An unknown offer -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [("--status", "unknown_offer"), ("--offer", "999"), ("1001",)])
def test_an_order_of_an_unknown_offer_is_credited_once_it_is_set_up(
    offer: Offer, kicks: list[int], arguments: tuple[str, ...]
) -> None:
    complete(visit_from("77", offer_id="999"))
    run("set_offer", "--offer-id", "999", "--postback-url", PARTNER_URL.replace("12345", "999"))
    ended = requeue(*arguments)
    assert (ended.status, ended.out) == (0, "Sent again: 0; newly credited: 1.\n")
    conversion = Conversion.objects.get()
    assert (conversion.outcome, conversion.offer and conversion.offer.offer_id) == ("credited", "999")
    assert state() == "pending"
    assert kicks == [1]


def test_an_order_without_a_default_offer_is_credited_once_there_is_one() -> None:
    complete(visit_from("77"))
    run("set_offer", "--offer-id", "12345", "--postback-url", PARTNER_URL, "--default")
    assert requeue("--offer", "12345").out == "Sent again: 0; newly credited: 1.\n"


def test_an_offer_that_is_still_unknown_exits_1(offer: Offer) -> None:
    complete(visit_from("77", offer_id="999"))
    assert requeue("--status", "unknown_offer").status == 1
    assert Conversion.objects.get().outcome == "unknown_offer"


def test_another_state_does_not_decide_anew(offer: Offer) -> None:
    complete(visit_from("77", offer_id="999"))
    OfferFactory(offer_id="999", is_default=False)
    assert requeue("--status", "failed").status == 1
    assert Conversion.objects.get().outcome == "unknown_offer"


def test_an_order_cancelled_meanwhile_is_not_credited(offer: Offer) -> None:
    complete(visit_from("77", offer_id="999"))
    order_cancelled.send(sender=None, order_id="1001")
    OfferFactory(offer_id="999", is_default=False)
    assert requeue("--status", "unknown_offer").status == 1
    assert not Postback.objects.exists()


# A dry run --------------------------------------------------------------------------------------------------


def test_a_dry_run_counts_and_changes_nothing(offer: Offer, kicks: list[int]) -> None:
    postback(offer, "1", status="failed")
    postback(offer, "2", status="unconfirmed")
    complete(visit_from("77", offer_id="999"))
    before = list(Postback.objects.order_by("id").values())
    ended = requeue("1", "2", "1001", "--dry-run")
    assert (ended.status, ended.out) == (0, "Would send again: 1; would decide anew: 1.\n")
    assert list(Postback.objects.order_by("id").values()) == before
    assert kicks == []


# Orders whose offer was unknown -----------------------------------------------------------------------------


def waiting(order_id: str, offer_id: str) -> Conversion:
    conversion: Conversion = ConversionFactory(
        order_id=order_id, click_offer_id=offer_id, transaction_id="abc", outcome="unknown_offer", offer=None
    )
    return conversion


def credited() -> set[str]:
    return set(Conversion.objects.filter(outcome="credited").values_list("order_id", flat=True))


def global_offer(**values: Any) -> Offer:
    made = {"offer_id": "global", "postback_url": GLOBAL_URL, "protocol": "transaction-id", "is_default": False}
    found: Offer = OfferFactory(**{**made, "is_global": True, **values})
    return found


@pytest.mark.parametrize(("has_default", "expected"), [(False, {"named", "none"}), (True, {"named"})])
def test_the_global_offer_takes_the_orders_that_no_other_one_means(has_default: bool, expected: set[str]) -> None:
    OfferFactory(offer_id="1", is_default=False)
    if has_default:
        OfferFactory(offer_id="2")
    waiting("other", "1")
    waiting("named", "999")
    waiting("none", "")
    global_offer()
    assert requeue("--offer", "global").status == 0
    assert credited() == expected


def test_a_paused_offer_that_takes_orders_again_gets_those_that_waited(offer: Offer) -> None:
    Offer.objects.update(is_active=False)
    waiting("named", "12345")
    waiting("none", "")
    assert requeue("--status", "unknown_offer").status == 1
    Offer.objects.update(is_active=True)
    assert requeue("--status", "unknown_offer").out == "Sent again: 0; newly credited: 2.\n"
