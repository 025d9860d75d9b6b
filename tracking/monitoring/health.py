"""Health: what a machine may want to know at a glance, and the rules that make it ok, warn or fail."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db.models import Max

from tracking.conf import conf
from tracking.models import Alert, HostPause, LandingHour, Postback
from tracking.postbacks import heartbeats
from tracking.reports.next_step import OVERDUE_AFTER
from tracking.reports.wording import count, span
from tracking.watch import facts

MOST_COUNTED = 10_000  # rows


class Status(StrEnum):
    """OK and WARN are answered with HTTP 200, FAIL with 503."""

    OK = "ok"
    WARN = "warn"
    """Postbacks are delivered, or wait for somebody else; a person should look."""
    FAIL = "fail"
    """Nothing is delivered, though it could be."""


@dataclass(frozen=True, slots=True)
class Paused:
    """A host that nothing is sent to."""

    host: str
    since: datetime
    until: datetime
    is_broken: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What is known at one moment."""

    now: datetime
    engine: str
    oldest_due_at: datetime | None = None
    """Of what could be sent: paused hosts apart."""
    waiting: int = 0
    """Up to MOST_COUNTED."""
    needs_person: int = 0
    workers: int = 0
    last_beat_at: datetime | None = None
    paused: tuple[Paused, ...] = field(default=())
    last_accepted_at: datetime | None = None
    last_landing_at: datetime | None = None
    """The beginning of its hour."""
    alerts: int = 0

    @property
    def oldest_due_age(self) -> timedelta | None:
        """For how long something has been due."""
        return max(self.now - self.oldest_due_at, timedelta(0)) if self.oldest_due_at else None


def read(*, now: datetime) -> Health:
    """What the database says now, by at most a dozen queries. Raises DatabaseError."""
    pauses = [Paused(pause.host, pause.since, pause.paused_until, pause.is_broken) for pause in HostPause.objects.all()]
    return Health(
        now=now,
        engine=conf.engine,
        oldest_due_at=facts.oldest_due_at({pause.host for pause in pauses}, now=now),
        waiting=_up_to(Postback.objects.filter(status=Postback.Status.PENDING, is_test=False)),
        needs_person=_up_to(facts.given_up().order_by("status")),  # else SQLite reads the whole log
        workers=heartbeats.alive(now=now).count(),
        last_beat_at=facts.last_beat_at(),
        paused=tuple(pauses),
        last_accepted_at=facts.last_accepted_at(),
        last_landing_at=LandingHour.objects.aggregate(last=Max("starts_at"))["last"],
        alerts=Alert.objects.open().count(),
    )


def judge(health: Health, *, worker_limit: timedelta) -> tuple[Status, list[str]]:
    """The status, and in words what keeps it from being ok. A plain rule.

    FAIL: something that could be sent has been due for longer than `worker_limit`. WARN: it has been due for longer
    than a drain takes to look, a host fails, a postback needs a person, an alert is open.
    """
    problems = []
    age = health.oldest_due_age or timedelta(0)
    if age > OVERDUE_AFTER:
        problems.append(f"Nobody delivers: the oldest postback has been due for {span(age)}.")
    problems += [
        f"{pause.host} has been failing for {span(health.now - pause.since)}."
        for pause in health.paused
        if pause.is_broken
    ]
    if health.needs_person:
        problems.append(f"A person is needed for {count(health.needs_person, 'postback')}.")
    if health.alerts:
        problems.append(f"{count(health.alerts, 'alert')} open.")
    if age > worker_limit:
        return Status.FAIL, problems
    return (Status.WARN if problems else Status.OK), problems


def to_json(health: Health, status: Status, problems: list[str]) -> dict[str, Any]:
    """What the endpoint answers; the README describes each field."""
    age = health.oldest_due_age
    return {
        "status": status,
        "problems": problems,
        "time": health.now,
        "database": "ok",
        "engine": health.engine,
        "oldest_due_seconds": None if age is None else round(age.total_seconds()),
        "waiting": health.waiting,
        "needs_person": health.needs_person,
        "workers": {"alive": health.workers, "last_heartbeat": health.last_beat_at},
        "breakers": [
            {"host": pause.host, "since": pause.since, "until": pause.until, "failing": pause.is_broken}
            for pause in health.paused
        ],
        "last_accepted": health.last_accepted_at,
        "last_landing": health.last_landing_at,
        "open_alerts": health.alerts,
    }


def without_database(*, now: datetime) -> dict[str, Any]:
    """The same when the database does not answer. Its own words stay in the log: they may name hosts and users."""
    return {
        "status": Status.FAIL,
        "problems": ["The database cannot be used."],
        "time": now,
        "database": "unavailable",
    }


def _up_to(rows: Any) -> int:
    number: int = rows[:MOST_COUNTED].count()
    return number
