"""The engine `thread`: a daemon thread of a process that serves the shop drains. Nothing else to run."""

import logging
import threading
from datetime import timedelta
from typing import Final

from django.utils import timezone

from tracking.postbacks import outbox
from tracking.postbacks.engines import watching
from tracking.postbacks.engines.background import Background, Work
from tracking.postbacks.engines.servers import can_run_threads, thread_problem
from tracking.postbacks.worker import Drain

logger = logging.getLogger(__name__)

LONGEST_SLEEP: Final = 60.0  # seconds; then expired leases are swept
SHORTEST_SLEEP: Final = 0.5  # seconds; a due row may be locked by somebody else


class ThreadEngine:
    """What is cut off at the process's end was claimed: its lease runs out and it becomes unconfirmed, as it should."""

    def __init__(self) -> None:
        self._background = Background(self._begin, name="tracking-drain")
        self._can_run = can_run_threads()
        if problem := thread_problem():
            logger.error(
                "TRACKING_ENGINE is 'thread', but %s. Choose another engine, or with uWSGI enable-threads = true.",
                problem,
            )

    def kick(self) -> None:
        """Wake the thread, unless it could be stopped in the middle of a request to Aspire."""
        if self._can_run:
            self._background.wake()

    def _each_round(self) -> None:
        self._background.rest()
        watching.wake()

    def _begin(self) -> Work:
        drain = Drain()

        def work(stop: threading.Event) -> float:
            drain.run(stop, each_round=self._each_round)
            return _until_next()

        return work


def _until_next() -> float:
    due_at = outbox.next_due_at()
    if due_at is None:
        return LONGEST_SLEEP
    return min(max((due_at - timezone.now()) / timedelta(seconds=1), SHORTEST_SLEEP), LONGEST_SLEEP)
