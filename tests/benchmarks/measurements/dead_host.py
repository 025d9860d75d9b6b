"""A dead host beside a healthy one: by what factor the healthy one's postbacks take longer."""

import socket
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.benchmarks import rows
from tests.benchmarks.aspire import QUERY, Aspire, aspire
from tests.benchmarks.contenders import worker_processes
from tests.benchmarks.figures import Figure
from tests.benchmarks.sizes import Sizes

NEVER = 3_600_000  # ms
PATIENCE = 30.0  # seconds


def measure(sizes: Sizes) -> list[Figure]:
    """Both owed the same number of postbacks, in turn; the dead one is reached under another name."""
    figures = []
    with aspire(NEVER) as stalling, no_answer() as unanswered_port:
        dead = {"accepts and says nothing": stalling.port, "never answers the connection": unanswered_port}
        for delay_ms in (0, 50):
            with aspire(delay_ms) as healthy:
                figures += _with_one_dead(sizes, healthy, dead, delay_ms)
    return figures


def _with_one_dead(sizes: Sizes, healthy: Aspire, dead: dict[str, int], delay_ms: int) -> list[Figure]:
    rounds = min(sizes.rounds, 3)
    alone: list[float] = []
    beside: dict[str, list[float]] = {name: [] for name in dead}
    for _ in range(rounds):
        alone.append(_seconds(healthy, sizes.deliveries, None))
        for name, port in dead.items():
            beside[name].append(_seconds(healthy, sizes.deliveries, port))
    before = statistics.median(alone)
    return [
        Figure(
            name=f"healthy host {delay_ms} ms away, beside one that {name} / alone",
            value=statistics.median(seconds) / before,
            beside=f"{before:.2f} → {statistics.median(seconds):.2f} s for {sizes.deliveries:,}",
            at_most=1.2,
        )
        for name, seconds in beside.items()
    ]


def _seconds(healthy: Aspire, count: int, dead_port: int | None) -> float:
    """Seconds from the first arrival to the last at the healthy host; at most PATIENCE."""
    rows.clear()
    offers = [rows.set_offer(healthy.postback_url)]
    if dead_port:
        url = f"http://localhost:{dead_port}/aff_lsr?{QUERY}"
        offers.append(rows.set_offer(url, offer_id="666", is_default=False))
    rows.owe(count - 1, *offers)
    healthy.forget()
    with worker_processes():
        began = time.monotonic()
        rows.release()
        try:
            healthy.wait_for(count, timeout=PATIENCE)
        except TimeoutError:
            return time.monotonic() - began
        return healthy.span()


@contextmanager
def no_answer() -> Iterator[int]:
    """A port at which no connection is ever answered: its backlog is full."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(listener.getsockname())
        try:
            yield listener.getsockname()[1]
        finally:
            for each in waiting:
                each.close()
