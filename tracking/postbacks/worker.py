"""The drain: claim what is due, send it side by side, settle what comes back, until nothing is due."""

import logging
import threading
import time
from typing import TYPE_CHECKING, Final

from django.db import DatabaseError, InterfaceError, connection
from django.utils import timezone

from tracking.conf import conf
from tracking.postbacks import delivery, outbox
from tracking.postbacks.senders import Senders

if TYPE_CHECKING:
    from tracking.postbacks.exchanges import Timeouts
    from tracking.postbacks.outbox import Claim, Settlement

logger = logging.getLogger(__name__)

FLUSH_AT: Final = 8  # results that are written together
FLUSH_AFTER: Final = 0.010  # seconds that a first result waits for more
AFTER_ERROR: Final = 2.0  # seconds
LOOK_AGAIN: Final = 0.25  # seconds between looks for new work while slow requests are under way
SWEEP_EVERY: Final = 60.0  # seconds between looks for expired leases while there is no end of work
DATABASE_PATIENCE: Final = 60.0  # seconds that results are held when the database is away; then the lease is over


def threads_at_once() -> int:
    """How many requests this process has under way at most. SQLite's one writer is kept free for the shop."""
    return conf.concurrency or (8 if connection.vendor == "sqlite" else 32)


class Drain:
    """Delivers what is due; keeps its connections from one `run` to the next."""

    def __init__(self, *, concurrency: int | None = None, timeouts: "Timeouts | None" = None) -> None:
        self._transport = delivery.open_transport(timeouts)
        self._senders: Senders[Claim, Settlement] = Senders(
            concurrency or threads_at_once(), lambda claim: delivery.send(claim, self._transport)
        )
        self._unwritten: list[Settlement] = []
        self._unsent: list[Claim] = []

    @property
    def is_holding(self) -> bool:
        """Claims or results are in hand that the database does not know the end of."""
        return bool(self._senders.busy or self._unwritten or self._unsent)

    def run(self, stop: threading.Event | None = None) -> int:
        """Deliver until nothing is due, and return how many postbacks were tried.

        Once `stop` is set nothing more is claimed; what is under way is finished and settled. Raises DatabaseError
        when the database is away for longer than results can be held; their leases then tell the truth. Raises
        ImproperlyConfigured, before anything is claimed, for a setting that is wrong.
        """
        delivery.check_settings()
        delivered = self._flush()
        look_at = sweep_at = 0.0
        while True:
            if stop is not None and stop.is_set():
                self._unsent += self._senders.take_back()
                delivered += self._flush()
            elif time.monotonic() >= sweep_at:
                delivery.sweep()
                sweep_at = time.monotonic() + SWEEP_EVERY
                continue
            elif self._senders.free and time.monotonic() >= look_at:
                room = self._senders.free
                claims = outbox.claim(room, now=timezone.now())
                for claim in claims:
                    self._senders.submit(claim)
                look_at = 0.0 if len(claims) == room else time.monotonic() + LOOK_AGAIN
            if not self._senders.busy:
                return delivered
            self._unwritten += self._senders.collect(most=FLUSH_AT, timeout=LOOK_AGAIN, gather=FLUSH_AFTER)
            delivered += self._flush()

    def close(self) -> None:
        """Let threads and connections go."""
        self._senders.close()
        self._transport.close()

    def _flush(self) -> int:
        """Write down what is in hand; a result is never dropped while its lease holds."""
        give_up_at = time.monotonic() + DATABASE_PATIENCE
        while self._unwritten or self._unsent:
            try:
                outbox.release(self._unsent)
                self._unsent = []
                delivery.settle(self._unwritten)
            except (DatabaseError, InterfaceError):
                if connection.in_atomic_block or time.monotonic() > give_up_at:
                    self._drop_expired()
                    raise
                logger.exception("%d results cannot be written down; trying again.", len(self._unwritten))
                connection.close()
                time.sleep(1)
            else:
                written, self._unwritten = self._unwritten, []
                return len(written)
        return 0

    def _drop_expired(self) -> None:
        """Let go of results that come too late to count: one that no database takes must not stop all others."""
        now = timezone.now()
        kept = [settlement for settlement in self._unwritten if settlement.claim.lease_expires_at > now]
        for settlement in self._unwritten:
            if settlement not in kept:
                logger.error("Order %s: the result %s is lost.", settlement.claim.order_id, settlement.verdict)
        self._unwritten = kept
        self._unsent = [claim for claim in self._unsent if claim.lease_expires_at > now]


class Worker:
    """`deliver_postbacks` without an end: drains, waits, drains."""

    POLL: Final = 0.5  # seconds between looks when idle

    def __init__(self, drain: Drain, stop: threading.Event) -> None:
        self._drain = drain
        self._stop = stop

    def run(self) -> None:
        """Work until `stop` is set and what was under way is written down. A database that is away is waited for."""
        while not self._stop.is_set():
            self._stop.wait(self.POLL if self._drain_once() else AFTER_ERROR)
        if self._drain.is_holding:
            self._drain_once()

    def _drain_once(self) -> bool:
        try:
            self._drain.run(self._stop)
        except (DatabaseError, InterfaceError):
            logger.exception("The database is away; nothing is sent meanwhile.")
        except Exception:
            logger.exception("Draining the outbox failed; trying again in %g s.", AFTER_ERROR)
        else:
            return True
        connection.close()
        return False
