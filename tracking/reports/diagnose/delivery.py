"""Does what is owed get delivered? The engine, the outbox, and the hosts that postbacks go to."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from django.db.models import Count, Max, QuerySet

from tracking.conf import conf
from tracking.models import Attempt, Offer, Postback, WorkerHeartbeat
from tracking.postbacks import template
from tracking.postbacks.verdicts import NoReply
from tracking.postbacks.visits import Reached
from tracking.reports.diagnose.reasons import postback_remedy
from tracking.reports.diagnose.results import Result, fault, ok, warning
from tracking.reports.next_step import OVERDUE_AFTER
from tracking.reports.wording import count, moment, span

ENGINE: Final = "Engine"
OUTBOX: Final = "Outbox"
HOST: Final = "Postback host"

HEARTBEAT_LIMIT: Final = timedelta(minutes=2)  # a worker that lives beats far more often
EXAMPLES: Final = 3

Status = Postback.Status
Reach = Callable[..., Reached | NoReply]
"""`Visitor.reach`."""

_WAKE: Final = {
    "thread": "The engine thread wakes with the next order. Let cron run `manage.py deliver_postbacks --once` every "
    "few minutes, and see the web processes' log.",
    "worker": "Start `manage.py deliver_postbacks` (under systemd, supervisor or the like, so that it is started "
    "again) with the settings and the database of the shop; if it runs, see its log.",
}
_WAKE_OTHER: Final = (
    "See that the workers of your task queue run and take its tasks, and let cron run `manage.py deliver_postbacks "
    "--once` every few minutes."
)


def wake_remedy() -> str:
    """How to get what is owed delivered, with the engine in use."""
    return _WAKE.get(conf.engine, _WAKE_OTHER)


def last_heartbeat() -> datetime | None:
    """When a worker last said that it lives; None where none ever did."""
    last: datetime | None = WorkerHeartbeat.objects.aggregate(last=Max("beat_at"))["last"]
    return last


def check_engine(now: datetime) -> Iterator[Result]:
    """Whether somebody delivers: by workers' heartbeats, by what was tried last, by what is overdue."""
    overdue = _overdue(now).count()
    beat = last_heartbeat()
    tried = Attempt.objects.order_by("-started_at").values_list("started_at", flat=True).first()
    last_try = f"the last try was {span(now - tried)} ago" if tried else "nothing was ever tried"
    engine = f"{conf.engine} ({f'a worker was last seen {span(now - beat)} ago; ' if beat else ''}{last_try})"
    if overdue and (beat is None or now - beat > HEARTBEAT_LIMIT):
        yield fault(ENGINE, f"Nobody delivers, though {_are(overdue)} due: {engine}.", wake_remedy())
    elif conf.engine == "worker" and beat and now - beat > HEARTBEAT_LIMIT:
        yield fault(ENGINE, f"No worker runs: {engine}.", wake_remedy())
    elif conf.engine != "thread" and beat is None and tried is None:
        yield warning(
            ENGINE,
            f"{conf.engine}: nothing is due and nothing was ever tried, so nothing shows whether one runs.",
            f"See that it does. {wake_remedy()}",
        )
    else:
        yield ok(ENGINE, f"{engine}; nothing is overdue.")


def check_outbox(now: datetime) -> Iterator[Result]:
    """Rows that are late, stuck, waiting for something, or for a person."""
    results = [*_late(now), *_stuck(now), *_waiting(), *_for_a_person()]
    yield from results
    if not results:
        owed = Postback.objects.filter(status=Status.PENDING, is_test=False).count()
        wait = "waits" if owed == 1 else "wait"
        told = f"{count(owed, 'postback')} {wait} to be sent, none is late." if owed else "Nothing is owed."
        yield ok(OUTBOX, told)


def _overdue(now: datetime) -> QuerySet[Postback]:
    return Postback.objects.filter(status=Status.PENDING, is_test=False, due_at__lt=now - OVERDUE_AFTER)


