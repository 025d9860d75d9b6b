"""What the overview reads of the ledger: few queries, each a single pass over an index of the period."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.db import connection
from django.db.models import (
    Case,
    CharField,
    Count,
    DateTimeField,
    Exists,
    F,
    IntegerField,
    Min,
    Q,
    QuerySet,
    Sum,
    TextField,
    Value,
    When,
)

from tracking.models import Adjustment, Conversion, LandingCount, Offer, Postback
from tracking.postbacks.verdicts import Verdict
from tracking.reports.overview.period import Period

Status = Postback.Status

WAITING: Final = (Status.PENDING, Status.SENDING)
STUCK: Final = "stuck"
NEED_A_PERSON: Final = (Status.REJECTED, Status.UNCONFIRMED, Status.FAILED)
SAMPLE: Final = 1000  # postbacks, whose times from commit to accepted are looked at
CELLS: Final = 60
_MONEY: Final = Conversion._meta.get_field("items_total")
UNKNOWN_OFFER: Final = Conversion.Outcome.UNKNOWN_OFFER.value
ADJUSTMENT: Final = "adjustment"


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
class Standing:
    """Rows in one state: those that are open now, or those that were settled."""

    state: str
    """A postback's ("stuck" where it waits without a time), "unknown_offer", "adjustment", or a landing's finding."""
    is_open: bool
    why: str
    """What a waiting one waits for; the parameter of a landing."""
    now: int
    in_period: int
    """Those that came to this within the period …"""
    in_before: int
    """… and within the one before."""
    waited_at_start: int
    """Those that were waiting when the period began."""
    oldest: datetime | None
    due_at: datetime | None
    row: int | None


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


def read_standings(period: Period) -> list[Standing]:
    """Postbacks by their states, orders without an offer, open adjustments and landings, in one query."""
    own = (_waiting(period), _given_up(period), *_settled(period))
    parts = (*own, _unknown_offers(period), _adjustments(period), _landings(period))
    columns = ("state", "is_open", "why", "now", "in_period", "in_before", "waited", "oldest", "due", "row")
    first, *others = (part.values_list(*columns).order_by() for part in parts)
    return [
        Standing(
            state=state,
            is_open=bool(is_open),
            why=why,
            now=now,
            in_period=in_period,
            in_before=in_before,
            waited_at_start=waited,
            oldest=oldest,
            due_at=due,
            row=row,
        )
        for state, is_open, why, now, in_period, in_before, waited, oldest, due, row in first.union(*others, all=True)
    ]


def _waiting(period: Period) -> QuerySet[Any]:
    """What waits, by what it waits for; what came back uncounted does not."""
    state = Case(
        When(status=Status.PENDING, due_at__isnull=True, then=Value(STUCK)), default="status", output_field=CharField()
    )
    rows: Any = Postback.objects.filter(is_called_off=False, is_test=False, status__in=WAITING)
    return rows.values(state=state, why=F("detail")).annotate(  # type: ignore[no-any-return]
        is_open=_number(1),
        now=Count("*"),
        in_period=Count("id", filter=_within("created_at", period.start, period.end)),
        in_before=Count("id", filter=_within("created_at", period.before_start, period.before_end)),
        waited=Count("id", filter=Q(created_at__lt=period.start)),
        oldest=Min("created_at"),
        due=Min("due_at"),
        row=Min("id"),
    )


def _given_up(period: Period) -> QuerySet[Any]:
    """What needs a person: what came back uncounted does not.

    Apart from what waits, and by the plain state, so that SQLite looks these few up by their states.
    """
    is_to_do = Q(is_called_off=False) | Q(status=Status.UNCONFIRMED)
    rows: Any = Postback.objects.filter(is_to_do, is_test=False, status__in=NEED_A_PERSON)
    return rows.values(state=F("status")).annotate(  # type: ignore[no-any-return]
        is_open=_number(1),
        why=Value("", output_field=TextField()),
        now=Count("*"),
        in_period=Count("id", filter=_within("settled_at", period.start, period.end)),
        in_before=Count("id", filter=_within("settled_at", period.before_start, period.before_end)),
        waited=_number(0),
        oldest=Min("created_at"),
        due=Min("due_at"),
        row=Min("id"),
    )


def _settled(period: Period) -> Iterator[QuerySet[Any]]:
    """What was settled in the period, what before it, and what had waited when it began: a pass over each time."""
    within = _within("settled_at", period.start, period.end)
    before = _within("settled_at", period.before_start, period.before_end)
    yield _settled_of(within, in_period=Count("*"))
    yield _settled_of(before, in_before=Count("*"))
    had_waited = Q(settled_at__gte=period.start, created_at__lt=period.start)
    yield _settled_of(had_waited, state=Value("", output_field=CharField()), waited=Count("*"))


def _settled_of(which: Q, *, state: Any = F("status"), **numbers: Count) -> QuerySet[Any]:  # noqa: B008
    rows: Any = Postback.objects.filter(which, is_test=False)
    return rows.values(state=state).annotate(  # type: ignore[no-any-return]
        is_open=_number(0),
        why=Value("", output_field=TextField()),
        now=_number(0),
        **{"in_period": _number(0), "in_before": _number(0), "waited": _number(0), **numbers},
        oldest=_nothing(DateTimeField()),
        due=_nothing(DateTimeField()),
        row=_nothing(IntegerField()),
    )


def _unknown_offers(period: Period) -> QuerySet[Any]:
    return _others(Conversion.objects.waiting(), Value(UNKNOWN_OFFER), "completed_at", period)


def _adjustments(period: Period) -> QuerySet[Any]:
    return _others(Adjustment.objects.open(), Value(ADJUSTMENT), "since", period)


def _others(rows: Any, state: Value, moment: str, period: Period) -> QuerySet[Any]:
    """Rows of another kind that need a person, as one line; a count of none is a line too."""
    state.output_field = CharField()
    found: QuerySet[Any] = (
        rows.order_by()
        .values(state=state)
        .annotate(
            is_open=_number(1),
            why=Value("", output_field=TextField()),
            now=Count("id"),
            in_period=Count("id", filter=_within(moment, period.start, period.end)),
            in_before=Count("id", filter=_within(moment, period.before_start, period.before_end)),
            waited=_number(0),
            oldest=Min(moment),
            due=_nothing(DateTimeField()),
            row=Min("id"),
        )
    )
    return found


def _landings(period: Period) -> QuerySet[Any]:
    """What the landings carried, on the period's days, which for landings are days in UTC."""
    days = (period.start.date(), (period.end - timedelta.resolution).date())
    rows: Any = LandingCount.objects.filter(day__range=days)
    return rows.values(state=F("finding"), why=F("parameter")).annotate(  # type: ignore[no-any-return]
        is_open=_number(0),
        now=_number(0),
        in_period=Sum("count"),
        in_before=_number(0),
        waited=_number(0),
        oldest=_nothing(DateTimeField()),
        due=_nothing(DateTimeField()),
        row=_nothing(IntegerField()),
    )


def _within(field: str, start: datetime, end: datetime) -> Q:
    return Q(**{f"{field}__gte": start, f"{field}__lt": end})


def _number(number: int) -> Value:
    return Value(number, output_field=IntegerField())


def _nothing(field: Any) -> Value:
    return Value(None, output_field=field)


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
