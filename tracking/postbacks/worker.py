"""The drain: claim what is due, send it side by side, settle what comes back, until nothing is due."""

import logging
import threading
import time
from contextlib import nullcontext
from typing import TYPE_CHECKING, Final

from django.db import DatabaseError, InterfaceError, connection
from django.utils import timezone

from tracking.conf import conf
from tracking.conversions import refunding
from tracking.postbacks import delivery, outbox, wakeups
from tracking.postbacks.heartbeats import Heartbeat
from tracking.postbacks.intake import Intake
from tracking.postbacks.senders import Senders

if TYPE_CHECKING:
    from collections.abc import Callable

    from tracking.postbacks.exchanges import Timeouts
    from tracking.postbacks.outbox import Claim, Settlement

logger = logging.getLogger(__name__)

THREADS: Final = 32
FLUSH_AFTER: Final = 0.002  # seconds that a first result waits for more
AFTER_ERROR: Final = 2.0  # seconds
LOOK_AGAIN: Final = 0.25  # seconds between looks for new work while slow requests are under way
SWEEP_EVERY: Final = (
    60.0  # seconds between looks for expired leases, and for exchange rates that came, while there is no end of work
)
RATE_REST: Final = 0.02  # seconds that the rate limit is waited for at a time
SHORTEST_POLL: Final = 0.05  # seconds; doubles while idle
DATABASE_PATIENCE: Final = 60.0  # seconds that results are held when the database is away; then the lease is over


def threads_at_once() -> int:
    """How many requests this process has under way at most."""
    return conf.concurrency or THREADS


