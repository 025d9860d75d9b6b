"""The thread that engines share: woken often, it works seldom, and no wake-up is swallowed."""

import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_started
from django.test.client import ClientHandler

from tests.tracking.waiting import until
from tracking.postbacks import engines
from tracking.postbacks.engines import background
from tracking.postbacks.engines.background import Background
from tracking.postbacks.engines.thread import ThreadEngine

QUIET = 0.2  # seconds


class Counted:
    """Work that notes when it begins."""

    def __init__(self, *, pause: float | None = None) -> None:
        self.times: list[float] = []
        self.pause = pause
        self.go_on = threading.Event()
        self.go_on.set()

    def __call__(self, _stop: threading.Event) -> float | None:
        self.times.append(time.monotonic())
        self.go_on.wait(20)
        return self.pause


@pytest.fixture(autouse=True)
def _short_times(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "QUIET", QUIET)
    monkeypatch.setattr(background, "AFTER_ERROR", 0.01)


@contextmanager
def running(work: Callable[[threading.Event], float | None]) -> Iterator[Background]:
    thread = Background(lambda: work, name="tracking-test")
    try:
        yield thread
    finally:
        thread._finish()


def test_a_first_wake_up_is_followed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "QUIET", 600)
    work = Counted()
    with running(work) as thread:
        thread.wake()
        until(lambda: work.times, "it works")


def test_many_wake_ups_lead_to_work_now_and_once_more_after_the_quiet_time() -> None:
    work = Counted()
    with running(work) as thread:
        thread.wake()
        until(lambda: work.times, "it works")
        for _ in range(1000):
            thread.wake()
        until(lambda: len(work.times) == 2, "it works once more")
    assert work.times[1] - work.times[0] >= QUIET


def test_a_wake_up_during_work_leads_to_work_after_it() -> None:
    work = Counted()
    work.go_on.clear()
    with running(work) as thread:
        thread.wake()
        until(lambda: work.times, "it works")
        thread.wake()
        work.go_on.set()
        until(lambda: len(work.times) == 2, "it works once more")


def test_work_that_names_a_pause_is_done_again_by_itself() -> None:
    work = Counted(pause=0.01)
    with running(work) as thread:
        thread.wake()
        until(lambda: len(work.times) >= 3, "it works again")


def test_the_end_does_not_wait_for_the_quiet_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "QUIET", 60)
    work = Counted()
    with running(work) as thread:
        thread.wake()
        until(lambda: work.times, "it works")
        thread.wake()
    assert len(work.times) >= 2


def test_the_end_waits_for_work_that_hangs_only_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "GRACE", 0.05)
    work = Counted()
    work.go_on.clear()
    began = time.monotonic()
    with running(work) as thread:
        thread.wake()
    assert time.monotonic() - began < 5
    work.go_on.set()


def test_work_that_fails_is_told_and_done_again(caplog: pytest.LogCaptureFixture) -> None:
    calls: list[int] = []

    def fails_once(_stop: threading.Event) -> None:
        calls.append(1)
        if len(calls) == 1:
            raise OSError("away")

    with running(fails_once) as thread:
        thread.wake()
        until(lambda: len(calls) >= 2, "it works again")
    assert "tracking-test failed; trying again" in caplog.text


# uWSGI ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("has_threads", "runs"), [(1, True), (0, False)])
def test_no_thread_is_started_where_uwsgi_would_stop_it_in_mid_request(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, has_threads: int, runs: bool
) -> None:
    monkeypatch.setitem(sys.modules, "uwsgi", SimpleNamespace(has_threads=has_threads))
    woken: list[object] = []
    monkeypatch.setattr(Background, "wake", lambda thread: woken.append(thread))
    with caplog.at_level(logging.ERROR):
        ThreadEngine().kick()
    assert bool(woken) is runs
    assert ("enable-threads = true" in caplog.text) is not runs


# The first page ---------------------------------------------------------------------------------------------


@pytest.fixture
def kicks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    counted: list[int] = []
    monkeypatch.setattr(engines, "kick", lambda: counted.append(1))
    monkeypatch.setattr(engines, "_is_serving", False)
    return counted


@pytest.mark.parametrize("server", [WSGIHandler, ASGIHandler])
def test_a_process_that_begins_to_serve_wakes_the_engine_once(kicks: list[int], server: type) -> None:
    for _ in range(3):
        engines.begin_serving(server)
    assert kicks == [1]


def test_a_child_process_that_serves_wakes_it_for_itself(kicks: list[int]) -> None:
    engines.begin_serving(WSGIHandler)
    child = os.fork()
    if not child:
        engines.begin_serving(WSGIHandler)
        os._exit(len(kicks))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 2


def test_the_test_client_wakes_nothing(kicks: list[int]) -> None:
    engines.begin_serving(ClientHandler)
    assert kicks == []


@pytest.mark.django_db
def test_it_hears_of_requests(kicks: list[int]) -> None:
    request_started.send(sender=WSGIHandler)
    assert kicks == [1]
