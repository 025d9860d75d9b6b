"""Paused hosts and workers in admin: what they show, who may try a host again, that nothing can be edited."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.contrib.admin.models import LogEntry
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.factories import OfferFactory, PostbackFactory
from tests.network import Network
from tests.tracking.admin_pages import list_of, page_of, staff
from tracking.models import HostPause, Postback, WorkerHeartbeat
from tracking.postbacks import pauses
from tracking.postbacks.worker import Drain

pytestmark = pytest.mark.django_db

MAY_TRY = ("view_hostpause", "resend_postback")


def paused(host: str = "get.aspr.app", *, minutes: float = 10.5, **values: Any) -> HostPause:
    now = timezone.now()
    return HostPause.objects.create(
        host=host, paused_until=now + timedelta(minutes=minutes), **{"reason": "HTTP 503", "since": now, **values}
    )


def beaten(*, seconds: int, **values: Any) -> WorkerHeartbeat:
    now = timezone.now()
    return WorkerHeartbeat.objects.create(
        name="web1:4711:a1b2c3",
        started_at=now - timedelta(hours=3),
        beat_at=now - timedelta(seconds=seconds),
        delivered=1234,
        **values,
    )


def shown(client: Client, model: str) -> str:
    return client.get(list_of(model)).content.decode()


def choose(client: Client, *chosen: HostPause, **values: str) -> HttpResponse:
    data = {"action": "try_again", "_selected_action": [pause.pk for pause in chosen], **values}
    return client.post(list_of("hostpause"), data, follow=True)


@pytest.fixture
def kick() -> Iterator[Any]:
    with patch("tracking.postbacks.engines.kick") as kick:
        yield kick


# Paused hosts ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, ["10 minutes from now", "It failed again and again: HTTP 503"]),
        ({"is_broken": False, "reason": "HTTP 429"}, ["10 minutes from now", "It asked for it: HTTP 429"]),
        ({"minutes": -1}, ["the next delivery, which tries one postback"]),
        ({"minutes": -1, "is_broken": False}, ["the next delivery<"]),
    ],
)
def test_the_list_says_until_when_and_why(values: dict[str, Any], words: list[str]) -> None:
    paused(**values)
    html = shown(staff("view_hostpause"), "hostpause")
    assert [word for word in ["get.aspr.app", *words] if word not in html] == []


def test_the_list_says_that_a_host_is_being_tried() -> None:
    paused(minutes=-1, probe_expires_at=timezone.now() + timedelta(seconds=30))
    assert "one postback is being tried now" in shown(staff("view_hostpause"), "hostpause")


def test_a_reason_from_outside_is_escaped() -> None:
    paused(reason="<script>alert(1)</script>")
    assert "<script>alert" not in shown(staff("view_hostpause"), "hostpause")


def test_before_a_host_is_tried_again_the_person_is_asked(kick: Any) -> None:
    pause = paused()
    html = choose(staff(*MAY_TRY), pause).content.decode()
    assert "Try again now: 1 host" in html
    assert "shut out for longer" not in html
    assert HostPause.objects.get().paused_until == pause.paused_until
    kick.assert_not_called()


def test_a_host_that_asked_to_wait_is_warned_about() -> None:
    assert "shut out for longer" in choose(staff(*MAY_TRY), paused(is_broken=False)).content.decode()


def test_who_says_yes_ends_the_pauses_chosen_and_that_is_logged(kick: Any) -> None:
    first, second, other = (paused(host, pauses_made=5) for host in ("one", "two", "other"))
    response = choose(staff(*MAY_TRY), first, second, confirmed="yes")
    assert "Tried again with the next delivery: 2 hosts." in response.content.decode()
    now = timezone.now()
    assert set(HostPause.objects.filter(paused_until__lte=now).values_list("host", "pauses_made")) == {
        ("one", 1),
        ("two", 1),
    }
    assert HostPause.objects.get(pk=other.pk).paused_until == other.paused_until
    assert {entry.get_change_message() for entry in LogEntry.objects.all()} == {"Tried again now by alice."}
    kick.assert_called_once()


@pytest.mark.parametrize(
    ("body", "left"), [("success=true;", {"accepted": 3, "pending": 0}), ("", {"accepted": 0, "pending": 2})]
)
def test_a_host_tried_again_gets_one_postback_and_the_others_only_if_it_answers(
    network: Network, body: str, left: dict[str, int]
) -> None:
    network.replies(200, body)
    offer = OfferFactory(postback_url=network.postback_url)
    for _ in range(3):
        PostbackFactory(offer=offer)
    paused("localhost")
    pauses.end(HostPause.objects.all(), now=timezone.now())
    drain = Drain(concurrency=4)
    drain.run()
    drain.close()
    assert {status: Postback.objects.filter(status=status).count() for status in left} == left


@pytest.mark.parametrize("permissions", [("view_hostpause",), ("view_hostpause", "change_hostpause")])
def test_who_may_not_send_again_may_not_end_a_pause(permissions: tuple[str, ...]) -> None:
    pause = paused()
    client = staff(*permissions)
    assert "try_again" not in shown(client, "hostpause")
    choose(client, pause, confirmed="yes")
    assert HostPause.objects.get().paused_until == pause.paused_until


# Workers --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("seconds", "state"), [(5, "Alive"), (59, "Alive"), (90, "Silent")])
def test_a_worker_is_alive_while_it_gives_signs_of_life(seconds: int, state: str) -> None:
    beaten(seconds=seconds)
    html = shown(staff("view_workerheartbeat"), "workerheartbeat")
    assert f'tracking-badge--{state.lower()}">{state}<' in html
    assert "web1:4711:a1b2c3" in html
    assert "1234" in html


# Both -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("model", "title"), [("hostpause", "paused host"), ("workerheartbeat", "worker")])
def test_without_any_the_list_explains_itself(model: str, title: str) -> None:
    html = shown(staff(f"view_{model}"), model)
    assert f"0 {title}s" in html
    assert "tracking-explanation" in html


@pytest.mark.parametrize("model", ["hostpause", "workerheartbeat"])
def test_who_may_not_view_sees_nothing(model: str) -> None:
    row = paused() if model == "hostpause" else beaten(seconds=1)
    client = staff("view_postback")
    assert client.get(list_of(model)).status_code == 403
    assert client.get(page_of(row)).status_code == 403


@pytest.mark.parametrize("model", ["hostpause", "workerheartbeat"])
@pytest.mark.parametrize("address", ["add", "change", "delete"])
def test_a_superuser_adds_changes_and_deletes_nothing(admin_client: Client, model: str, address: str) -> None:
    row = paused() if model == "hostpause" else beaten(seconds=1)
    args = [] if address == "add" else [row.pk]
    assert (
        admin_client.post(reverse(f"admin:tracking_{model}_{address}", args=args), {"post": "yes"}).status_code == 403
    )
    assert type(row).objects.filter(pk=row.pk).exists()
