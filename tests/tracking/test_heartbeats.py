"""Heartbeats: each worker writes down that it is alive, and leaves nothing behind when it ends in good order."""

import signal
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from tests.factories import OfferFactory, PostbackFactory
from tests.network import Network
from tests.tracking.processes import Machine, copied, migrated
from tests.tracking.terminal import start_manage
from tests.tracking.waiting import PATIENCE, until
from tracking.models import WorkerHeartbeat
from tracking.postbacks import heartbeats
from tracking.postbacks.heartbeats import Heartbeat
from tracking.postbacks.worker import Drain, Worker

pytestmark = pytest.mark.django_db


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every chance of a beat is taken."""
    monkeypatch.setattr(heartbeats, "EVERY", 0.0)


def test_a_worker_that_beats_is_alive() -> None:
    Heartbeat().beat(7)
    [row] = heartbeats.alive(now=timezone.now())
    assert row.delivered == 7
    assert row.started_at <= row.beat_at <= timezone.now()


def test_a_worker_that_has_not_beaten_for_a_minute_is_not() -> None:
    Heartbeat().beat(0)
    assert heartbeats.alive(now=timezone.now() + timedelta(seconds=59)).exists()
    assert not heartbeats.alive(now=timezone.now() + timedelta(seconds=61)).exists()


@pytest.mark.usefixtures("often")
def test_each_beat_is_written_to_the_worker_s_own_row() -> None:
    one, other = Heartbeat(), Heartbeat()
    for delivered in range(3):
        one.beat(delivered)
    other.beat(50)
    assert sorted(WorkerHeartbeat.objects.values_list("delivered", flat=True)) == [2, 50]


def test_between_two_beats_nothing_is_written(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    heartbeat = Heartbeat()
    heartbeat.beat(0)
    with django_assert_num_queries(0):
        for _ in range(100):
            heartbeat.beat(1)


@pytest.mark.usefixtures("often")
def test_a_row_that_somebody_deleted_is_written_anew() -> None:
    heartbeat = Heartbeat()
    heartbeat.beat(0)
    WorkerHeartbeat.objects.all().delete()
    heartbeat.beat(3)
    assert WorkerHeartbeat.objects.get().delivered == 3


def test_a_worker_that_ends_in_good_order_takes_its_row_along() -> None:
    ending, staying = Heartbeat(), Heartbeat()
    ending.beat(0)
    staying.beat(5)
    ending.end()
    assert WorkerHeartbeat.objects.get().delivered == 5


@pytest.mark.parametrize(("hours", "left"), [(23, 2), (25, 1)])
def test_a_worker_that_was_killed_is_forgotten_after_a_day(hours: int, left: int) -> None:
    long_ago = timezone.now() - timedelta(hours=hours)
    WorkerHeartbeat.objects.create(name="gone", started_at=long_ago, beat_at=long_ago)
    Heartbeat().beat(0)
    assert WorkerHeartbeat.objects.count() == left


@pytest.mark.usefixtures("often")
def test_a_worker_beats_in_the_middle_of_a_long_drain_with_what_it_has_delivered(network: Network) -> None:
    offer = OfferFactory(postback_url=network.postback_url)
    for _ in range(30):
        PostbackFactory(offer=offer)
    stop, drain = threading.Event(), Drain(concurrency=2)
    seen: list[int] = []

    def look(_thread: object = None) -> None:
        seen.extend(WorkerHeartbeat.objects.values_list("delivered", flat=True))

    beat = Heartbeat.beat
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Heartbeat, "beat", lambda heartbeat, delivered: (beat(heartbeat, delivered), look()))
        Worker(drain, stop, most=30).run()
    drain.close()
    assert any(0 < delivered < 30 for delivered in seen)
    assert seen == sorted(seen)
    assert not WorkerHeartbeat.objects.exists()


# As a process ---------------------------------------------------------------------------------------------------


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return copied(migrated(tmp_path), tmp_path)


@pytest.mark.parametrize(("number", "left"), [(signal.SIGTERM, 0), (signal.SIGKILL, 1)])
def test_a_worker_that_is_told_to_end_leaves_no_row_and_one_that_is_killed_does(
    database: Path, number: int, left: int
) -> None:
    machine = Machine(database, port=1)
    with start_manage("deliver_postbacks", database=database) as process:
        until(lambda: machine.rows("name", "workerheartbeat"), "the worker beats")
        [(name,)] = machine.rows("name", "workerheartbeat")
        assert f":{process.pid}:" in str(name)
        process.send_signal(number)
        process.communicate(timeout=PATIENCE)
    assert len(machine.rows("name", "workerheartbeat")) == left
