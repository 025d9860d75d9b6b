"""What becomes of a row that was sent, or was not sent after all."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection

from tests.tracking.outbox.steps import NOW, claimed, due, settled_as, statements
from tracking.models import Attempt, Offer, Postback
from tracking.postbacks import delivery, outbox
from tracking.postbacks.outbox import LEASE
from tracking.postbacks.verdicts import Verdict

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("status", ["accepted", "rejected", "unconfirmed", "failed"])
def test_a_settled_row_keeps_its_verdict_and_its_attempt(offer: Offer, status: str) -> None:
    claim = claimed(offer)

    outbox.settle([settled_as(claim, status, Verdict.REJECTED)], now=NOW)

    row = Postback.objects.get()
    assert (row.status, row.verdict, row.detail, row.settled_at) == (status, "rejected", "words", NOW)
    assert (row.attempts_made, row.due_at, row.claim_token, row.lease_expires_at) == (1, None, None, None)
    assert [attempt.is_late for attempt in row.attempts.all()] == [False]


def test_a_row_to_be_tried_again_is_pending_and_due_later(offer: Offer) -> None:
    claim = claimed(offer)

    outbox.settle([settled_as(claim, "pending", Verdict.BUSY)], now=NOW)

    row = Postback.objects.get()
    assert (row.status, row.due_at, row.settled_at) == ("pending", NOW + timedelta(minutes=5), None)
    assert outbox.claim(1, now=NOW) == []
    assert len(outbox.claim(1, now=NOW + timedelta(minutes=5))) == 1


def test_a_row_that_was_never_tried_counts_no_attempt(offer: Offer) -> None:
    outbox.settle([settled_as(claimed(offer), "failed", Verdict.FAILED, was_tried=False)], now=NOW)

    assert Postback.objects.get().attempts_made == 0
    assert not Attempt.objects.exists()


def test_eight_results_alike_cost_two_statements_at_most(offer: Offer) -> None:
    for _ in range(8):
        due(offer)
    claims = outbox.claim(8, now=NOW)

    with statements() as run:
        outbox.settle([settled_as(claim, "accepted") for claim in claims], now=NOW)

    assert len(run) == (1 if connection.vendor == "postgresql" else 2), run


def test_results_of_different_claims_are_settled_together_each_to_its_own_state(offer: Offer) -> None:
    states = ["accepted", "rejected", "unconfirmed", "failed", "accepted"]
    claims = [claimed(offer) for _ in states]

    outbox.settle([settled_as(claim, status) for claim, status in zip(claims, states, strict=True)], now=NOW)

    found = dict(Postback.objects.values_list("pk", "status"))
    assert [found[claim.postback_id] for claim in claims] == states


@pytest.mark.parametrize("by", ["settled", "swept", "claimed again", "released"])
def test_a_late_result_changes_nothing_and_is_logged(offer: Offer, by: str, caplog: pytest.LogCaptureFixture) -> None:
    zombie = claimed(offer)
    if by == "settled":
        outbox.settle([settled_as(zombie, "rejected", Verdict.REJECTED)], now=NOW)
    elif by == "swept":
        with time_machine.travel(NOW + LEASE * 2, tick=False):
            delivery.sweep()
    else:
        outbox.release([zombie])
        if by == "claimed again":
            outbox.claim(1, now=NOW)
    before = Postback.objects.values().get()

    outbox.settle([settled_as(zombie, "accepted")], now=NOW)

    assert Postback.objects.values().get() == before
    late = Attempt.objects.order_by("id").last()
    assert late is not None
    assert (late.is_late, late.verdict) == (True, "accepted")
    assert "after its lease had been taken away" in caplog.text


def test_settling_nothing_asks_nothing() -> None:
    with statements() as run:
        outbox.settle([], now=NOW)
        outbox.release([])

    assert run == []


def test_released_rows_are_due_as_before_and_count_no_attempt(offer: Offer) -> None:
    before = due(offer)
    outbox.release(outbox.claim(1, now=NOW))

    row = Postback.objects.get()
    assert (row.status, row.due_at, row.attempts_made) == ("pending", before.due_at, 0)


def test_a_late_release_changes_nothing(offer: Offer) -> None:
    claim = claimed(offer)
    outbox.settle([settled_as(claim, "accepted")], now=NOW)

    outbox.release([claim])

    assert Postback.objects.get().status == "accepted"


# Was it counted before? -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("earlier", "counted"),
    [
        ([], False),
        (["not_sent"], False),
        (["not_sent", "failed"], False),
        (["rejected"], False),
        (["duplicate"], False),
        (["unconfirmed"], True),
        (["accepted"], True),
        (["busy"], True),
        (["unconfirmed", "not_sent"], True),
    ],
)
def test_an_earlier_attempt_may_have_been_counted(offer: Offer, earlier: list[str], counted: bool) -> None:
    claim = claimed(offer, attempts_made=len(earlier))
    for verdict in earlier:
        Attempt.objects.create(postback_id=claim.postback_id, started_at=NOW, url="", verdict=verdict)

    assert outbox.may_have_been_counted(claim) is counted


def test_attempts_that_were_pruned_may_have_been_counted(offer: Offer) -> None:
    assert outbox.may_have_been_counted(claimed(offer, attempts_made=1))
