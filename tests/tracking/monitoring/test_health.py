"""What health says, and when it fails."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError, connection
from django.test import Client, RequestFactory
from django.utils import timezone

from tests.tracking.monitoring.steps import DOCS, MINUTE, NOW, PATHS, TOKEN, ask, owed, samples
from tracking.models import (
    Alert,
    HostPause,
    LandingHour,
    WorkerHeartbeat,
)
from tracking.monitoring.health import Health, Paused, Status, judge
from tracking.monitoring.views import show_health, show_metrics


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
