"""From an order's commit to the receiver, with a worker that was idle."""

import statistics
import time

from django.db import connection, transaction

from tests.benchmarks import rows
from tests.benchmarks.aspire import aspire
from tests.benchmarks.contenders import worker_processes
from tests.benchmarks.figures import Figure
from tests.benchmarks.sizes import Sizes

PAUSES = (0.05, 0.31)  # seconds between orders, in turn: no beat with the worker's own


def measure(sizes: Sizes) -> list[Figure]:
    """Targets are set where the database wakes the worker; elsewhere it polls."""
    count = sizes.latencies
    with aspire() as receiver:
        rows.set_offer(receiver.postback_url)
        with worker_processes():
            committed: dict[str, float] = {}
            for place, number in enumerate(rows.remember_clicks(count + 1)):
                with transaction.atomic():
                    rows.place_order(number)
                committed[number] = time.monotonic()
                time.sleep(PAUSES[place % 2])
            receiver.wait_for(count + 1)
        arrivals = receiver.arrivals()
    waits = [(arrivals[number] - moment) * 1000 for number, moment in list(committed.items())[1:]]
    wakes = connection.vendor == "postgresql"
    return [
        Figure(name="p50", value=statistics.median(waits), unit="ms", at_most=10 if wakes else None),
        Figure(
            name="p99",
            value=statistics.quantiles(waits, n=100)[98],
            unit="ms",
            beside=f"{count} orders",
            at_most=50 if wakes else None,
        ),
    ]
