"""Metrics: that counters count each thing once."""

import builtins
import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from tests.factories import ConversionFactory
from tests.tracking.monitoring.steps import DOCS, MINUTE, NOW, PATHS, ask, owed, samples
from tracking.models import (
    Alert,
    Attempt,
    Conversion,
    HostPause,
    LandingCount,
    LandingHour,
    MetricMark,
    WorkerHeartbeat,
)
from tracking.monitoring import counters


@pytest.mark.django_db
def test_prometheus_can_read_it(django_assert_max_num_queries: Any) -> None:
    from prometheus_client.parser import text_string_to_metric_families

    samples()
    owed(status="rejected", due_at=None, settled_at=timezone.now())
    with django_assert_max_num_queries(34):
        text = ask(PATHS[1]).content.decode()
    families = {family.name: family for family in text_string_to_metric_families(text)}
    assert families["aspire_postbacks_needing_a_person"].type == "gauge"
    assert families["aspire_conversions"].type == "counter"
    assert all(family.documentation for family in families.values())


@pytest.mark.django_db
def test_gauges_tell_what_is() -> None:
    owed(due_at=timezone.now() - 20 * MINUTE)
    owed(status="failed", due_at=None, settled_at=timezone.now())
    Alert.objects.create(kind="paused_host", subject="a", key="1", level=1, what="x", opened_at=NOW)
    Alert.objects.create(kind="paused_host", subject="b", key="2", level=1, what="x", opened_at=NOW)
    told = samples()
    assert told["aspire_postbacks_waiting"] == 1
    assert told['aspire_postbacks_needing_a_person{status="failed"}'] == 1
    assert told['aspire_alert_open{kind="paused_host"}'] == 2
    assert told["aspire_postback_oldest_due_seconds"] >= 1200
    assert not any(name.startswith("aspire_last_accepted") for name in told)


@pytest.mark.django_db
def test_counters_count_each_thing_once_whoever_asks_and_how_often() -> None:
    samples(NOW)
    postback = owed(status="accepted", due_at=None, settled_at=NOW, conversion__recorded_at=NOW)
    Attempt.objects.create(postback=postback, started_at=NOW, duration_ms=250, url="", verdict="accepted")
    ConversionFactory(outcome="organic", offer=None, recorded_at=NOW)
    test = owed(status="accepted", due_at=None, settled_at=NOW, is_test=True, conversion__is_test=True)
    Attempt.objects.create(postback=test, started_at=NOW, duration_ms=250, url="", verdict="accepted")
    for minutes, expected in ((1, 0), (3, 1), (4, 1), (90, 1)):
        told = samples(NOW + minutes * MINUTE)
        assert told['aspire_postbacks_settled_total{status="accepted"}'] == expected
        assert told['aspire_attempts_total{verdict="accepted"}'] == expected
        assert told['aspire_attempt_seconds_total{verdict="accepted"}'] == expected * 0.25
        assert told['aspire_conversions_total{outcome="organic"}'] == expected
        assert told['aspire_conversions_total{outcome="credited"}'] == expected


@pytest.mark.django_db
def test_what_was_counted_stays_counted_when_its_rows_are_pruned() -> None:
    samples(NOW)
    postback = owed(status="accepted", due_at=None, settled_at=NOW)
    assert samples(NOW + 5 * MINUTE)['aspire_postbacks_settled_total{status="accepted"}'] == 1
    postback.delete()
    assert samples(NOW + 9 * MINUTE)['aspire_postbacks_settled_total{status="accepted"}'] == 1


@pytest.mark.django_db
def test_of_two_processes_that_are_asked_at_once_one_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    counters.advance(now=NOW)
    owed(status="accepted", due_at=None, settled_at=NOW)
    stale = {mark.name: mark for mark in MetricMark.objects.all()}
    counters.advance(now=NOW + 5 * MINUTE)
    for name, mark in stale.items():  # as the other had read them before
        counters._advance(mark, NOW + 3 * MINUTE, counters._COUNTED[name])
    assert counters.current()["settled"] == {"accepted": 1}


@pytest.mark.django_db
def test_a_log_of_years_is_not_counted_at_the_first_scrape() -> None:
    owed(status="accepted", due_at=None, settled_at=NOW - timedelta(days=300))
    assert samples(NOW)['aspire_postbacks_settled_total{status="accepted"}'] == 0
    assert samples(NOW + 5 * MINUTE)['aspire_conversions_total{outcome="credited"}'] == 0
    assert Conversion.objects.count() == 1


@pytest.mark.django_db
def test_landings_are_counted() -> None:
    LandingCount.objects.create(day=NOW, finding="any", parameter="", count=10)
    LandingCount.objects.create(day=NOW, finding="unreplaced_macro", parameter="affiliate_id", count=2)
    told = samples()
    assert told['aspire_landings_total{finding="any"}'] == 10
    assert told['aspire_landings_total{finding="unreplaced_macro"}'] == 2


@pytest.mark.django_db
def test_without_the_client_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    imported = builtins.__import__

    def missing(name: str, *args: Any, **values: Any) -> Any:
        if name.startswith("prometheus_client"):
            raise ImportError(name)
        return imported(name, *args, **values)

    monkeypatch.setattr(builtins, "__import__", missing)
    response = ask(PATHS[1])
    assert (response.status_code, b"[prometheus]" in response.content) == (501, True)


@pytest.mark.django_db
@pytest.mark.parametrize("document", ["operations.md", "alert-rules.yml"])
def test_the_documents_name_the_metrics_that_there_are(document: str) -> None:
    now = timezone.now()
    WorkerHeartbeat.objects.create(name="w", started_at=now, beat_at=now)
    HostPause.objects.create(host="a", paused_until=now, since=now, reason="x")
    LandingHour.objects.create(starts_at=now, count=1)
    owed(status="accepted", verdict="accepted", due_at=None, settled_at=now)
    there = {name.partition("{")[0] for name in samples() if not name.endswith("_created")}
    named = set(re.findall(r"aspire_[a-z_]+", (DOCS / document).read_text()))
    assert named <= there
    assert document != "operations.md" or named == there
