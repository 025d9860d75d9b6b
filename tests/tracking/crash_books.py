"""The books of the crash tests: what the shop's database says beside what the receiver counted.

CRASH_ROUNDS sets how often something is killed in each test (`make crash`), with fifty orders for each; CRASH_SEED
repeats a run's chances.
"""

import os
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator, Set
from dataclasses import dataclass
from threading import Event
from typing import Final

from django.db import connection

from tests.tracking.crash_machine import Shop
from tests.tracking.ledger import Entry, Ledger

ROUNDS: Final = int(os.environ.get("CRASH_ROUNDS", "8"))
ORDERS: Final = 50 * ROUNDS
SEED: Final = int(os.environ.get("CRASH_SEED") or random.randrange(10**6))
THREADS: Final = 8


@dataclass(frozen=True)
class Books:
    """What the shop's database says beside what the receiver counted."""

    what: str
    shop: Shop
    ledger: Ledger
    began: float

    def compare(self, *, owed: Set[str], perhaps: Set[str] = frozenset(), most_swept: int) -> None:
        """Check every invariant. `perhaps`: orders whose shop was killed around their commit. `most_swept`: requests
        that were under way, at most, in what was killed."""
        rows, entries = self.shop.rows(), self.ledger.entries
        states = Counter(row.status for row in rows.values())
        swept = [row for row in rows.values() if row.was_swept]
        self._report(states, len(swept), lost=owed - set(rows))

        assert not self.ledger.paid_twice
        assert owed <= set(rows) <= owed | perhaps
        assert set(entries) <= set(rows), "an order was sent that was never committed"
        assert set(states) <= {"accepted", "unconfirmed"}
        assert len(swept) <= most_swept
        for row in rows.values():
            received = entries.get(row.order_id, [])
            assert row.attempts_made >= len(received)
            if row.status == "accepted":
                assert Entry.PAID in received or Entry.DUPLICATE in received, row
            else:
                assert row.was_swept or received == [Entry.CUT], (row, received)

    def _report(self, states: Counter[str], swept: int, *, lost: Set[str]) -> None:
        """A line of the table that `make crash` shows."""
        counts = {
            "owed": states.total(),
            "received": self.ledger.count,
            "twice": len(self.ledger.paid_twice),
            "lost": len(lost),
            **states,
            "swept": swept,
            "seconds": round(time.monotonic() - self.began),
        }
        line = "".join(f"{count:>8} {name}" for name, count in counts.items())
        sys.stdout.write(f"\n{connection.vendor:<12}{self.what:<34}{line}  (seed {SEED})\n")


def numbers(count: int, *, first: int = 1) -> set[str]:
    return {str(number) for number in range(first, first + count)}


def in_mid_drain(shop: Shop, ledger: Ledger, chance: random.Random, *, times: int, orders: int) -> Iterator[int]:
    """Some moments, so many, spread at random over the delivery of the orders."""
    for number in range(times):
        target = ledger.count + chance.randint(1, orders // times)
        while ledger.count < target and shop.count("status = 'pending'"):
            Event().wait(0.005)
        yield number