def _late(now: datetime) -> Iterator[Result]:
    rows = _overdue(now)
    oldest = rows.order_by("due_at").select_related("conversion").first()
    if oldest and oldest.due_at:
        why = f" Its last try: {oldest.detail}." if oldest.detail else ""
        yield fault(
            OUTBOX,
            f"{_are(rows.count())} overdue; the oldest, of order {oldest.conversion.order_id}, since "
            f"{moment(oldest.due_at)} ({span(now - oldest.due_at)}).{why}",
            wake_remedy(),
        )


def _stuck(now: datetime) -> Iterator[Result]:
    stuck = Postback.objects.filter(status=Status.SENDING, lease_expires_at__lt=now - OVERDUE_AFTER)
    if number := stuck.count():
        yield fault(
            OUTBOX,
            f"{_are(number)} stuck in “sending” past the end of the lease, {_orders(stuck)}: the process "
            "that had them ended, or hangs, and nobody has looked since.",
            "The next delivery settles them (as unconfirmed, for a person to ask Aspire): run `manage.py "
            "deliver_postbacks --once`. " + wake_remedy(),
        )


def _waiting() -> Iterator[Result]:
    waiting = Postback.objects.filter(status=Status.PENDING, due_at=None, is_test=False)
    if first := waiting.select_related("conversion").order_by("id").first():
        yield warning(
            OUTBOX,
            f"{_are(waiting.count())} held until something is mended, {_orders(waiting)}: {first.detail}",
            "Mend that, then send them: `manage.py requeue_postbacks --status pending`, or in the admin.",
        )


def _for_a_person() -> Iterator[Result]:
    rows = Postback.objects.filter(status__in=(Status.REJECTED, Status.FAILED, Status.UNCONFIRMED), is_test=False)
    counts = dict(rows.values_list("status").annotate(number=Count("id")))
    for status, number in sorted(counts.items()):
        latest = rows.filter(status=status).order_by("-id")
        words = latest.values_list("detail", flat=True).first()
        yield warning(
            OUTBOX,
            f"{_are(number)} {status}, {_orders(latest)}" + (f"; the latest: {words}" if words else "."),
            f"They need a person: the admin's postback log, filtered by {status}, and `manage.py explain_order "
            "ORDER_ID` say what to do.",
        )


def _are(number: int) -> str:
    return f"{count(number, 'postback')} {'is' if number == 1 else 'are'}"


def _orders(rows: QuerySet[Postback]) -> str:
    ids = list(rows.values_list("conversion__order_id", flat=True)[: EXAMPLES + 1])
    more = ", …" if len(ids) > EXAMPLES else ""
    return f"order {ids[0]}" if len(ids) == 1 else f"orders {', '.join(ids[:EXAMPLES])}{more}"


def check_hosts(reach: Reach) -> Iterator[Result]:
    """Connect to each host that postbacks go to, as far as TLS; nothing is asked there, so nothing can count."""
    for url in sorted(_addresses()):
        parts = urlsplit(url)
        answer = reach(url, host=parts.hostname)
        if isinstance(answer, NoReply):
            yield fault(HOST, f"{parts.netloc}: {answer.error}.", postback_remedy(answer.error, url))
        else:
            proxy = f" through the proxy {answer.proxy}" if answer.proxy else ""
            how = f"over {answer.tls}, with a valid certificate" if answer.tls else "over plain http"
            yield ok(HOST, f"{parts.netloc} takes connections{proxy} {how}. Nothing was asked there.")


def _addresses() -> set[str]:
    found = set()
    for pasted in Offer.objects.filter(is_active=True).values_list("postback_url", flat=True):
        try:
            parsed = template.parse(pasted)
            template.check_host(parsed, conf.postback_hosts)
        except template.TemplateError:
            continue  # told with the offers
        found.add(f"{parsed.scheme}://{parsed.netloc}/")
    return found