class Drain:
    """Delivers what is due; keeps its connections, and what it learnt of the hosts, from one `run` to the next."""

    def __init__(self, *, concurrency: int | None = None, timeouts: "Timeouts | None" = None) -> None:
        size = concurrency or threads_at_once()
        self._transport = delivery.open_transport(timeouts)
        self._senders: Senders[Claim, Settlement] = Senders(size, self._send)
        self._intake = Intake(size, rate=conf.rate_limit)
        self._unwritten: list[Settlement] = []
        self._is_unsure = False
        """What is unwritten may be in the log after all: the answer to a commit was lost."""
        self._unsent: list[Claim] = []
        self._sweep_at = 0.0
        self.delivered = 0
        """Postbacks tried in all runs."""

    @property
    def is_holding(self) -> bool:
        """Claims or results are in hand that the database does not know the end of."""
        return bool(self._senders.busy or self._unwritten or self._unsent)

    def run(
        self,
        stop: threading.Event | None = None,
        *,
        most: int | None = None,
        each_round: "Callable[[], object]" = lambda: None,
    ) -> int:
        """Deliver until nothing is due, and return how many postbacks were tried: `most` at most.

        Once `stop` is set nothing more is claimed; what is under way is finished and settled. `each_round` is called
        again and again meanwhile, from this thread. Raises DatabaseError when the database is away for longer than
        results can be held; their leases then tell the truth. Raises ImproperlyConfigured, before anything is claimed,
        for a setting that is wrong.
        """
        delivery.check_settings()
        delivered, look_at = 0, 0.0
        while True:
            each_round()
            is_stopped = stop is not None and stop.is_set()
            if is_stopped:
                self._take_back()
            may_look = not is_stopped and time.monotonic() >= look_at
            delivered += self._write_and_take(self._room(most, delivered) if may_look else 0)
            if may_look:
                look_at = 0.0 if self._intake.may_have_more else time.monotonic() + LOOK_AGAIN
            if self._senders.busy:
                self._collect()
                if self._intake.has_learnt:
                    look_at = 0.0
            elif self._intake.is_throttled and not is_stopped:
                time.sleep(RATE_REST)
                look_at = 0.0
            elif not self.is_holding:
                return delivered

    def close(self) -> None:
        """Let threads and connections go."""
        self._senders.close()
        self._transport.close()

    def _send(self, claim: "Claim") -> "Settlement":
        """Run by the threads. Whatever happens there is a result: without one the host's room would be lost."""
        try:
            return delivery.send(claim, self._transport)
        except Exception as error:
            logger.exception("Order %s: sending failed in a way nobody foresaw.", claim.order_id)
            return delivery.broke_down(claim, error)

    def _room(self, most: int | None, delivered: int) -> int:
        if most is None:
            return self._senders.free
        return max(0, min(self._senders.free, most - delivered - self._senders.busy - len(self._unwritten)))

    def _take_back(self) -> None:
        claims = self._senders.take_back()
        self._intake.ended_unsent(claims)
        self._unsent += claims

    def _collect(self) -> None:
        results = self._senders.collect(most=max(1, self._senders.size // 2), timeout=LOOK_AGAIN, gather=FLUSH_AFTER)
        self._unwritten += [self._intake.ended(result) for result in results]

    def _write_and_take(self, room: int) -> int:
        """Write down what is in hand, claim more and have it sent; returns how many results were written.

        A result is never dropped while its lease holds.
        """
        give_up_at = time.monotonic() + DATABASE_PATIENCE
        before = self.delivered
        while True:
            try:
                claims = self._write_and_claim(room)
            except (DatabaseError, InterfaceError):
                self._is_unsure = bool(self._unwritten)
                if not self.is_holding:
                    raise
                if connection.in_atomic_block or time.monotonic() > give_up_at:
                    self._drop_expired()
                    raise
                logger.exception("%d results cannot be written down; trying again.", len(self._unwritten))
                connection.close()
                time.sleep(1)
            else:
                break
        self._forget_written()
        self._unsent = []
        self._intake.began(claims)
        for claim in claims:
            self._senders.submit(claim)
        return self.delivered - before

    def _write_and_claim(self, room: int) -> "list[Claim]":
        self._intake.tell()  # before anything is taken: the answer to a probe opens its host's circuit
        if self._is_unsure:
            written = outbox.written(self._unwritten)
            self.delivered += len(written)
            self._unwritten = [settlement for settlement in self._unwritten if settlement not in written]
            self._is_unsure = False
        with outbox.one_commit() if self._unwritten else nullcontext():
            if time.monotonic() >= self._sweep_at:
                delivery.sweep()
                outbox.work_out_waiting(now=timezone.now())
                refunding.apply_missed()
            if self._unsent:
                outbox.release(self._unsent)
            if self._unwritten:
                delivery.settle(self._unwritten)
                if not connection.in_atomic_block:  # committed, whatever becomes of the claim
                    self._forget_written()
            claims = self._intake.take(room) if room else []
        if time.monotonic() >= self._sweep_at:
            self._sweep_at = time.monotonic() + SWEEP_EVERY
        return claims

    def _forget_written(self) -> None:
        self.delivered += len(self._unwritten)
        self._unwritten = []

    def _drop_expired(self) -> None:
        """Let go of results that come too late to count: one that no database takes must not stop all others."""
        now = timezone.now()
        kept = [settlement for settlement in self._unwritten if settlement.claim.lease_expires_at > now]
        for settlement in self._unwritten:
            if settlement not in kept:
                claim = settlement.claim
                about = {"kind": str(claim.kind), "order_id": claim.order_id, "verdict": str(settlement.verdict)}
                logger.error("Order %s: the result %s is lost.", claim.order_id, settlement.verdict, extra=about)
        self._unwritten = kept
        self._unsent = [claim for claim in self._unsent if claim.lease_expires_at > now]


class Worker:
    """`deliver_postbacks` without an end: drains, waits, drains; ends when told to, or after `most` postbacks.

    `interval`: seconds between looks when idle. On PostgreSQL a commit wakes it in between; elsewhere it looks more
    often while there is work. `each_round` is called again and again, and must not wait.
    """

    def __init__(
        self,
        drain: Drain,
        stop: threading.Event,
        *,
        interval: float | None = None,
        most: int | None = None,
        each_round: "Callable[[], object]" = lambda: None,
    ) -> None:
        self._drain = drain
        self._stop = stop
        self._most = most
        self._each_round = each_round
        self._interval = interval or (1.0 if wakeups.can_notify() else 0.5)
        self._wakeups = wakeups.Wakeups(stop)
        self._heartbeat = Heartbeat()
        self._pause = self._interval

    def run(self) -> None:
        """Work until `stop` is set and what was under way is written down. A database that is away is waited for."""
        while not self._stop.is_set() and self._drain.delivered != self._most:
            self._guarded(self._drain_and_wait)
        if self._drain.is_holding:
            self._guarded(lambda: self._drain.run(self._stop))
        self._guarded(self._heartbeat.end)

    def _drain_and_wait(self) -> None:
        left = None if self._most is None else self._most - self._drain.delivered
        delivered = self._drain.run(self._stop, most=left, each_round=self._beat)
        if self._drain.delivered == self._most:
            return
        if wakeups.can_notify():
            self._pause = self._interval
        else:
            self._pause = min(SHORTEST_POLL if delivered else self._pause * 2, self._interval)
        self._wakeups.wait(self._pause)

    def _beat(self) -> None:
        self._heartbeat.beat(self._drain.delivered)
        self._each_round()

    def _guarded(self, work: "Callable[[], object]") -> None:
        """Do a piece of work; when the database is away, or something else is wrong, rest and let it be tried again."""
        try:
            work()
        except (DatabaseError, InterfaceError):
            logger.exception("The database is away; nothing is sent meanwhile.")
        except Exception:
            logger.exception("Draining the outbox failed; trying again in %g s.", AFTER_ERROR)
        else:
            return
        connection.close()
        self._stop.wait(AFTER_ERROR)
