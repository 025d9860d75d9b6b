"""A daemon thread that works when it is woken: what the engines share that live in the shop's own processes."""

import atexit
import logging
import os
import threading
import time
from collections.abc import Callable
from typing import Final

from django.db import connections

logger = logging.getLogger(__name__)

QUIET: Final = 1.0  # seconds from one start of work to the next, however often the thread is woken
AFTER_ERROR: Final = 5.0  # seconds
GRACE: Final = 2.0  # seconds that a process which ends gives what was asked for, and again what is under way then

Work = Callable[[threading.Event], float | None]


class Background:
    """Works in a thread of this process: as soon as it is woken, at most once a second.

    A wake-up during the quiet second, or while work is under way, leads to work after it. `begin` is called in the
    thread and returns the work: a function that returns the seconds after which to work again by itself (None: only
    when woken). It is given an event that is set when the process ends and nothing more is to be begun; then it is
    called once more, to bring to its end what it may still have in hand.

    A process may fork meanwhile: it waits for the end of the work, or for its next `rest`, so that no database
    connection is open then. A child that inherits one ruins it: SQLite's locks break, MySQL's connection ends with the
    child. The child itself begins anew. No process is kept from forking or ending.
    """

    _thread: threading.Thread | None

    def __init__(self, begin: Callable[[], Work], *, name: str) -> None:
        self._begin = begin
        self._name = name
        self._reset()
        os.register_at_fork(before=self._hold, after_in_parent=self._go_on, after_in_child=self._reset)
        atexit.register(self._finish)

    def wake(self) -> None:
        """Ask for work; returns at once."""
        with self._lock:
            self._idle.clear()
            self._asked.set()
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()

    def rest(self) -> None:
        """Let a fork go ahead. Work that takes longer than a moment calls this often, outside of transactions."""
        if self._may_work.is_set():
            return
        connections.close_all()
        self._at_work.release()
        self._may_work.wait(GRACE)
        self._at_work.acquire()

    def _reset(self) -> None:
        """Forget the thread, and whatever lock it may have held while the process forked."""
        self._lock = threading.Lock()
        self._asked = threading.Event()
        self._idle = threading.Event()
        self._idle.set()
        self._ending = threading.Event()
        self._stop = threading.Event()
        self._at_work = threading.Lock()
        self._may_work = threading.Event()
        self._may_work.set()
        self._held_by: int | None = None
        self._thread = None

    def _run(self) -> None:
        work: Work | None = None
        pause: float | None = 0
        while not self._stop.is_set():
            self._asked.wait(pause)
            began = time.monotonic()
            with self._at_work:
                self._asked.clear()
                try:
                    work = work or self._begin()
                    pause = work(self._stop)
                except Exception:
                    logger.exception("%s failed; trying again in %g s.", self._name, AFTER_ERROR)
                    pause = AFTER_ERROR
                finally:
                    connections.close_all()  # an idle thread holds no connection
            with self._lock:
                if not self._asked.is_set():
                    self._idle.set()
            self._ending.wait(began + QUIET - time.monotonic())

    def _hold(self) -> None:
        """Before a fork: wait, for a few seconds at most, until the thread has no database connection."""
        if self._thread is None or self._thread is threading.current_thread():
            return
        self._may_work.clear()
        if self._at_work.acquire(timeout=GRACE):
            self._held_by = threading.get_ident()

    def _go_on(self) -> None:
        """After a fork, in the parent."""
        self._may_work.set()
        if self._held_by == threading.get_ident():
            self._held_by = None
            self._at_work.release()

    def _finish(self) -> None:
        """At the process's end: do what was asked for, then begin nothing more and let what is under way end.

        Each for a few seconds and no longer.
        """
        if self._thread is None or not self._thread.is_alive():
            return
        self._ending.set()
        self._idle.wait(GRACE)
        self._stop.set()
        self._asked.set()
        self._thread.join(GRACE)
