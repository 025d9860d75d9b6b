"""What machines read: who may, what health says and when it fails, and that counters count each thing once."""

import builtins
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError, connection
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone

from tests.factories import ConversionFactory, OfferFactory, PostbackFactory
from tracking.models import (
    Alert,
    Attempt,
    Conversion,
    HostPause,
    LandingCount,
    LandingHour,
    MetricMark,
    Offer,
    WorkerHeartbeat,
)
from tracking.monitoring import counters, metrics
from tracking.monitoring.health import Health, Paused, Status, judge
from tracking.monitoring.views import show_health, show_metrics

TOKEN = "a-token-that-nobody-guesses"
NOW = datetime(2026, 11, 23, 15, 20, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DOCS = Path(__file__).parents[2] / "docs"
PATHS = ["/tracking/health/", "/tracking/metrics/"]


@pytest.fixture(autouse=True)
def token(settings: Any) -> None:
    settings.TRACKING_MONITORING_TOKEN = TOKEN


def ask(path: str = PATHS[0], token: str = TOKEN) -> HttpResponse:
    response: HttpResponse = Client().get(path, headers={"Authorization": f"Bearer {token}"})
    return response


def owed(**values: Any) -> Any:
    return PostbackFactory.create(offer=Offer.objects.first() or OfferFactory.create(), **values)


# Who may --------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("path", PATHS)
def test_a_machine_with_the_token_may(path: str) -> None:
    response = ask(path)
    assert response.status_code == 200
    assert "no-store" in response.headers["Cache-Control"]


@pytest.mark.django_db
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("token", ["", "wrong", TOKEN[:-1], TOKEN + "x", "ü"])
def test_a_wrong_token_is_told_so(path: str, token: str) -> None:
    assert ask(path, token).status_code == 403


@pytest.mark.django_db
@pytest.mark.parametrize("path", PATHS)
def test_a_stranger_learns_nothing(path: str, client: Client) -> None:
    response = client.get(path)
    assert response.status_code == 404
    assert "no-store" in response.headers["Cache-Control"]


@pytest.mark.django_db
def test_no_token_is_right_where_none_is_set(settings: Any) -> None:
    settings.TRACKING_MONITORING_TOKEN = ""
    assert ask(token="").status_code == 403


@pytest.mark.django_db
@pytest.mark.parametrize(("is_staff", "status"), [(True, 200), (False, 404)])
def test_the_staff_may_and_customers_may_not(is_staff: bool, status: int, client: Client) -> None:
    client.force_login(User.objects.create_user("ann", is_staff=is_staff))
    assert client.get(PATHS[0]).status_code == status


def test_nothing_can_be_posted(client: Client) -> None:
    assert client.post(PATHS[0], headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 405


@pytest.mark.parametrize("token", ["short", "x" * 15, "has a space in it", "ümlauts-are-no-header"])
def test_a_token_that_could_be_guessed_or_not_be_sent_is_refused(settings: Any, token: str) -> None:
    from tracking.checks import check_settings

    settings.TRACKING_MONITORING_TOKEN = token
    [message] = check_settings(None)
    assert message.msg.startswith("TRACKING_MONITORING_TOKEN")
    assert token not in message.msg


# Health ---------------------------------------------------------------------------------------------------------


def health(**values: Any) -> Status:
    return judge(Health(now=NOW, engine="worker", **values), worker_limit=15 * MINUTE)[0]


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({}, "ok"),
        ({"waiting": 500}, "ok"),
        ({"oldest_due_at": NOW - 2 * MINUTE}, "ok"),
        ({"oldest_due_at": NOW - 3 * MINUTE}, "warn"),
        ({"oldest_due_at": NOW - 16 * MINUTE}, "fail"),
        ({"needs_person": 1}, "warn"),
        ({"alerts": 1}, "warn"),
        ({"paused": (Paused("a", NOW, NOW, is_broken=True),)}, "warn"),
        ({"paused": (Paused("a", NOW, NOW, is_broken=False),)}, "ok"),
    ],
)
def test_the_rules_of_health(values: dict[str, Any], status: str) -> None:
    assert health(**values) == status


@pytest.mark.django_db
def test_a_new_shop_is_healthy(django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(12):
        response = ask()
    told = response.json()
    assert (response.status_code, told["status"], told["problems"], told["database"]) == (200, "ok", [], "ok")
    assert told["oldest_due_seconds"] is None


@pytest.mark.django_db
def test_a_refusal_whose_order_came_back_needs_nobody() -> None:
    owed(status="rejected", is_called_off=True, due_at=None, settled_at=timezone.now())
    assert (ask().json()["needs_person"], samples()['aspire_postbacks_needing_a_person{status="rejected"}']) == (0, 0)


@pytest.mark.django_db
def test_it_tells_each_field() -> None:
    now = timezone.now()
    owed(due_at=now - 20 * MINUTE)
    owed(status="rejected", due_at=None, settled_at=now)
    owed(status="accepted", verdict="accepted", due_at=None, settled_at=now - MINUTE)
    WorkerHeartbeat.objects.create(name="w", started_at=now, beat_at=now)
    HostPause.objects.create(host="other.example", paused_until=now, since=now, reason="refused")
    LandingHour.objects.create(starts_at=now.replace(minute=0), count=3)
    Alert.objects.create(kind="held", level=1, what="x", opened_at=now)
    response = ask()
    told = response.json()
    assert response.status_code == 503
    assert told["status"] == "fail"
    assert 1200 <= told["oldest_due_seconds"] < 1300
    assert (told["waiting"], told["needs_person"], told["open_alerts"], told["workers"]["alive"]) == (1, 1, 1, 1)
    assert [(each["host"], each["failing"]) for each in told["breakers"]] == [("other.example", True)]
    assert told["last_accepted"]
    assert told["last_landing"]
    assert len(told["problems"]) == 4


@pytest.mark.django_db
def test_the_documentation_names_every_field() -> None:
    described = (DOCS / "operations.md").read_text()
    assert [field for field in ask().json() if f"`{field}`" not in described] == []


def fails(*_args: Any, **_values: Any) -> Any:
    raise OperationalError("no route to 10.0.0.7 for user shop")


@pytest.mark.django_db
@pytest.mark.parametrize("view", [show_health, show_metrics])
def test_without_the_database_it_says_so_and_tells_nobody_its_address(view: Any, rf: RequestFactory) -> None:
    request = rf.get("/", headers={"Authorization": f"Bearer {TOKEN}"})
    with connection.execute_wrapper(fails):
        response = view(request)
    assert response.status_code == 503
    assert b"10.0.0.7" not in response.content


@pytest.mark.django_db
def test_without_the_database_the_staff_is_not_known(client: Client) -> None:
    client.force_login(User.objects.create_user("ann", is_staff=True))
    with connection.execute_wrapper(fails):
        response = client.get(PATHS[0])
    assert response.status_code == 404


# Metrics --------------------------------------------------------------------------------------------------------


def samples(now: datetime | None = None) -> dict[str, float]:
    """Every sample of the exposition by its name and labels."""
    text = metrics.exposition(now=now or timezone.now())[0].decode()
    lines = [line.rpartition(" ") for line in text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in lines}


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
