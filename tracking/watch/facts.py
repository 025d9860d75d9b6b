"""Reading the facts: a dozen queries, each answered by an index or by a table that stays small."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.db.models import Count, Max, Q, QuerySet

from tracking.conf import conf
from tracking.models import Attempt, Conversion, HostPause, LandingHour, Offer, OrderDetails, Postback, WorkerHeartbeat
from tracking.postbacks import delivery, template
from tracking.postbacks.verdicts import Verdict
from tracking.watch.findings import BrokenHost, Facts, Group, Limits, Settled, Unaccepted
from tracking.watch.quiet import WEEK, WEEKS

Status = Postback.Status

FOR_A_PERSON: Final = (Status.REJECTED, Status.UNCONFIRMED, Status.FAILED)
MOST_COUNTED: Final = 5_000  # rows; more are "more than"
LATELY: Final = timedelta(days=1)
BEFORE: Final = timedelta(days=7)
NO_OFFER_FOR: Final = timedelta(days=30)  # older orders have been left to themselves
KEPT_HOURS: Final = WEEK * (WEEKS + 2)
WORDS: Final = 300  # characters of what a row says
_EVER: Final = datetime(1970, 1, 1, tzinfo=UTC)  # SQLite takes the last of an index's times only where they are bounded


def limits() -> Limits:
    """The limits that the settings give. Raises ImproperlyConfigured."""
    return Limits(
        silence=timedelta(hours=conf.alert_silence_hours),
        pause=timedelta(minutes=conf.alert_pause_minutes),
        worker=timedelta(minutes=conf.alert_worker_minutes),
        drop=conf.alert_acceptance_drop,
        landings=conf.alert_missed_landings,
    )


def read(*, now: datetime) -> Facts:
    """What the database says now. Raises DatabaseError."""
    last = last_accepted_at()
    pauses = list(HostPause.objects.all())
    lately, before = _settled(now)
    return Facts(
        for_a_person=for_a_person(),
        failed_details=_group(failed_details(), "settled_at"),
        without_offer=_without_offer(now),
        held=_group(waiting_for_something().filter(is_test=False), "created_at"),
        last_accepted_at=last,
        unaccepted=_unaccepted(last, now),
        settled_lately=lately,
        settled_before=before,
        landings=dict(LandingHour.objects.filter(starts_at__gte=now - KEPT_HOURS).values_list("starts_at", "count")),
        oldest_due_at=oldest_due_at({pause.host for pause in pauses}, now=now),
        is_delivered_by_workers=conf.engine != "thread",
        last_beat_at=last_beat_at(),
        broken_hosts=tuple(
            BrokenHost(pause.host, pause.since, pause.reason[:WORDS]) for pause in pauses if pause.is_broken
        ),
    )


def for_a_person() -> dict[str, Group]:
    """What delivery has given up on, by state."""
    groups = {state.value: _group(given_up().filter(status=state), "settled_at") for state in FOR_A_PERSON}
    return {state: group for state, group in groups.items() if group}


def given_up() -> QuerySet[Postback]:
    """What needs a person, as the list of needs has it: an order that came back and was not counted does not."""
    is_to_do = Q(is_called_off=False) | Q(status=Status.UNCONFIRMED)
    return Postback.objects.filter(is_to_do, status__in=FOR_A_PERSON, is_test=False)


def failed_details() -> QuerySet[OrderDetails]:
    """Order details that delivery has given up on; of orders that came back there is nothing to see to."""
    return OrderDetails.objects.filter(status=OrderDetails.Status.FAILED, is_called_off=False)


def waiting_for_something() -> QuerySet[Postback]:
    """Pending rows that wait for what their detail names."""
    return Postback.objects.filter(status=Status.PENDING, due_at=None, is_called_off=False)


def last_accepted_at() -> datetime | None:
    """When Aspire last accepted something; a person's word does not count."""
    rows = Postback.objects.filter(status=Status.ACCEPTED, is_test=False, settled_at__gt=_EVER)
    rows = rows.filter(verdict__in=(Verdict.ACCEPTED, Verdict.DUPLICATE))
    return rows.order_by("-settled_at").values_list("settled_at", flat=True).first()


def oldest_due_at(paused: Collection[str] = (), *, now: datetime) -> datetime | None:
    """When the oldest row fell due that goes to none of the `paused` hosts."""
    rows = _due(now)
    if paused:
        offers = Offer.objects.only("postback_url")
        rows = rows.filter(offer_id__in=[offer.pk for offer in offers if delivery.host_of(offer) not in paused])
    return rows.order_by("due_at").values_list("due_at", flat=True).first()


def last_beat_at() -> datetime | None:
    """When a worker last gave a sign of life."""
    last: datetime | None = WorkerHeartbeat.objects.aggregate(last=Max("beat_at"))["last"]
    return last


def _group(rows: QuerySet[Any], moment: str) -> Group | None:
    latest = rows.select_related("offer").order_by(f"-{moment}").first()
    if latest is None:
        return None
    number = rows.order_by()[: MOST_COUNTED + 1].count()
    since = rows.order_by(moment).values_list(moment, flat=True).first() or latest.created_at
    secrets = (latest.offer.pasted_security_token, conf.security_token, conf.order_details_secret)
    words = template.mask(latest.detail, *secrets)
    return Group(min(number, MOST_COUNTED), since, _short(words), is_capped=number > MOST_COUNTED)


def _without_offer(now: datetime) -> Group | None:
    rows = Conversion.objects.waiting().filter(completed_at__gte=now - NO_OFFER_FOR).order_by("completed_at")
    first = rows.first()
    last = rows.last() if first else None
    if first is None or last is None:
        return None
    number = rows[: MOST_COUNTED + 1].count()
    return Group(min(number, MOST_COUNTED), first.completed_at, _short(last.reason), is_capped=number > MOST_COUNTED)


def _unaccepted(last: datetime | None, now: datetime) -> Unaccepted | None:
    """The oldest order that was tried since the last acceptance in vain, or is due and was not."""
    tried = Attempt.objects.filter(postback__is_test=False, started_at__lte=now)
    tried = tried.exclude(postback__status__in=(Status.CANCELLED, Status.ACCEPTED))
    if last:
        tried = tried.filter(started_at__gt=last)
    columns = ("started_at", "postback__conversion__order_id")
    found = list(tried.order_by("started_at").values_list(*columns)[:1])
    found += list(_due(now).order_by("due_at").values_list("due_at", "conversion__order_id")[:1])
    return min((Unaccepted(order_id, at) for at, order_id in found), key=lambda each: each.ready_at, default=None)


def _due(now: datetime) -> QuerySet[Postback]:
    return Postback.objects.filter(status=Status.PENDING, due_at__lte=now, is_test=False, is_called_off=False)


def _settled(now: datetime) -> tuple[Settled, Settled]:
    """What came to an end in the last day, and in the week before it."""
    ended = Postback.objects.filter(
        status__in=(Status.ACCEPTED, *FOR_A_PERSON),
        settled_at__gt=now - LATELY - BEFORE,
        settled_at__lte=now,
        is_test=False,
    )
    lately = Count("status", filter=Q(settled_at__gt=now - LATELY))
    counts = {
        status: (late, total - late)
        for status, total, late in ended.order_by().values_list("status").annotate(total=Count("*"), late=lately)
    }
    accepted = counts.pop(Status.ACCEPTED, (0, 0))
    others = [sum(numbers) for numbers in zip(*counts.values(), strict=True)] or [0, 0]
    return Settled(accepted[0], others[0]), Settled(accepted[1], others[1])


def _short(words: str) -> str:
    return " ".join(words.split())[:WORDS]
