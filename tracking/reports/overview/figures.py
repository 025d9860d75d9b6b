"""The figures at the head of the overview, each against the period before. Plain rules."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from tracking.reports.overview import links
from tracking.reports.overview.period import Period
from tracking.reports.overview.reading import Orders, total
from tracking.reports.overview.standings import NEED_A_PERSON, STUCK, WAITING, Standing
from tracking.reports.wording import count, grouped, money_grouped

ALMOST: Final = Decimal(1) / 10  # of a percent


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A number with what it is compared with."""

    label: str
    value: str
    compared: str
    tone: str = ""
    """ "good" or "bad" where the number says so by itself."""
    url: str = ""
    more: tuple[str, ...] = ()
    """Further values, such as other currencies."""


def figures(orders: Sequence[Orders], standings: Sequence[Standing], period: Period) -> tuple[Figure, ...]:
    """All of them, in the order in which they are read."""
    credited = [row for row in orders if row.outcome == "credited"]
    return (
        _credited(credited, period),
        _value(credited, period),
        _acceptance(standings, period),
        _waiting(standings),
        _attention(standings),
    )


def goods(rows: Iterable[Orders]) -> dict[str, Decimal]:
    """What the goods came to in each currency, the currency with the most orders first."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    numbers: dict[str, int] = defaultdict(int)
    for row in rows:
        sums[row.currency] += row.goods
        numbers[row.currency] += row.number
    return {currency: sums[currency] for currency in sorted(sums, key=lambda one: (-numbers[one], one))}


def change(now: Decimal | int, before: Decimal | int) -> str:
    """The change in percent, with its sign."""
    if not before:
        return "" if not now else "new"
    part = 100 * (Decimal(now) - Decimal(before)) / Decimal(before)
    if abs(part) < ALMOST:
        return "±0 %"
    return f"{part:+.0f} %" if abs(part) >= 10 else f"{part:+.1f} %"


def rate(part: int, whole: int) -> Decimal | None:
    """A share in percent; None of nothing."""
    return 100 * Decimal(part) / whole if whole else None


def _credited(credited: Sequence[Orders], period: Period) -> Figure:
    now = total(row for row in credited if row.is_current)
    before = total(row for row in credited if not row.is_current)
    return Figure(
        label="Credited orders",
        value=grouped(now),
        compared=_against(change(now, before), grouped(before)),
        url=links.conversions(period.start, period.end, outcome__exact="credited"),
    )


def _value(credited: Sequence[Orders], period: Period) -> Figure:
    now = goods(row for row in credited if row.is_current)
    before = goods(row for row in credited if not row.is_current)
    currencies = list(now) or list(before)
    lines = [money_grouped(now.get(currency, Decimal()), currency) for currency in currencies]
    first = currencies[0] if currencies else ""
    then = before.get(first, Decimal())
    return Figure(
        label="Their goods",
        value=lines[0] if lines else "0.00",
        more=tuple(lines[1:]),
        compared=_against(change(now.get(first, Decimal()), then), money_grouped(then, first) if first else "0.00"),
        url=links.conversions(period.start, period.end, outcome__exact="credited"),
    )


def _acceptance(standings: Sequence[Standing], period: Period) -> Figure:
    judged = [row for row in standings if not row.is_open and row.state in {"accepted", *NEED_A_PERSON}]
    accepted = [row for row in judged if row.state == "accepted"]
    now = rate(sum(row.in_period for row in accepted), sum(row.in_period for row in judged))
    before = rate(sum(row.in_before for row in accepted), sum(row.in_before for row in judged))
    compared = "nothing was settled before" if before is None else f"{_percent(before)} before"
    if now is not None and before is not None:
        compared = f"{_points(now - before)}: {compared}"
    tone = "" if now is None else "good" if now >= 98 else "bad" if now < 90 else ""
    settled = sum(row.in_period for row in judged)
    return Figure(
        label="Acceptance rate",
        value="-" if now is None else _percent(now),
        compared=compared,
        more=(f"of {count(settled, 'postback')} settled",) if settled else ("nothing was settled",),
        tone=tone,
        url=links.settled(period, status__in=",".join(["accepted", *NEED_A_PERSON])),
    )


def _waiting(standings: Sequence[Standing]) -> Figure:
    now = sum(row.now for row in standings if row.state in {*WAITING, STUCK})
    then = sum(row.waited_at_start for row in standings)
    return Figure(
        label="Waiting now",
        value=grouped(now),
        compared=f"{grouped(then)} when this period began",
        url=links.postbacks(status__in=",".join(WAITING)),
    )


def _attention(standings: Sequence[Standing]) -> Figure:
    rows = [row for row in standings if row.is_open and row.state not in WAITING]
    now = sum(row.now for row in rows)
    arose, before = sum(row.in_period for row in rows), sum(row.in_before for row in rows)
    return Figure(
        label="Needing attention",
        value=grouped(now),
        compared=f"{grouped(arose)} of this period, {grouped(before)} of the one before",
        tone="bad" if now else "good",
        url=links.of("needsme"),
    )


def _against(changed: str, before: str) -> str:
    return f"{changed}: {before} before" if changed and changed != "new" else f"{before} before"


def _percent(share: Decimal) -> str:
    """Never rounded up to all: one refusal in a thousand shows."""
    return f"{share:.0f} %" if share in {0, 100} else f"{min(share, Decimal('99.9')):.1f} %"


def _points(difference: Decimal) -> str:
    return f"{difference:+.1f} points" if abs(difference) >= Decimal("0.05") else "±0 points"
