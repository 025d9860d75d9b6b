"""Is it working: how long postbacks take, how the last ones went, what waits longest, what landings lack, who works."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tracking.capture.clicks import Finding
from tracking.conf import conf
from tracking.models import Offer, Postback, WorkerHeartbeat
from tracking.postbacks import template
from tracking.postbacks.heartbeats import is_alive
from tracking.reports.next_step import OVERDUE_AFTER
from tracking.reports.overview import links
from tracking.reports.overview.period import Period
from tracking.reports.overview.reading import SAMPLE
from tracking.reports.overview.standings import STUCK, WAITING, Standing
from tracking.reports.wording import clock, grouped, percent, span, took


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """From the order's commit to Aspire's yes."""

    half: str
    most: str
    of: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A postback of the strip."""

    status: str
    told: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Oldest:
    """The postback that waits longest."""

    since: str
    why: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LandingsLine:
    """What was wrong with landings."""

    found: str
    parameter: str
    landings: str
    share: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Landings:
    """All landings, and what was wrong with some."""

    number: str
    lines: tuple[LandingsLine, ...]
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    name: str
    is_alive: bool
    beat: str
    delivered: str


def times(taken: Sequence[timedelta], period: Period) -> Times | None:
    """The time that half of them took at most, and that 95 of a hundred did."""
    if not taken:
        return None
    ranked = sorted(taken)
    return Times(
        half=_length(ranked[(len(ranked) - 1) // 2]),
        most=_length(ranked[-(-95 * len(ranked) // 100) - 1]),
        of=f"the last {grouped(SAMPLE)} accepted" if len(ranked) == SAMPLE else f"{grouped(len(ranked))} accepted",
        url=links.settled(period, status__exact="accepted"),
    )


def strip(postbacks: Iterable[Postback], *, now: datetime) -> tuple[Cell, ...]:
    """The last postbacks, the oldest first, so that time runs as one reads."""
    cells = [
        Cell(
            status=postback.status,
            told=f"Order {postback.conversion.order_id}: {postback.get_status_display()}, recorded "
            f"{clock(postback.created_at, now=now)}",
            url=links.page("postback", postback.pk),
        )
        for postback in postbacks
    ]
    return tuple(reversed(cells))


def strip_finding(cells: Sequence[Cell]) -> str:
    """How the last postbacks went, in a sentence."""
    accepted = sum(cell.status == "accepted" for cell in cells)
    return f"Of the last {len(cells)} postbacks {accepted} were accepted."


def oldest(standings: Sequence[Standing], offers: Iterable[Offer], *, now: datetime) -> Oldest | None:
    """What waits longest, with its reason, in which no offer's secret shows."""
    waiting = [row for row in standings if row.state in {*WAITING, STUCK} and row.is_open and row.oldest and row.row]
    if not waiting:
        return None
    row = min(waiting, key=lambda one: one.oldest or now)
    assert row.oldest  # noqa: S101 - the list above has no others
    since = f"{span(now - row.oldest)}, since {clock(row.oldest, now=now)}"
    words = template.mask(row.why, conf.security_token, *(offer.pasted_security_token for offer in offers))
    return Oldest(since=since, why=_why(row, words, now), url=links.page("postback", row.row or 0))


def landings(standings: Sequence[Standing]) -> Landings:
    """What the landings carried that is no click."""
    found = {Finding.UNREPLACED_MACRO.value: "an unreplaced macro", Finding.INVALID.value: "no valid id"}
    number = sum(row.in_period for row in standings if row.state == Finding.ANY)
    wrong = sorted((row for row in standings if row.state in found), key=lambda row: (-row.in_period, row.why))
    lines = tuple(
        LandingsLine(
            found=found[row.state],
            parameter=row.why,
            landings=grouped(row.in_period),
            share=percent(row.in_period, number),
        )
        for row in wrong
    )
    return Landings(number=grouped(number), lines=lines, url=links.of("landingcount"))


def workers(beats: Iterable[WorkerHeartbeat], *, now: datetime) -> tuple[Worker, ...]:
    """Each worker with its last sign of life."""
    return tuple(
        Worker(
            name=worker.name,
            is_alive=is_alive(worker, now=now),
            beat=f"{span(now - worker.beat_at)} ago",
            delivered=grouped(worker.delivered),
        )
        for worker in beats
    )


def without_workers() -> str:
    """What it means that no worker gives a sign of life, for the engine in use."""
    if conf.engine == "worker":
        return "No worker gives a sign of life: start manage.py deliver_postbacks."
    return f"The engine “{conf.engine}” delivers without a worker of its own."


def _why(row: Standing, words: str, now: datetime) -> str:
    if row.state == Postback.Status.SENDING:
        return "It is being sent."
    if row.due_at is None:
        return words or "It has no time to be sent at."
    if row.due_at > now:
        return f"{words} It is due {clock(row.due_at, now=now)}.".strip()
    if now - row.due_at < OVERDUE_AFTER:
        return f"{words} It is due now.".strip()
    late = f"It has been due for {span(now - row.due_at)}, and nobody has sent it: see paused hosts and workers."
    return f"{words} {late}".strip()


def _length(taken: timedelta) -> str:
    milliseconds = round(taken.total_seconds() * 1000)
    return took(milliseconds) if milliseconds < 60_000 else span(taken)
