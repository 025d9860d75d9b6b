"""Deliveries a second and CPU for each, against a receiver that is no bottleneck: no delay, and 50 ms away."""

import statistics
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from typing import Final

from django.db import connection

from tests.benchmarks import broker, contenders, rows
from tests.benchmarks.aspire import Aspire, aspire
from tests.benchmarks.contenders import Begin
from tests.benchmarks.figures import Figure
from tests.benchmarks.processes import Measured
from tests.benchmarks.sizes import Sizes

FAR: Final = 50  # ms


@dataclass(frozen=True, slots=True)
class Contender:
    name: str
    start: Callable[[Aspire, int], AbstractContextManager[tuple[Measured, Begin]]]
    is_rival: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    per_second: float
    cpu_ms: float
    """For each delivery, of the processes that deliver; the database's and the broker's are not in it."""

    @property
    def text(self) -> str:
        return f"{self.per_second:,.0f}/s, {self.cpu_ms:.2f} ms CPU each"


RAW: Final = "raw loop of requests.Session"
ONE: Final = "deliver_postbacks"
TWO: Final = "deliver_postbacks, 2 processes"
WOKEN: Final = "engine celery"
CELERY: Final = "Celery task each, 2 processes"
CELERY_KEPT: Final = "Celery task each, 2 processes, connection kept"
DJANGO_TASKS: Final = "django-tasks-db task each, 2 processes"
PROCRASTINATE: Final = "procrastinate job each"


def measure(sizes: Sizes) -> list[Figure]:
    """Without delay: the CPU is the limit."""
    runs = _rounds(sizes, delay_ms=0, rival_count=sizes.deliveries_of_rivals)
    figures = [_against_raw(runs, name) for name in runs]
    figures.append(_ratio(runs, TWO, ONE, at_least=1.9))
    figures += [
        _ratio(runs, TWO, rival, at_least=least)
        for rival, least in ((CELERY, 6), (CELERY_KEPT, 4), (DJANGO_TASKS, 4))
        if rival in runs
    ]
    if WOKEN in runs:
        figures.append(_ratio(runs, WOKEN, ONE, at_least=0.9))
    if PROCRASTINATE in runs:
        figures.append(_ratio(runs, ONE, PROCRASTINATE))
    return figures


def measure_far(sizes: Sizes) -> list[Figure]:
    """50 ms away: only the number of requests under way at once counts."""
    runs = _rounds(sizes, delay_ms=FAR, rival_count=sizes.far_deliveries_of_rivals)
    most = rows.threads() / FAR * 1000
    figures = [
        Figure(
            name=f"{name} / (threads / delay)",
            value=run.per_second / most,
            beside=run.text,
            at_least=0.85 if name == ONE else None,
        )
        for name, run in runs.items()
    ]
    return [*figures, _ratio(runs, TWO, ONE, at_least=1.9)]


def _contenders() -> list[Contender]:
    found = [
        Contender(RAW, contenders.raw_loop),
        Contender(ONE, contenders.own_workers),
        Contender(TWO, partial(contenders.own_workers, processes=2)),
        Contender(DJANGO_TASKS, contenders.django_tasks, is_rival=True),
    ]
    if broker.is_up():
        found += [
            Contender(WOKEN, contenders.celery_engine),
            Contender(CELERY, contenders.celery_tasks, is_rival=True),
            Contender(CELERY_KEPT, partial(contenders.celery_tasks, keeps_connection=True), is_rival=True),
        ]
    if connection.vendor == "postgresql":
        found.append(Contender(PROCRASTINATE, contenders.procrastinate_jobs, is_rival=True))
    return found


def _rounds(sizes: Sizes, *, delay_ms: int, rival_count: int) -> dict[str, Run]:
    """The medians of rounds in which all take turns, so that a machine that slows down slows all."""
    runs: dict[str, list[Run]] = {}
    with aspire(delay_ms) as receiver:
        for _ in range(sizes.rounds):
            for contender in _contenders():
                count = rival_count if contender.is_rival else sizes.deliveries
                runs.setdefault(contender.name, []).append(_run(contender, receiver, count))
    return {name: _median(of_one) for name, of_one in runs.items()}


def _run(contender: Contender, receiver: Aspire, count: int) -> Run:
    rows.clear()
    with contender.start(receiver, count) as (processes, begin):
        used = processes.cpu_seconds
        receiver.forget()
        begin()
        try:
            receiver.wait_for(count)
            if contender.name != RAW:
                rows.wait_until_accepted(count)
        except TimeoutError as error:
            raise TimeoutError(f"{contender.name}: {error} {processes.log[-2000:]}") from None
        used = processes.cpu_seconds - used
    return Run(per_second=(count - 1) / receiver.span(), cpu_ms=used / count * 1000)


def _median(runs: list[Run]) -> Run:
    return Run(
        statistics.median(run.per_second for run in runs),
        statistics.median(run.cpu_ms for run in runs),
    )


def _against_raw(runs: dict[str, Run], name: str) -> Figure:
    return Figure(
        name=f"{name} / raw loop" if name != RAW else f"{RAW}, {rows.threads()} threads",
        value=runs[name].per_second / runs[RAW].per_second,
        beside=runs[name].text,
        at_least=1.15 if name == ONE else None,
    )


def _ratio(runs: dict[str, Run], one: str, other: str, *, at_least: float | None = None) -> Figure:
    value = runs[one].per_second / runs[other].per_second
    return Figure(name=f"{one} / {other}", value=value, at_least=at_least)
