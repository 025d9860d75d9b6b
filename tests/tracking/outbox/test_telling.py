"""Who is told of a settled row, and that being told undoes nothing."""

from collections import Counter
from collections.abc import Iterator

import pytest
from django.db import DatabaseError, transaction

from tests.tracking.outbox.steps import NOW, claimed, settled_as
from tracking.models import Attempt, Offer, Postback
from tracking.postbacks import outbox
from tracking.postbacks.verdicts import Verdict
from tracking.signals import postback_settled

pytestmark = pytest.mark.django_db


@pytest.fixture
def told() -> Iterator[list[Postback]]:
    heard: list[Postback] = []

    def receiver(postback: Postback, **_kwargs: object) -> None:
        heard.append(postback)

    postback_settled.connect(receiver)
    yield heard
    postback_settled.disconnect(receiver)


def test_receivers_are_told_of_settled_rows_alone(offer: Offer, told: list[Postback]) -> None:
    first, second = claimed(offer), claimed(offer)

    outbox.settle([settled_as(first, "accepted"), settled_as(second, "pending", Verdict.BUSY)], now=NOW)

    assert [(row.pk, row.status) for row in told] == [(first.postback_id, "accepted")]


def test_receivers_are_not_told_of_late_results(offer: Offer, told: list[Postback]) -> None:
    claim = claimed(offer)
    outbox.release([claim])

    outbox.settle([settled_as(claim, "accepted")], now=NOW)

    assert told == []


def test_a_receiver_that_fails_undoes_nothing(offer: Offer) -> None:
    def receiver(**_kwargs: object) -> None:
        raise RuntimeError("a receiver of the shop's")

    postback_settled.connect(receiver)
    try:
        outbox.settle([settled_as(claimed(offer), "accepted")], now=NOW)
    finally:
        postback_settled.disconnect(receiver)

    assert Postback.objects.get().status == "accepted"


@pytest.mark.usefixtures("told")
def test_receivers_that_cannot_be_told_do_not_have_results_written_twice(
    offer: Offer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(**_kwargs: object) -> None:
        raise DatabaseError("gone")

    monkeypatch.setattr(postback_settled, "send_robust", away)

    outbox.settle([settled_as(claimed(offer), "accepted")], now=NOW)  # does not raise: the drain would try again

    assert Attempt.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_settlement_that_failed_can_be_written_once_more(offer: Offer) -> None:
    """The number that the first try gave its attempt may be another's by then."""
    settlement = settled_as(claimed(offer), "accepted")
    with transaction.atomic():
        outbox.settle([settlement], now=NOW)
        transaction.set_rollback(True)  # lost at the commit
    other = claimed(offer)
    outbox.settle([settled_as(other, "accepted")], now=NOW)

    outbox.settle([settlement], now=NOW)

    assert Counter(Postback.objects.values_list("status", flat=True)) == {"accepted": 2}
    assert Attempt.objects.count() == 2
