"""Orders while a worker in another process drains, against an idle shop: on SQLite they share one write lock."""

import statistics

from django.db import connection

from tests.benchmarks import rows
from tests.benchmarks.aspire import Aspire, aspire
from tests.benchmarks.contenders import worker_processes
from tests.benchmarks.figures import Figure
from tests.benchmarks.shop import Orders, place_orders
from tests.benchmarks.sizes import Sizes

BACKLOG = 5  # postbacks for each order that is placed meanwhile, so that the worker never runs dry


def measure(sizes: Sizes) -> list[Figure]:
    """The 99th percentile of orders, and the lock errors."""
    count = sizes.orders_while_draining // sizes.rounds
    idle: list[Orders] = []
    busy: list[Orders] = []
    locked = 0
    with aspire() as receiver:
        for _ in range(sizes.rounds):
            rows.clear()
            rows.set_offer(receiver.postback_url)
            idle.append(place_orders(count))
            placed, complaints = _while_draining(count, receiver)
            busy.append(placed)
            locked += complaints
    at_rest, under_way = _p99(idle), _p99(busy)
    placed = count * sizes.rounds
    lost = sum(orders.errors + orders.unrecorded for orders in busy)
    is_sqlite = connection.vendor == "sqlite"
    return [
        Figure(
            name="p99 of an order while a worker drains / in an idle shop",
            value=under_way / at_rest,
            beside=f"{at_rest * 1e3:.1f} → {under_way * 1e3:.1f} ms, {placed:,} orders",
            at_most=1.5 if is_sqlite else None,
        ),
        Figure(name="orders refused or not recorded", value=lost, unit="", at_most=0),
        Figure(name="times that the worker found the database locked", value=locked, unit="", at_most=0),
    ]


def _while_draining(count: int, receiver: Aspire) -> tuple[Orders, int]:
    rows.clear()
    rows.owe(min(count * BACKLOG, 20_000), rows.set_offer(receiver.postback_url))
    with worker_processes() as worker:
        rows.release()
        receiver.forget()
        receiver.wait_for(rows.threads())
        placed = place_orders(count)
        return placed, worker.log.count("database is locked")


def _p99(rounds: list[Orders]) -> float:
    return statistics.quantiles([each for orders in rounds for each in orders.seconds], n=100)[98]
