"""Places orders of two lines, each in a transaction of its own: `python -m tests.benchmarks.shopper COUNT`.

Prints what each one took, as JSON, and waits to be killed. `--beside-plain`: in turns with orders that tracking never
hears of, and with such as are written down without any of its work.
"""

import json
import signal
import sys
import time
from collections.abc import Callable
from functools import partial

import django

django.setup()

from django.db import OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext

from tests.benchmarks import rows
from tracking.models import Conversion

WARM_UP = 5  # orders


def main(count: int, *, is_beside_plain: bool) -> None:
    before = Conversion.objects.count()
    seconds: list[float] = []
    plain: list[float] = []
    rows_alone: list[float] = []
    errors = 0
    for number in rows.remember_clicks(count + WARM_UP):
        if is_beside_plain:
            plain.append(seconds_of(partial(rows.place_order, f"P{number}"[:16], is_tracked=False)))
            rows_alone.append(seconds_of(partial(rows.place_order_with_rows, *rows.ready_rows(f"R{number}"[:16]))))
        try:
            seconds.append(seconds_of(partial(rows.place_order, number)))
        except OperationalError:
            errors += 1
    told = {
        "seconds": seconds[WARM_UP:],
        "plain": plain[WARM_UP:],
        "rows_alone": rows_alone[WARM_UP:],
        "errors": errors,
        "unrecorded": before + len(seconds) + len(rows_alone) - Conversion.objects.count(),
        "queries": recording_queries(),
    }
    sys.stdout.write(f"{json.dumps(told)}\n")
    sys.stdout.flush()
    signal.pause()


def seconds_of(place: Callable[[], object]) -> float:
    """Place an order and tell how long its transaction took."""
    began = time.perf_counter()
    with transaction.atomic():
        place()
    return time.perf_counter() - began


def recording_queries() -> int:
    """How many queries recording a credited order takes, without statements about savepoints."""
    [number] = rows.remember_clicks(1)
    with transaction.atomic(), CaptureQueriesContext(connection) as plain:
        rows.place_order(number, is_tracked=False)
    [number] = rows.remember_clicks(1)
    with transaction.atomic(), CaptureQueriesContext(connection) as tracked:
        rows.place_order(number)
    return _without_savepoints(tracked) - _without_savepoints(plain)


def _without_savepoints(queries: CaptureQueriesContext) -> int:
    return sum(not query["sql"].startswith(("SAVEPOINT", "RELEASE")) for query in queries.captured_queries)


if __name__ == "__main__":
    main(int(sys.argv[1]), is_beside_plain="--beside-plain" in sys.argv)
