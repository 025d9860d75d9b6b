"""What recording adds to an order and its two lines in one transaction, by engine, whatever becomes of Aspire."""

import statistics
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from tests.benchmarks import broker, rows
from tests.benchmarks.aspire import QUERY, aspire
from tests.benchmarks.figures import Figure
from tests.benchmarks.shop import Orders, place_orders
from tests.benchmarks.sizes import Sizes

NEVER = 3_600_000  # ms


@dataclass(frozen=True, slots=True)
class Case:
    name: str
    postback_url: str
    engine: str
    environment: dict[str, str] = field(default_factory=dict)


def measure(sizes: Sizes) -> list[Figure]:
    """The median order of each case against the median plain order, placed in turns by the same process."""
    orders: dict[str, list[Orders]] = {}
    with _cases() as cases:
        for _ in range(sizes.rounds):
            for case in cases:
                rows.clear()
                rows.set_offer(case.postback_url)
                placed = place_orders(
                    sizes.orders, is_beside_plain=True, TRACKING_ENGINE=case.engine, **case.environment
                )
                orders.setdefault(case.name, []).append(placed)
    figures = [_figure(name, placed) for name, placed in orders.items()]
    figures.append(_rows_alone([each for placed in orders.values() for each in placed]))
    first = next(iter(orders.values()))[0]
    figures.append(Figure(name="queries for a credited order", value=first.queries, unit="", at_most=6))
    return figures


@contextmanager
def _cases() -> Iterator[list[Case]]:
    with ExitStack() as stack:
        up = stack.enter_context(aspire()).postback_url
        stalled = stack.enter_context(aspire(NEVER)).postback_url
        down = f"http://127.0.0.1:1/aff_lsr?{QUERY}"  # nobody listens there
        cases = [
            Case("engine worker", up, "worker"),
            Case("engine thread, Aspire up", up, "thread"),
            Case("engine thread, Aspire down", down, "thread"),
            Case("engine thread, Aspire stalled", stalled, "thread"),
        ]
        if broker.is_up():
            cases.append(Case("engine celery, broker up", up, "celery"))
        yield [*cases, Case("engine celery, broker dead", up, "celery", {"CELERY_BROKER_URL": broker.DEAD_BROKER_URL})]


def _rows_alone(placed: list[Orders]) -> Figure:
    """What no recording in the order's transaction can be below."""
    without = statistics.median(each for orders in placed for each in orders.plain)
    rows_alone = statistics.median(each for orders in placed for each in orders.rows_alone)
    return Figure(
        name="the two rows alone, without savepoint, click or decision / plain order",
        value=rows_alone / without,
        beside=f"{without * 1e3:.2f} → {rows_alone * 1e3:.2f} ms",
    )


def _figure(name: str, placed: list[Orders]) -> Figure:
    seconds = [each for orders in placed for each in orders.seconds]
    without = statistics.median(each for orders in placed for each in orders.plain)
    recorded = statistics.median(seconds)
    worst = statistics.quantiles(seconds, n=100)[98]
    return Figure(
        name=f"recorded, {name} / plain order",
        value=recorded / without,
        beside=f"{without * 1e3:.2f} → {recorded * 1e3:.2f} ms, p99 {worst * 1e3:.1f} ms",
        at_most=1.3,
    )
