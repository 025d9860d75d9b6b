"""What looking for work and claiming it cost when the log is long, against a short one."""

import statistics
import time
from dataclasses import dataclass

from tests.benchmarks import rows
from tests.benchmarks.figures import Figure
from tests.benchmarks.sizes import Sizes
from tracking.models import Offer

POLLS = 500
CLAIMS = 100


@dataclass(frozen=True, slots=True)
class Costs:
    """Medians, in seconds."""

    poll: float
    claim: float


def measure(sizes: Sizes) -> list[Figure]:
    """The same work with few settled rows and with many."""
    offer = rows.set_offer("http://127.0.0.1:1/?aff_id=AFFILIATE_ID&amount=AMOUNT&adv_unique1=ORDER_ID")
    few, many = sizes.settled_rows
    rows.settle_many(few, offer)
    short = _costs(offer)
    rows.settle_many(many - few, offer)
    long = _costs(offer)
    return [
        _figure(f"idle poll at {many:,} settled rows / at {few:,}", short.poll, long.poll, at_most=1.1),
        _figure(
            f"claim of {rows.CLAIMED_AT_ONCE} at {many:,} settled rows / at {few:,}",
            short.claim,
            long.claim,
            at_most=1.2,
        ),
    ]


def _costs(offer: Offer) -> Costs:
    rows.poll()
    poll = statistics.median(_timed_claim(0) for _ in range(POLLS))
    rows.owe(CLAIMS * rows.CLAIMED_AT_ONCE, offer)
    rows.make_due()
    return Costs(poll, statistics.median(_timed_claim(rows.CLAIMED_AT_ONCE) for _ in range(CLAIMS)))


def _timed_claim(expected: int) -> float:
    began = time.perf_counter()
    claimed = rows.poll()
    seconds = time.perf_counter() - began
    assert claimed == expected
    return seconds


def _figure(name: str, short: float, long: float, *, at_most: float) -> Figure:
    beside = f"{short * 1e3:.3f} → {long * 1e3:.3f} ms"
    return Figure(name=name, value=long / short, beside=beside, at_most=at_most)
