"""The orders of the period step by step: two charts, and the table with the same numbers beside them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tracking.models import Conversion
from tracking.reports import charts
from tracking.reports.overview import links
from tracking.reports.overview.period import Period, Step
from tracking.reports.overview.reading import Orders, total
from tracking.reports.wording import grouped, percent

Outcome = Conversion.Outcome

ORDER: Final = tuple(Outcome)
"""The outcomes from the foot of a bar upwards: credited ones first."""


@dataclass(frozen=True, slots=True)
class Cell:
    number: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A step: an hour, a day or a week."""

    label: str
    cells: tuple[Cell, ...]
    """One for each outcome of `Days.outcomes`, and the sum."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """What the charts and the table show."""

    unit: str
    outcomes: tuple[tuple[str, str], ...]
    """Those that occur, each with its label."""
    rows: tuple[Row, ...]
    orders: charts.Chart
    orders_finding: str
    outcome: charts.Chart
    outcome_finding: str
    marks: tuple[str, ...]
    """What stands below the charts: the first step, the middle one and the last."""


def days(orders: Sequence[Orders], period: Period) -> Days:
    """Lay the orders out by the period's steps."""
    current = [row for row in orders if row.is_current]
    numbers = _numbers(current, period)
    occurring = tuple(outcome for outcome in ORDER if any(stack[outcome] for stack in numbers))
    labels = [step.label for step in period.steps]
    stacks = [[(outcome.value, stack[outcome]) for outcome in occurring] for stack in numbers]
    by_share = [(("credited", stack[Outcome.CREDITED]), ("rest", sum(stack.values()))) for stack in numbers]
    return Days(
        unit=period.unit,
        outcomes=tuple((outcome.value, str(outcome.label)) for outcome in occurring),
        rows=tuple(_row(step, stack, occurring) for step, stack in zip(period.steps, numbers, strict=True)),
        orders=charts.stacked(labels, [_halves(stack) for stack in numbers]),
        orders_finding=_busiest(labels, [whole for _, (_, whole) in by_share], period),
        outcome=charts.shares(labels, stacks),
        outcome_finding=_commonest(current, period),
        marks=(labels[0], labels[len(labels) // 2], labels[-1]) if len(labels) > 2 else tuple(labels),
    )


Numbers = dict[Outcome, int]


def _numbers(orders: Sequence[Orders], period: Period) -> list[Numbers]:
    numbers = [dict.fromkeys(ORDER, 0) for _ in period.steps]
    for row in orders:
        if row.step is not None:
            numbers[row.step][Outcome(row.outcome)] += row.number
    return numbers


def _halves(stack: Numbers) -> charts.Stack:
    credited = stack[Outcome.CREDITED]
    return (("credited", credited), ("others", sum(stack.values()) - credited))


def _row(step: Step, stack: Numbers, occurring: Sequence[Outcome]) -> Row:
    orders = links.conversions(step.start, step.end)
    cells = [
        Cell(grouped(stack[outcome]), links.narrowed(orders, outcome__exact=outcome.value)) for outcome in occurring
    ]
    return Row(label=step.label, cells=(*cells, Cell(grouped(sum(stack.values())), orders)))


def _busiest(labels: Sequence[str], wholes: Sequence[int], period: Period) -> str:
    orders = sum(wholes)
    if not orders:
        return f"No order in {period.label}."
    most = max(wholes)
    return (
        f"{grouped(orders)} {'order' if orders == 1 else 'orders'} in {period.label}; the busiest {period.unit} was "
        f"{labels[wholes.index(most)]} with {grouped(most)}."
    )


def _commonest(current: Sequence[Orders], period: Period) -> str:
    orders = total(current)
    if not orders:
        return f"No order in {period.label}."
    told = []
    for outcome in ORDER:
        number = total(row for row in current if row.outcome == outcome)
        if number:
            told.append((number, f"{percent(number, orders)} {outcome.label.lower()}"))
    return f"Of {grouped(orders)} orders " + ", ".join(text for _, text in sorted(told, reverse=True)) + "."
