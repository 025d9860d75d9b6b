"""What tracking costs and how fast it delivers, as ratios taken side by side in one run: `make bench`.

`python -m tests.benchmarks [NAME …] [--quick]` measures all, or what is named. Absolute figures belong to the machine;
the ratios carry over. docs/benchmarks.md says how to read them.
"""

import argparse
import logging
import os
import platform
import signal
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import django

from tests.benchmarks import broker

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.benchmarks.rivals.settings"
os.environ.setdefault("LOG_LEVEL", "ERROR")
os.environ["CELERY_BROKER_URL"] = broker.BROKER_URL
django.setup()

from django.db import connection
from django.test.utils import setup_databases, teardown_databases

from tests.benchmarks import rows
from tests.benchmarks.figures import Figure
from tests.benchmarks.measurements import (
    checkout,
    dead_host,
    delivery,
    desk,
    draining,
    idle,
    latency,
    long_log,
    pages,
)
from tests.benchmarks.sizes import FULL, QUICK, Sizes

MEASUREMENTS = {
    "delivery": ("Delivery, the receiver answers at once", delivery.measure),
    "far": ("Delivery, the receiver answers after 50 ms", delivery.measure_far),
    "dead-host": ("Two hosts, of which one is dead", dead_host.measure),
    "latency": ("From the order's commit to the receiver", latency.measure),
    "idle": ("An idle worker", idle.measure),
    "checkout": ("What recording adds to an order", checkout.measure),
    "draining": ("Orders while a worker of another process drains", draining.measure),
    "pages": ("What the middleware adds to a page", pages.measure),
    "desk": ("The admin's pages", desk.measure),
    "long-log": ("A log that has grown for years", long_log.measure),
}


def main() -> None:
    arguments = parse()
    sizes = chosen_sizes(arguments)
    logging.disable(logging.CRITICAL)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # else the processes that it started would stay
    with tempfile.TemporaryDirectory() as folder:
        if connection.vendor == "sqlite":  # a file, as a shop has it; tests are in memory otherwise
            connection.settings_dict["TEST"]["NAME"] = str(Path(folder) / "bench.sqlite3")
        names = setup_databases(verbosity=0, interactive=False)
        try:
            say(heading())
            figures = [figure for name in arguments.names or MEASUREMENTS for figure in shown(name, sizes)]
            say(summary(figures))
        finally:
            teardown_databases(names, verbosity=0)


def chosen_sizes(arguments: argparse.Namespace) -> Sizes:
    sizes = QUICK if arguments.quick else FULL
    return replace(
        sizes,
        rounds=arguments.rounds or sizes.rounds,
        orders_while_draining=arguments.orders or sizes.orders_while_draining,
        settled_rows=(sizes.settled_rows[0], arguments.rows or sizes.settled_rows[1]),
    )


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(MEASUREMENTS)}; without any: all")
    parser.add_argument("--quick", action="store_true", help="little of everything, to see that it works")
    parser.add_argument("--rounds", type=int, help="rounds of which the medians are taken")
    parser.add_argument("--orders", type=int, help="orders to place while a worker drains, such as 100000")
    parser.add_argument("--rows", type=int, help="settled rows of the long log, such as 10000000")
    arguments = parser.parse_args()
    for name in arguments.names:
        if name not in MEASUREMENTS:
            parser.error(f"There is no measurement {name!r}: give {', '.join(MEASUREMENTS)}.")
    return arguments


def heading() -> str:
    version = ".".join(map(str, connection.get_database_version()))
    parts = [
        f"{connection.display_name} {version}",
        f"Django {django.__version__}",
        f"Python {platform.python_version()}",
        f"{os.cpu_count()} cores",
    ]
    if not broker.is_up():
        parts.append(f"without Celery, because nobody listens at {broker.BROKER_URL}")
    return ", ".join(parts)


def shown(name: str, sizes: Sizes) -> list[Figure]:
    title, measure = MEASUREMENTS[name]
    say(f"\n{title} ({name})")
    rows.clear()
    figures = measure(sizes)
    for figure in figures:
        say(figure.line)
    return figures


def summary(figures: list[Figure]) -> str:
    judged = [figure for figure in figures if figure.is_met is not None]
    missed = [figure.line for figure in judged if not figure.is_met]
    return "\n".join([f"\n{len(judged) - len(missed)} of {len(judged)} targets met.", *missed])


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
