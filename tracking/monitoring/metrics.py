"""Metrics for Prometheus. Every value is read from the database, so any process of any machine may be asked."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Sum

from tracking.capture.clicks import Finding
from tracking.models import Alert, Conversion, LandingCount, Postback
from tracking.monitoring import counters, health
from tracking.monitoring.health import Health
from tracking.postbacks.verdicts import Verdict
from tracking.watch import facts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prometheus_client import Metric

PREFIX: Final = "aspire_"


def exposition(*, now: datetime) -> tuple[bytes, str]:
    """The metrics as text and their content type. Raises ImportError without the extra, and DatabaseError."""
    from prometheus_client import CollectorRegistry
    from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

    counters.advance(now=now)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collected(list(_metrics(now))))
    return generate_latest(registry), CONTENT_TYPE_LATEST


class _Collected:
    def __init__(self, metrics: "list[Metric]") -> None:
        self._metrics = metrics

    def collect(self) -> "list[Metric]":
        return self._metrics


def _metrics(now: datetime) -> "Iterator[Metric]":
    known = health.read(now=now)
    yield from _gauges(known)
    yield from _counters(counters.current())
    yield _labelled_gauge(
        "alert_open", "Open alerts by kind.", "kind", dict.fromkeys(Alert.Kind.values, 0) | _open_alerts()
    )


def _gauges(known: Health) -> "Iterator[Metric]":
    yield _gauge("postbacks_waiting", "Postbacks that wait to be sent, up to 10000.", known.waiting)
    yield _labelled_gauge(
        "postbacks_needing_a_person",
        "Postbacks that delivery has given up on, up to 5000.",
        "status",
        {state.value: 0 for state in facts.FOR_A_PERSON}
        | {state: group.number for state, group in facts.for_a_person().items()},
    )
    age = known.oldest_due_age
    yield _gauge(
        "postback_oldest_due_seconds",
        "For how long the oldest postback that could be sent has been due; 0 if none is.",
        age.total_seconds() if age else 0,
    )
    yield _gauge("workers_alive", "deliver_postbacks processes with a sign of life in the last minute.", known.workers)
    yield _moment("worker_last_heartbeat_timestamp_seconds", "When a worker last gave one.", known.last_beat_at)
    yield _labelled_gauge(
        "host_paused",
        "1 for a host that nothing is sent to.",
        "host",
        {pause.host: 1 for pause in known.paused},
    )
    yield _moment("last_accepted_timestamp_seconds", "When Aspire last accepted something.", known.last_accepted_at)
    yield _moment(
        "last_landing_timestamp_seconds", "The hour of the last landing with an affiliate's id.", known.last_landing_at
    )


def _counters(values: dict[str, dict[str, int]]) -> "Iterator[Metric]":
    yield _counter(
        "conversions",
        "Completed orders by outcome.",
        "outcome",
        dict.fromkeys(Conversion.Outcome.values, 0) | values.get("conversions", {}),
    )
    ended = [state for state in Postback.Status.values if state not in {"pending", "sending"}]
    yield _counter(
        "postbacks_settled",
        "Postbacks that came to an end, by state.",
        "status",
        dict.fromkeys(ended, 0) | values.get("settled", {}),
    )
    attempts = dict.fromkeys([str(verdict) for verdict in Verdict], 0) | values.get("attempts", {})
    yield _counter("attempts", "HTTP tries by verdict.", "verdict", attempts)
    spent = values.get("attempt_milliseconds", {})
    yield _counter(
        "attempt_seconds",
        "Time that HTTP tries took, by verdict.",
        "verdict",
        {verdict: spent.get(verdict, 0) / 1000 for verdict in attempts},
    )
    landings = LandingCount.objects.filter(parameter="").order_by()
    by_finding: Any = dict(landings.values_list("finding").annotate(number=Sum("count")))
    unreplaced = LandingCount.objects.filter(finding=Finding.UNREPLACED_MACRO).aggregate(number=Sum("count"))["number"]
    yield _counter(
        "landings",
        "Landings whose address carried an affiliate's parameter, by what was found in it.",
        "finding",
        {
            "any": by_finding.get(Finding.ANY, 0),
            "invalid": by_finding.get(Finding.INVALID, 0),
            "unreplaced_macro": unreplaced or 0,
        },
    )


def _open_alerts() -> dict[str, int]:
    found: dict[str, int] = {}
    for kind in Alert.objects.open().values_list("kind", flat=True):
        found[kind] = found.get(kind, 0) + 1
    return found


def _gauge(name: str, about: str, value: float) -> "Metric":
    from prometheus_client.core import GaugeMetricFamily

    return GaugeMetricFamily(PREFIX + name, about, value=value)


def _moment(name: str, about: str, at: datetime | None) -> "Metric":
    """A moment as seconds since 1970; no sample where there was none, since 0 would be an age of decades."""
    from prometheus_client.core import GaugeMetricFamily

    family = GaugeMetricFamily(PREFIX + name, about, labels=())
    if at:
        family.add_metric((), at.timestamp())
    return family


def _labelled_gauge(name: str, about: str, label: str, values: dict[str, int]) -> "Metric":
    from prometheus_client.core import GaugeMetricFamily

    family = GaugeMetricFamily(PREFIX + name, about, labels=(label,))
    for value, number in values.items():
        family.add_metric((value,), number)
    return family


def _counter(name: str, about: str, label: str, values: "dict[str, Any]") -> "Metric":
    from prometheus_client.core import CounterMetricFamily

    family = CounterMetricFamily(PREFIX + name, about, labels=(label,))
    for value, number in values.items():
        family.add_metric((value,), number)
    return family
