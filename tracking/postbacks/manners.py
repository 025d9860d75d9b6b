"""Manners towards a host: how many requests it may get at once, and when it is left alone. Plain rules."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from tracking.postbacks.verdicts import Verdict

FIRST_WINDOW: Final = 4  # requests at once to a host that has not answered yet, or not since it failed
FAILURES_TO_BREAK: Final = 10  # in a row
SHORTEST_PAUSE: Final = timedelta(seconds=30)
LONGEST_PAUSE: Final = timedelta(minutes=15)

# A host that answers like this is there and at work, whatever it says of the order.
_ANSWERED: Final = frozenset({Verdict.ACCEPTED, Verdict.DUPLICATE, Verdict.REJECTED, Verdict.FAILED})


def has_answered(verdict: Verdict) -> bool:
    """Tell whether an attempt shows that its host is at work."""
    return verdict in _ANSWERED


def pause_length(number: int) -> timedelta:
    """How long pause `number` (from 1) in a row lasts: twice as long as the one before, up to a quarter of an hour."""
    doublings: int = 2 ** min(number - 1, 10)  # more would not change it
    return min(SHORTEST_PAUSE * doublings, LONGEST_PAUSE)


@dataclass(slots=True)
class Host:
    """What this process knows of a host.

    The window is how many requests it may have under way: it opens by one with each answer and halves with each
    failure, so that a dead host ties up few threads, and one that has just come back is not stormed.
    """

    size: int
    """Requests at once that the window may open to."""
    rate: int | None = None
    """Requests a second at most; None for no limit."""
    window: int = FIRST_WINDOW
    under_way: int = 0
    failures: int = 0
    """In a row."""
    _seen_at: datetime | None = None
    _allowed: float = 0

    def room(self, *, most: int) -> int:
        """How many requests may begin now, its rate aside; `most` is what may be under way at all."""
        return max(0, min(self.window, most) - self.under_way)

    def within_rate(self, count: int, *, now: datetime) -> int:
        """How many of `count` requests may begin now without exceeding the rate."""
        if self.rate is None:
            return count
        passed = (now - self._seen_at) / timedelta(seconds=1) if self._seen_at else 1.0
        self._allowed = min(self._allowed + max(passed, 0) * self.rate, max(self.rate / 4, 1))
        self._seen_at = now
        return min(count, int(self._allowed))

    def begin(self) -> None:
        """Count a request that is handed over for sending."""
        self.under_way += 1
        self._allowed -= 1

    def end(self, verdict: Verdict) -> bool:
        """Count an attempt's end; tell whether it is the failure that breaks the host's circuit."""
        self.under_way -= 1
        if has_answered(verdict):
            self.window = min(self.window + 1, self.size)
            self.failures = 0
            return False
        self.window = max(1, self.window // 2)
        self.failures += 1
        return self.failures == FAILURES_TO_BREAK

    def start_again(self) -> None:
        """Forget what was learnt: the host was paused, and nobody knows how it is now."""
        self.window, self.failures = FIRST_WINDOW, 0
