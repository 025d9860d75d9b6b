"""Totals of a period: what became of its orders, by outcome and reason, and what its landings carried."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, cast

from django.db.models import Count, Sum
from django.utils import timezone

from tracking.capture.clicks import Finding
from tracking.models import Conversion, LandingCount
from tracking.reports.wording import money


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeTotal:
    """Orders with one outcome, for one kind of reason."""

    outcome: str
    label: str
    why: str
    orders: int
    share: str
    goods: str
    """What their goods came to, by currency."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LandingTotal:
    """Landings that carried one thing."""

    found: str
    parameter: str
    landings: int
    share: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """The totals from the day `first` to the day `last`, both included."""

    first: date
    last: date
    orders: int
    outcomes: tuple[OutcomeTotal, ...]
    landings: int
    findings: tuple[LandingTotal, ...]


def totals(first: date, last: date) -> Totals:
    """Add up a period; days begin in the project's time zone, those of landings in UTC. Costs two queries."""
    grouped = list(_orders(first, last))
    counts: Any = list(
        LandingCount.objects.filter(day__range=(first, last))
        .values("finding", "parameter")
        .annotate(landings=Sum("count"))
        .order_by("-landings", "finding", "parameter")
    )
    landings = sum(row["landings"] for row in counts if row["finding"] == Finding.ANY)
    orders = sum(row["orders"] for row in grouped)
    return Totals(
        first=first,
        last=last,
        orders=orders,
        outcomes=tuple(_outcomes(grouped, orders)),
        landings=landings,
        findings=tuple(_finding(row, landings) for row in counts if row["finding"] != Finding.ANY),
    )


def _orders(first: date, last: date) -> Iterable[dict[str, Any]]:
    period = (_start(first), _start(last + timedelta(days=1)))
    rows = Conversion.objects.filter(is_test=False, completed_at__gte=period[0], completed_at__lt=period[1])
    grouped = rows.values("outcome", "cause", "currency")
    return cast("Iterable[dict[str, Any]]", grouped.annotate(orders=Count("id"), goods=Sum("items_total")).order_by())


def _start(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def _outcomes(grouped: list[dict[str, Any]], all_orders: int) -> Iterable[OutcomeTotal]:
    for outcome in Conversion.Outcome:
        rows = [row for row in grouped if row["outcome"] == outcome]
        for cause in sorted({row["cause"] for row in rows}):
            same = [row for row in rows if row["cause"] == cause]
            orders = sum(row["orders"] for row in same)
            yield OutcomeTotal(
                outcome=outcome,
                label=outcome.label,
                why=Conversion.Cause(cause).label if cause else "",
                orders=orders,
                share=percent(orders, all_orders),
                goods=_goods({row["currency"]: row["goods"] for row in same}),
            )


def _goods(by_currency: dict[str, Decimal]) -> str:
    return ", ".join(money(amount, currency) for currency, amount in sorted(by_currency.items()))


def _finding(row: dict[str, Any], landings: int) -> LandingTotal:
    found = {Finding.UNREPLACED_MACRO.value: "An unreplaced macro", Finding.INVALID.value: "No valid id"}
    return LandingTotal(
        found=found.get(row["finding"], row["finding"]),
        parameter=row["parameter"],
        landings=row["landings"],
        share=percent(row["landings"], landings),
    )


def percent(part: int, whole: int) -> str:
    """A share in percent, with a decimal below ten; empty of nothing, or where the part was counted for longer."""
    if not whole or part > whole:
        return ""
    share = Decimal(100) * part / whole
    return f"{share:.0f} %" if share >= 10 or share == int(share) else f"{share:.1f} %"
