"""Wake-ups on PostgreSQL: the order's transaction notifies, idle workers listen. A lost one costs a poll's time."""

import select
import threading
import time
from typing import Any, Final

from django.db import connection

from tracking.conf import conf

CHANNEL: Final = "tracking_postback"
NOTIFY: Final = f"pg_notify('{CHANNEL}', '')"  # heard when the transaction commits
LOOK_UP: Final = 1.0  # seconds; a signal to stop is noticed within them


def can_notify() -> bool:
    """Tell whether the database wakes the workers."""
    return connection.vendor == "postgresql" and conf.notify


def notify() -> None:
    """Wake the workers at this transaction's commit."""
    if can_notify():
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {NOTIFY}")


class Wakeups:
    """What a worker waits with between two drains: for a notification where there are any, or for time to pass."""

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop
        self._listening: Any = None
        self._heard = False

    def wait(self, seconds: float) -> None:
        """Wait until rows may have fallen due, `seconds` at most; may return early. Raises DatabaseError."""
        if not can_notify():
            self._stop.wait(seconds)
            return
        connection.ensure_connection()
        if self._listening is not connection.connection:  # a new connection; what came before it was not heard
            with connection.cursor() as cursor:
                cursor.execute(f"LISTEN {CHANNEL}")
            self._listening = connection.connection
            self._listening_quietly()
            return
        until = time.monotonic() + seconds
        while not self._heard and not self._stop.is_set() and (left := until - time.monotonic()) > 0:
            # Readable also when the server has gone; the next query then says so.
            if select.select([connection.connection], [], [], min(left, LOOK_UP))[0]:
                return
        self._heard = False

    def _listening_quietly(self) -> None:
        """Note what comes with the answer to a query, after which there is nothing left to read; store up nothing."""
        if hasattr(self._listening, "add_notify_handler"):  # psycopg 3; the older driver's list stays short
            self._listening.add_notify_handler(self._note)

    def _note(self, _notification: Any) -> None:
        self._heard = True
