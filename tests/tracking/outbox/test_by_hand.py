"""What a person may do with a row, and what calling an order off does."""

from collections.abc import Callable
from datetime import datetime
from uuid import uuid4

import pytest
from django.utils import timezone

from tests.factories import OfferFactory
from tests.tracking.outbox.steps import NOW, Status, claimed, due, settled_as
from tracking.models import Offer, Postback
from tracking.postbacks import outbox
from tracking.postbacks.outbox import LEASE, by_hand
from tracking.postbacks.verdicts import Verdict

pytestmark = pytest.mark.django_db


BY_HAND: dict[str, tuple[Callable[..., int], set[str], str]] = {
    "send_again": (outbox.send_again, {"pending", "rejected", "unconfirmed", "failed"}, "pending"),
    "mark_accepted": (outbox.mark_accepted, {"rejected", "unconfirmed", "failed"}, "accepted"),
    "cancel": (outbox.cancel, {"pending"}, "cancelled"),
}


@pytest.mark.parametrize("status", list(Status.values))
@pytest.mark.parametrize(("act", "allowed", "after"), list(BY_HAND.values()), ids=list(BY_HAND))
def test_a_person_moves_rows_only_along_the_diagram(
    offer: Offer, act: Callable[..., int], allowed: set[str], after: str, status: str
) -> None:
    lease = {"claim_token": uuid4(), "lease_expires_at": timezone.now() + LEASE} if status == "sending" else {}
    due(offer, status=status, **lease)

    count = act(Postback.objects.all(), why="By hand.")

    row = Postback.objects.get()
    assert count == (1 if status in allowed else 0)
    assert row.status == (after if status in allowed else status)
    assert row.detail == ("By hand." if status in allowed else "")
    assert (row.settled_at is not None) == (status in allowed and after != "pending")


def test_a_row_sent_again_has_the_whole_schedule_before_it(offer: Offer) -> None:
    due(offer, status="failed", attempts_made=10)

    outbox.send_again(Postback.objects.all(), why="By hand.")

    (claim,) = outbox.claim(1, now=timezone.now())
    assert (claim.attempts_made, claim.scheduled_attempt) == (10, 1)


@pytest.mark.parametrize("give_back", ["settle", "release"])
def test_an_order_called_off_while_it_is_being_sent_is_not_sent_again(offer: Offer, give_back: str) -> None:
    claim = claimed(offer)
    assert outbox.call_off(Postback.objects.all()) == 0
    if give_back == "settle":
        outbox.settle([settled_as(claim, "pending", Verdict.NOT_SENT)], now=NOW)
    else:
        outbox.release([claim])
    row = Postback.objects.get()
    assert (row.status, row.detail, row.due_at) == ("cancelled", outbox.CALLED_OFF, None)
    assert row.settled_at


def test_an_order_called_off_while_it_is_being_sent_may_still_be_accepted(offer: Offer) -> None:
    claim = claimed(offer)
    outbox.call_off(Postback.objects.all())
    outbox.settle([settled_as(claim, "accepted")], now=NOW)
    assert Postback.objects.get().status == "accepted"


def test_a_row_that_was_sent_meanwhile_is_not_sent_once_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two people at the same button: the second one's page is out of date."""
    due(OfferFactory(kind=Offer.Kind.LEAD), status="unconfirmed", amount=None, attempts_made=1)

    def meanwhile(_held_until: object, now: datetime) -> datetime:
        Postback.objects.update(status="unconfirmed", attempts_made=2)
        return now

    monkeypatch.setattr(by_hand, "due_after_hold", meanwhile)

    assert outbox.send_again(Postback.objects.all(), why="By hand.") == 0
    assert Postback.objects.get().status == "unconfirmed"


def test_an_order_called_off_meanwhile_is_not_sent_again(offer: Offer, monkeypatch: pytest.MonkeyPatch) -> None:
    due(offer, status="failed")

    def meanwhile(_held_until: object, now: datetime) -> datetime:
        outbox.call_off(Postback.objects.all())
        return now

    monkeypatch.setattr(by_hand, "due_after_hold", meanwhile)
    assert outbox.send_again(Postback.objects.all(), why="By hand.") == 0


def test_sending_again_does_not_go_past_another_currency(offer: Offer) -> None:
    due(offer, status="failed")
    Offer.objects.update(currency="EUR")
    outbox.send_again(Postback.objects.all(), why="By hand.")
    row = Postback.objects.get()
    assert (row.status, row.due_at) == ("pending", None)
    assert "nothing here converts" in row.detail


def test_tests_are_not_sent_again(offer: Offer) -> None:
    due(offer, status="failed", is_test=True)

    assert outbox.send_again(Postback.objects.all(), why="By hand.") == 0


@pytest.mark.parametrize(("status", "is_in_doubt"), [("pending", True), ("unconfirmed", False)])
def test_only_what_a_person_was_asked_about_is_in_doubt_no_more(offer: Offer, status: str, is_in_doubt: bool) -> None:
    """Nobody is asked about a pending row: it is sent in any case, while its offer drops repeats."""
    due(offer, status=status, is_in_doubt=True)
    outbox.send_again(Postback.objects.all(), why="By hand.")
    assert Postback.objects.get().is_in_doubt is is_in_doubt
