"""What a worker costs that has delivered and now has nothing to do."""

import time

from tests.benchmarks import rows
from tests.benchmarks.aspire import aspire
from tests.benchmarks.contenders import worker_processes
from tests.benchmarks.figures import Figure
from tests.benchmarks.sizes import Sizes

DELIVERED = 200  # postbacks, so that its threads and connections are there


def measure(sizes: Sizes) -> list[Figure]:
    """CPU and memory of one idle worker."""
    with aspire() as receiver:
        rows.owe(DELIVERED - 1, rows.set_offer(receiver.postback_url))
        with worker_processes() as worker:
            rows.release()
            rows.wait_until_accepted(DELIVERED)
            worker.wait_until_ready()
            used = worker.cpu_seconds
            time.sleep(sizes.idle_seconds)
            used = worker.cpu_seconds - used
            resident = worker.resident_mb
    return [
        Figure(
            name="of a core",
            value=used / sizes.idle_seconds * 100,
            unit="%",
            beside=f"over {sizes.idle_seconds:g} s",
            at_most=0.5,
        ),
        Figure(name="of memory, resident", value=resident, unit="MB", at_most=80),
    ]
