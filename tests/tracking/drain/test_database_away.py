"""What was sent while the database is away is written down later."""

import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from werkzeug import Request, Response

from tests.factories import OfferFactory
from tests.network import Network
from tests.tracking.drain.steps import owe, states
from tracking.models import Attempt
from tracking.postbacks import delivery, outbox, worker
from tracking.postbacks.outbox import claims
from tracking.postbacks.worker import Drain, Worker

pytestmark = pytest.mark.django_db


def failing(times: int, function: Callable[..., object]) -> Callable[..., object]:
    """`function`, with the database away for so many calls."""
    left = times

    def attempt(*args: object, **values: object) -> object:
        nonlocal left
        left -= 1
        if left >= 0:
            raise OperationalError("the database is away")
        return function(*args, **values)

    return attempt


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("no_sleep")
def test_results_that_cannot_be_written_are_held_and_written_later(
    network: Network, drain: Drain, monkeypatch: pytest.MonkeyPatch
) -> None:
    owe(OfferFactory(postback_url=network.postback_url), 5)
    monkeypatch.setattr(outbox, "settle", failing(3, outbox.settle))

    assert drain.run() == 5

    assert states() == {"accepted": 5}
    assert len(network.received) == Attempt.objects.count() == 5


@pytest.mark.django_db(transaction=True)
def test_results_written_before_the_database_went_away_are_not_written_again(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    owe(OfferFactory(postback_url=network.postback_url), 2)
    settle = outbox.settle

    def settle_and_lose_the_database(*args: Any, **values: Any) -> None:
        settle(*args, **values)
        monkeypatch.setattr(outbox, "settle", settle)
        monkeypatch.setattr(outbox, "claim", failing(1, outbox.claim))

    monkeypatch.setattr(outbox, "settle", settle_and_lose_the_database)
    drain = Drain(concurrency=1)
    with suppress(OperationalError):  # SQLite undoes both and tries again; the others have nothing in hand to lose
        drain.run()
    drain.run()
    drain.close()

    assert states() == {"accepted": 2}
    assert [attempt.is_late for attempt in Attempt.objects.all()] == [False, False]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("no_sleep")
def test_results_whose_commit_was_not_answered_are_not_written_again(
    network: Network, drain: Drain, monkeypatch: pytest.MonkeyPatch
) -> None:
    owe(OfferFactory(postback_url=network.postback_url), 2)
    settle = outbox.settle

    def settle_and_lose_the_answer(*args: Any, **values: Any) -> None:
        settle(*args, **values)
        monkeypatch.setattr(outbox, "settle", settle)
        raise OperationalError("the connection was lost while the commit was waited for")

    monkeypatch.setattr(outbox, "settle", settle_and_lose_the_answer)

    assert drain.run() == 2

    assert states() == {"accepted": 2}
    assert [attempt.is_late for attempt in Attempt.objects.all()] == [False, False]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("no_sleep")
def test_a_drain_that_gave_up_writes_what_it_holds_first_when_it_runs_again(
    network: Network, drain: Drain, monkeypatch: pytest.MonkeyPatch
) -> None:
    owe(OfferFactory(postback_url=network.postback_url))
    monkeypatch.setattr(worker, "DATABASE_PATIENCE", -1.0)
    monkeypatch.setattr(outbox, "settle", failing(1, outbox.settle))
    with pytest.raises(OperationalError):
        drain.run()
    assert states() == {"sending": 1}
    assert drain.is_holding

    assert drain.run() == 1

    assert states() == {"accepted": 1}
    assert not drain.is_holding
    assert len(network.received) == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("no_sleep")
def test_a_result_that_no_database_takes_does_not_stop_the_others_for_ever(
    network: Network, drain: Drain, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    offer = OfferFactory(postback_url=network.postback_url)
    owe(offer)
    monkeypatch.setattr(worker, "DATABASE_PATIENCE", -1.0)
    monkeypatch.setattr(claims, "LEASE", timedelta(0))
    monkeypatch.setattr(outbox, "settle", failing(1, outbox.settle))
    with pytest.raises(OperationalError):
        drain.run()

    assert not drain.is_holding
    assert "is lost" in caplog.text


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("no_sleep")
def test_a_worker_waits_for_a_database_that_is_away(
    network: Network, drain: Drain, monkeypatch: pytest.MonkeyPatch
) -> None:
    owe(OfferFactory(postback_url=network.postback_url), 2)
    monkeypatch.setattr(worker, "AFTER_ERROR", 0.0)
    monkeypatch.setattr(delivery, "sweep", failing(3, delivery.sweep))
    stop = threading.Event()

    def reply_and_stop(_request: Request) -> Response:
        if len(network.received) == 1:  # this is the second
            stop.set()
        return Response("success=true;")

    network.replies_by(reply_and_stop)

    Worker(drain, stop).run()

    assert states() == {"accepted": 2}


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("no_sleep")
def test_a_worker_that_is_stopped_writes_down_what_it_holds(
    network: Network, drain: Drain, monkeypatch: pytest.MonkeyPatch
) -> None:
    owe(OfferFactory(postback_url=network.postback_url), 2)
    stop = threading.Event()
    claims = 0
    claim = outbox.claim

    def away_after_the_first(limit: int, **values: object) -> list[outbox.Claim]:
        nonlocal claims
        claims += 1
        if claims > 1:
            stop.set()
            raise OperationalError("the database is away")
        return claim(limit, **values)

    monkeypatch.setattr(outbox, "claim", away_after_the_first)
    monkeypatch.setattr(worker, "LOOK_AGAIN", 0.0)
    monkeypatch.setattr(worker, "DATABASE_PATIENCE", 0.0)

    Worker(drain, stop).run()

    assert not drain.is_holding
    assert states() == Counter({"accepted": len(network.received), "pending": 2 - len(network.received)})
