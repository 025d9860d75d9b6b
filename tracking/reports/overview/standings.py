"""What stands open now, and what was settled in a period: postbacks, orders without an offer, adjustments, landings."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import (
    Case,
    CharField,
    Count,
    DateTimeField,
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

from tracking.models import Adjustment, Conversion, LandingCount, Postback
from tracking.reports.overview.period import Period

Status = Postback.Status

WAITING: Final = (Status.PENDING, Status.SENDING)
STUCK: Final = "stuck"
NEED_A_PERSON: Final = (Status.REJECTED, Status.UNCONFIRMED, Status.FAILED)
UNKNOWN_OFFER: Final = Conversion.Outcome.UNKNOWN_OFFER.value
ADJUSTMENT: Final = "adjustment"


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
