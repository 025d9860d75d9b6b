"""Rows are taken oldest first, and no more than their host may have; a stop gives back what nobody has begun."""

import threading
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from django.utils import timezone

from tests.factories import OfferFactory
from tests.network import Network
from tests.tracking.intake.steps import ONE, begin, end, ended, offer_at, owe, states
from tracking.models import Attempt, HostPause, Postback
from tracking.postbacks import outbox
from tracking.postbacks.intake import Intake
from tracking.postbacks.manners import FAILURES_TO_BREAK, FIRST_WINDOW
from tracking.postbacks.senders import Senders
from tracking.postbacks.verdicts import Verdict
from tracking.postbacks.worker import Drain

pytestmark = pytest.mark.django_db


def test_the_oldest_rows_are_taken_first_and_never_more_than_there_is_room() -> None:
    rows = owe(offer_at(ONE), 5)
    intake = Intake(8)
    assert [claim.postback_id for claim in begin(intake, 2)] == [row.pk for row in rows[:2]]
    assert states() == {"sending": 2, "pending": 3}


def test_a_host_that_nobody_knows_yet_gets_a_few_and_more_with_each_answer() -> None:
    owe(offer_at(ONE), 40)
    intake = Intake(32)
    sizes = []
    for _ in range(3):
        claims = begin(intake)
        sizes.append(len(claims))
        end(intake, claims, Verdict.ACCEPTED)
    assert sizes == [FIRST_WINDOW, 8, 16]


def test_offers_of_one_host_count_together() -> None:
    for _ in range(2):
        owe(offer_at(ONE), 4)
    assert len(begin(Intake(32))) == FIRST_WINDOW


def test_what_was_taken_but_not_sent_makes_room_again() -> None:
    owe(offer_at(ONE), 8)
    intake = Intake(32)
    claims = begin(intake)
    outbox.release(claims)
    intake.ended_unsent(claims)
    assert len(begin(intake)) == FIRST_WINDOW


def test_an_offer_whose_url_names_no_host_holds_up_nobody(network: Network) -> None:
    broken = OfferFactory(postback_url="nonsense")
    rows = owe(broken, 6)
    drain = Drain(concurrency=2)
    assert drain.run() == 6
    drain.close()
    assert states() == {"failed": len(rows)}


# A stop ---------------------------------------------------------------------------------------------------------


def test_once_stopped_what_no_thread_has_begun_goes_back_and_what_is_under_way_is_settled(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[object] = []
    start = Senders._start_thread

    def start_one(senders: Senders[Any, Any]) -> bool:
        """The machine has threads to spare, but is slow to start them."""
        started.append(None)
        return start(senders) if len(started) == 1 else True

    monkeypatch.setattr(Senders, "_start_thread", start_one)
    stop, under_way = threading.Event(), threading.Event()
    rows = owe(OfferFactory(postback_url=network.postback_url), 10)
    drain = Drain(concurrency=4)

    def look(_moment: datetime | None = None) -> None:
        if Postback.objects.filter(status="sending").exists():
            stop.set()
            under_way.set()

    assert drain.run(stop, each_round=look) == len(network.received) >= 1

    drain.close()
    assert under_way.is_set()
    assert states() == {"accepted": len(network.received), "pending": 10 - len(network.received)}
    unsent = Postback.objects.filter(status="pending")
    assert {(row.attempts_made, row.claim_token) for row in unsent} == {(0, None)}
    assert {row.due_at for row in unsent} <= {row.due_at for row in rows}


def test_what_was_too_late_to_be_sent_is_no_failure_of_the_host() -> None:
    owe(offer_at(ONE), FAILURES_TO_BREAK)
    intake = Intake(32)
    while claims := begin(intake):
        late = [replace(ended(claim, Verdict.NOT_SENT), tells_of_host=False) for claim in claims]
        outbox.settle([intake.ended(settlement) for settlement in late], now=timezone.now())

    intake.tell()

    assert not HostPause.objects.exists()
    assert Attempt.objects.count() >= FAILURES_TO_BREAK
