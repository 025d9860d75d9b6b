"""The engine `celery`: a message after a commit, and one every so often, wake a task that drains.

The messages carry no data, so it does not matter whether one is lost, comes twice or comes late.
"""

import logging
import mmap
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, Final

from billiard import current_process
from celery import current_app, shared_task
from celery.signals import worker_shutting_down

from tracking.postbacks.engines import watching
from tracking.postbacks.engines.background import Background
from tracking.postbacks.worker import Drain

logger = logging.getLogger(__name__)

TRY_AGAIN: Final = 30.0  # seconds after which a message that the broker did not take is sent again
EXPIRES: Final = 300  # seconds; messages that nobody took since then say nothing new
LONGEST_RUN: Final = 20.0  # seconds that one task goes on claiming; then another task takes over
TIME_LIMIT: Final = 600  # seconds; a shorter one of the project's would cut off requests that are under way
LOOK_EVERY: Final = 0.1  # seconds between looks whether the worker is to end

# Of one hand-over to the broker: it happens in a thread of its own, but that thread must not hang either.
BROKER_PATIENCE: Final = 5  # seconds
_PATIENCE = {
    "max_retries": 2,  # of the connection: brokers may be several
    **dict.fromkeys(("interval_start", "interval_step", "interval_max"), 0.2),
    **dict.fromkeys(("socket_connect_timeout", "socket_timeout", "read_timeout", "write_timeout"), BROKER_PATIENCE),
}


class CeleryEngine:
    """Hands messages to the broker in the background, so that no checkout waits for a broker that is down."""

    def __init__(self) -> None:
        self._background = Background(lambda: self._hand_over, name="tracking-kicks")
        self._is_broker_away = False

    def kick(self) -> None:
        """Have the task run soon."""
        self._background.wake()

    def _hand_over(self, stop: threading.Event) -> float | None:
        if stop.is_set():
            return None
        try:
            send_message()
        except Exception as error:
            if not self._is_broker_away:  # told once, not with each order
                logger.exception(
                    "Celery's broker does not take messages (%s): until it does, postbacks wait for a worker's "
                    "periodic task or for deliver_postbacks.",
                    type(error).__name__,
                )
            self._is_broker_away = True
            return TRY_AGAIN
        if self._is_broker_away:
            logger.warning("Celery's broker takes messages again.")
        self._is_broker_away = False
        return None


def send_message() -> None:
    """Ask for a run of the task, within seconds. Raises what the broker's client raises."""
    with current_app.connection_for_write(connect_timeout=BROKER_PATIENCE, transport_options=_PATIENCE) as connection:
        drain.apply_async(connection=connection, retry=False, expires=EXPIRES)


_asked = threading.Event()
_running = threading.Lock()
_worker_ends = mmap.mmap(-1, 1)  # shared with the processes of the worker's pool, which are told of no shutdown


@shared_task(  # type: ignore[untyped-decorator]
    name="tracking.drain", ignore_result=True, soft_time_limit=TIME_LIMIT, time_limit=TIME_LIMIT + 30
)
def drain() -> None:
    """Deliver what is due, and settle what was left behind by a process that ended.

    One run at a time in a process: a task that comes meanwhile has the run look once more, and ends.
    """
    _asked.set()
    while _asked.is_set() and _running.acquire(blocking=False):
        try:
            _asked.clear()
            with _told_to_stop() as stop:
                _drain().run(stop)
            watching.wake()
        finally:
            _running.release()
        if stop.is_set():
            _asked.clear()
            send_message()  # there may be more


@cache
def _drain() -> Drain:
    """This process's own, whose connections to Aspire outlive a task."""
    return Drain()


def _note_shutdown(**_kwargs: Any) -> None:
    _worker_ends[0] = 1


worker_shutting_down.connect(_note_shutdown)


@contextmanager
def _told_to_stop() -> Iterator[threading.Event]:
    """An event that is set once the worker is to end, or the run has had its time."""
    stop, is_over = threading.Event(), threading.Event()
    give_up_at = time.monotonic() + LONGEST_RUN

    def watch() -> None:
        while not is_over.wait(LOOK_EVERY):
            if _worker_ends[0] or time.monotonic() >= give_up_at:
                stop.set()
                return

    watcher = threading.Thread(target=watch, name="tracking-watch", daemon=True)
    watcher.start()
    try:
        with _stopped_by_sigterm(stop):
            yield stop
    finally:
        is_over.set()
        watcher.join()


@contextmanager
def _stopped_by_sigterm(stop: threading.Event) -> Iterator[None]:
    """In a process of the worker's pool let SIGTERM set `stop`, where it would end the process at once.

    systemd sends it to every process of a service unless told otherwise. A second one ends the process.
    """
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or current_process().name == "MainProcess":
        yield
        return

    def on_signal(number: int, _frame: object) -> None:
        signal.signal(number, former)
        stop.set()

    former = signal.signal(signal.SIGTERM, on_signal)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, former)
