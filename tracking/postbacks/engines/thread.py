"""The engine `thread`: a daemon thread of the process that committed the order drains. Nothing else to run."""

import atexit
import logging
import os
import threading
from datetime import timedelta
from typing import Final

from django.db import connections
from django.utils import timezone

from tracking.postbacks import outbox
from tracking.postbacks.worker import Drain

logger = logging.getLogger(__name__)

LONGEST_SLEEP: Final = 60.0  # seconds; then expired leases are swept
AFTER_ERROR: Final = 5.0  # seconds
GRACE: Final = 2.0  # seconds that a process which ends gives what is due, and again what is under way then
SHORTEST_SLEEP: Final = 0.5  # seconds; a due row may be locked by somebody else


class ThreadEngine:
    _thread: threading.Thread | None

    def __init__(self) -> None:
        self._reset()
        os.register_at_fork(after_in_child=self._reset)
        atexit.register(self._finish)

    def kick(self) -> None:
        """Wake the thread; start it first where this process has none."""
        with self._lock:
            self._idle.clear()
            self._wake.set()
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="tracking-drain", daemon=True)
                self._thread.start()

    def _reset(self) -> None:
        """Begin anew: threads do not survive a fork, and a lock may have been held in it."""
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._idle = threading.Event()
        self._idle.set()
        self._thread = None

    def _run(self) -> None:
        drain = Drain()
        sleep: float = 0
        while not self._stop.is_set():
            self._wake.wait(sleep)
            self._wake.clear()
            try:
                drain.run(self._stop)
                sleep = self._until_next()
            except Exception:
                logger.exception("Draining the outbox failed; trying again in %g s.", AFTER_ERROR)
                sleep = AFTER_ERROR
            finally:
                connections.close_all()  # an idle thread holds no connection
            with self._lock:
                if not self._wake.is_set():
                    self._idle.set()

    def _until_next(self) -> float:
        due_at = outbox.next_due_at()
        if due_at is None:
            return LONGEST_SLEEP
        return min(max((due_at - timezone.now()) / timedelta(seconds=1), SHORTEST_SLEEP), LONGEST_SLEEP)

    def _finish(self) -> None:
        """At the process's end: deliver what is due, then claim no more and let what is under way come to its end.

        Each for a few seconds and no longer. What is still under way then is cut off with its lease running: it
        becomes unconfirmed, as it should.
        """
        if self._thread is None or not self._thread.is_alive():
            return
        self._idle.wait(GRACE)
        self._stop.set()
        self._wake.set()
        self._thread.join(GRACE)
