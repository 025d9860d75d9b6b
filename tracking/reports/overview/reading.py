"""What the overview reads of the ledger: few queries, each a single pass over an index of the period."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from django.db import connection
from django.db.models import (
    Count,
    Exists,
    Q,
    Sum,
)

from tracking.models import Conversion, LandingCount, Offer, Postback
from tracking.postbacks.verdicts import Verdict
from tracking.reports.overview.period import Period

Status = Postback.Status

SAMPLE: Final = 1000  # postbacks, whose times from commit to accepted are looked at
CELLS: Final = 60
_MONEY: Final = Conversion._meta.get_field("items_total")


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """Orders that have all this in common."""

    step: int | None
    """The place of the period's step that they are in; None: before the period, and credited."""
    outcome: str
    cause: str
    currency: str
    offer: int | None
    number: int
    goods: Decimal

    @property
    def is_current(self) -> bool:
        """Tell whether they are of the period, and not of the one before."""
        return self.step is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Earner:
    """An affiliate with what was credited to it."""

    affiliate_id: str
    orders: int
    goods: tuple[tuple[str, Decimal], ...]


def read_orders(period: Period) -> list[Orders]:
    """The orders of the period by step, and the credited ones before it, in a single pass over each of the two times.

    A statement of its own for each step, all sent as one: no database has to work out a row's local hour or day, or
    to sort the period's rows for it. Written by hand, for the ORM builds ninety of them more slowly than they run.
    """
    to_time = connection.ops.adapt_datetimefield_value
    parts, times = [], []
    for number, step in enumerate(period.steps):
        if step.start < period.end:
            parts.append(_OF_STEP.format(number))
            times += [to_time(step.start), to_time(min(step.end, period.end))]
    parts.append(_CREDITED_BEFORE)
    times += [to_time(period.before_start), to_time(period.before_end)]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), times)
        return [
            Orders(
                step=step if step >= 0 else None,
                outcome=outcome,
                cause=cause,
                currency=currency,
                offer=offer,
                number=number,
                goods=round(Decimal(goods), _MONEY.decimal_places),  # SQLite adds floats
            )
            for step, outcome, cause, currency, offer, number, goods in cursor.fetchall()
        ]


_WITHIN: Final = f"FROM {Conversion._meta.db_table} WHERE NOT is_test AND completed_at >= %s AND completed_at < %s"
_OF_STEP: Final = (
    f"SELECT {{}}, outcome, cause, currency, offer_id, COUNT(*), SUM(items_total) {_WITHIN} "
    "GROUP BY outcome, cause, currency, offer_id"
)
_CREDITED_BEFORE: Final = (  # the others compare with nothing
    f"SELECT -1, outcome, '', currency, NULL, COUNT(*), SUM(items_total) {_WITHIN} "
    f"AND outcome = '{Conversion.Outcome.CREDITED.value}' GROUP BY outcome, currency"
)


def read_earners(period: Period, currencies: Sequence[str], most: int) -> list[Earner]:
    """The affiliates with the most credited orders in the period, with their goods in these currencies."""
    rows = Conversion.objects.filter(
        is_test=False,
        outcome=Conversion.Outcome.CREDITED,
        completed_at__gte=period.start,
        completed_at__lt=period.end,
    )
    sums: dict[str, Any] = {
        f"goods_{place}": Sum("items_total", filter=Q(currency=currency)) for place, currency in enumerate(currencies)
    }
    best: Any = rows.values("affiliate_id").annotate(orders=Count("*"), **sums)
    return [
        Earner(
            affiliate_id=row["affiliate_id"],
            orders=row["orders"],
            goods=tuple(
                (currency, row[f"goods_{place}"])
                for place, currency in enumerate(currencies)
                if row[f"goods_{place}"] is not None
            ),
        )
        for row in best.order_by("-orders", "affiliate_id")[:most]
    ]


def read_times(period: Period) -> list[timedelta]:
    """How long the last accepted postbacks of the period took from the order's commit, or from the end of their hold.

    Those that a person marked are left out.
    """
    accepted = Postback.objects.filter(
        is_test=False,
        status=Status.ACCEPTED,
        verdict__in=[Verdict.ACCEPTED, Verdict.DUPLICATE],
        settled_at__gte=period.start,
        settled_at__lt=period.end,
    )
    newest = accepted.order_by("-settled_at")[:SAMPLE].values_list("created_at", "held_until", "settled_at")
    return [
        max(settled - max(created, held_until or created), timedelta())
        for created, held_until, settled in newest
        if settled
    ]


def read_last_postbacks() -> list[Postback]:
    """The last ones that were recorded, the newest first."""
    rows = Postback.objects.filter(is_test=False).select_related("conversion").order_by("-id")
    only = rows.only("status", "is_test", "created_at", "conversion__order_id", "conversion__affiliate_id")
    return list(only[:CELLS])


def read_offers() -> list[Offer]:
    """All offers; each says whether anything has landed, been ordered and been accepted at all."""
    return list(
        Offer.objects.annotate(
            has_landings=Exists(LandingCount.objects.all()),
            has_orders=Exists(Conversion.objects.filter(is_test=False)),
            has_accepted=Exists(Postback.objects.filter(is_test=False, status=Status.ACCEPTED)),
        )
    )


def total(rows: Iterable[Orders]) -> int:
    """How many orders they are together."""
    return sum(row.number for row in rows)
