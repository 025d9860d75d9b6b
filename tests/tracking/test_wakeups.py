"""Wake-ups: on PostgreSQL a commit wakes the workers; elsewhere, and behind a pooler, they look again and again."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlsplit

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from tests.factories import ConversionFactory, OfferFactory
from tests.network import Network
from tests.tracking.terminal import start_manage
from tests.tracking.waiting import PATIENCE, until
from tracking.models import Offer, Postback
from tracking.postbacks import outbox
from tracking.postbacks.wakeups import Wakeups
from tracking.postbacks.worker import SHORTEST_POLL, Drain, Worker

pytestmark = pytest.mark.django_db(transaction=True)

on_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="only PostgreSQL notifies")

SOON: Final = 15.0  # seconds; far less than the interval below, so that no look of its own wakes a worker
INTERVAL: Final = "300"


def order(offer: Offer, *, is_rolled_back: bool = False) -> None:
    """An order as the shop commits it, or does not."""
    with transaction.atomic():
        conversion = ConversionFactory(offer=offer, items_total=Decimal(10))
        outbox.enqueue(conversion, now=timezone.now())
        transaction.set_rollback(is_rolled_back)


def elsewhere(work: Callable[[], object]) -> None:
    """Do something on a database connection of its own."""

    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(SOON)
    assert not thread.is_alive()


def seconds_of(work: Callable[[], object]) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began


@pytest.fixture
def offer(network: Network) -> Offer:
    return OfferFactory(postback_url=network.postback_url)


@pytest.fixture
def listening() -> Wakeups:
    found = Wakeups(threading.Event())
    found.wait(60)  # begins to listen, and does not wait: something may have come before
    return found


# On PostgreSQL --------------------------------------------------------------------------------------------------


@on_postgresql
def test_a_commit_wakes_who_waits(listening: Wakeups, offer: Offer) -> None:
    waiter = threading.Timer(0.1, lambda: (order(offer), connection.close()))
    waiter.start()
    assert seconds_of(lambda: listening.wait(60)) < SOON
    waiter.join()


@on_postgresql
def test_a_commit_between_two_waits_is_not_missed(listening: Wakeups, offer: Offer) -> None:
    elsewhere(lambda: order(offer))
    assert seconds_of(lambda: listening.wait(60)) < SOON


@on_postgresql
def test_a_commit_that_was_heard_with_the_answer_to_a_query_is_not_missed(listening: Wakeups, offer: Offer) -> None:
    elsewhere(lambda: order(offer))
    Postback.objects.count()  # as while another order's result is written down
    assert seconds_of(lambda: listening.wait(60)) < SOON
    assert seconds_of(lambda: listening.wait(0.2)) >= 0.2  # and it is heard once


@on_postgresql
def test_a_rollback_wakes_nobody(listening: Wakeups, offer: Offer) -> None:
    elsewhere(lambda: order(offer, is_rolled_back=True))
    assert seconds_of(lambda: listening.wait(0.3)) >= 0.3


@on_postgresql
def test_a_person_who_sends_again_wakes_the_workers(listening: Wakeups, offer: Offer) -> None:
    conversion = ConversionFactory(offer=offer)
    Postback.objects.create(conversion=conversion, offer=offer, status="failed", amount=1, created_at=timezone.now())
    elsewhere(lambda: outbox.send_again(Postback.objects.all(), why="asked"))
    assert seconds_of(lambda: listening.wait(60)) < SOON


@on_postgresql
def test_over_a_new_connection_it_listens_anew(listening: Wakeups, offer: Offer) -> None:
    connection.close()
    assert seconds_of(lambda: listening.wait(60)) < SOON  # something may have come while nobody listened
    elsewhere(lambda: order(offer))
    assert seconds_of(lambda: listening.wait(60)) < SOON


@on_postgresql
def test_a_stop_ends_the_wait(offer: Offer) -> None:
    stop = threading.Event()
    waiting = Wakeups(stop)
    waiting.wait(60)
    stop.set()
    assert seconds_of(lambda: waiting.wait(60)) < SOON


@on_postgresql
def test_behind_a_pooler_nothing_is_notified_and_nobody_listens(offer: Offer, settings: Settings) -> None:
    settings.TRACKING_NOTIFY = False
    with CaptureQueriesContext(connection) as queries:
        order(offer)
        assert seconds_of(lambda: Wakeups(threading.Event()).wait(0.05)) >= 0.05
    assert [query for query in queries if "notify" in query["sql"].lower() or "LISTEN" in query["sql"]] == []


# Everywhere: polling --------------------------------------------------------------------------------------------


def waits_of_a_worker(monkeypatch: pytest.MonkeyPatch, count: int, **options: Any) -> list[float]:
    """How long an idle worker waits each time, at first after it has delivered."""
    stop, waits = threading.Event(), []

    def wait(_wakeups: Wakeups, seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == count:
            stop.set()

    monkeypatch.setattr(Wakeups, "wait", wait)
    drain = Drain(concurrency=2)
    Worker(drain, stop, **options).run()
    drain.close()
    return waits


def test_without_notifications_a_worker_looks_often_after_work_and_ever_less_when_idle(
    offer: Offer, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.TRACKING_NOTIFY = False
    order(offer)
    assert waits_of_a_worker(monkeypatch, 6) == [SHORTEST_POLL, 0.1, 0.2, 0.4, 0.5, 0.5]


def test_the_interval_is_the_longest_time_between_two_looks(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.TRACKING_NOTIFY = False
    assert waits_of_a_worker(monkeypatch, 2, interval=7.0) == [7.0, 7.0]


@on_postgresql
@pytest.mark.parametrize(("interval", "seconds"), [(None, 1.0), (7.0, 7.0)])
def test_where_commits_wake_it_a_worker_looks_by_itself_at_the_interval_alone(
    offer: Offer, monkeypatch: pytest.MonkeyPatch, interval: float | None, seconds: float
) -> None:
    order(offer)
    assert waits_of_a_worker(monkeypatch, 3, interval=interval) == [seconds] * 3


# As a process ---------------------------------------------------------------------------------------------------


def database_url() -> str:
    """The test database, as another process reaches it."""
    parts = urlsplit(os.environ["DATABASE_URL"])
    return parts._replace(path=f"/{connection.settings_dict['NAME']}").geturl()


@contextmanager
def worker(*options: str, **environment: str) -> Iterator[None]:
    """A worker of its own, which has to end well when the block does."""
    with start_manage("deliver_postbacks", *options, database=database_url(), **environment) as process:
        try:
            yield
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=PATIENCE)
        finally:
            process.kill()
    assert process.returncode == 0


def is_received_soon(network: Network, count: int) -> None:
    began = time.monotonic()
    until(lambda: len(network.received) == count, f"{count} postbacks arrive")
    until(lambda: Postback.objects.filter(status="accepted").count() == count, "they are written down")
    assert time.monotonic() - began < SOON


def end_other_connections() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        assert cursor.fetchone()[0] >= 1


@on_postgresql
def test_a_worker_is_woken_by_each_commit(network: Network, offer: Offer) -> None:
    with worker("--interval", INTERVAL):
        for number in range(1, 6):
            order(offer)
            is_received_soon(network, number)


@on_postgresql
def test_a_worker_whose_connection_was_ended_listens_again(network: Network, offer: Offer) -> None:
    with worker("--interval", INTERVAL):
        order(offer)
        is_received_soon(network, 1)
        end_other_connections()
        for number in range(2, 5):  # the first of them may be found by looking; the others wake it
            order(offer)
            is_received_soon(network, number)


@on_postgresql
def test_told_not_to_listen_a_worker_finds_the_work_by_looking(network: Network, offer: Offer) -> None:
    with worker("--interval", "0.2", TRACKING_NOTIFY="0"):
        for number in range(1, 4):
            order(offer)
            is_received_soon(network, number)
