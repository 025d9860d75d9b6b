"""What a kept click survives, and what it does not."""

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.core import signing
from django.test import Client
from django.utils import timezone

from tests.tracking.landing.steps import BACKENDS, COOKIE, land, lose_session, refuse_cookie, seen
from tracking.capture.consent import SESSION_KEY

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.tracking.pages")]


@pytest.mark.parametrize("backend", BACKENDS)
def test_it_survives_login(client: Client, settings: Any, backend: str) -> None:
    settings.SESSION_ENGINE = f"django.contrib.sessions.backends.{backend}"
    land(client)
    client.get("/login/")
    assert seen(client) == "77//"


@pytest.mark.parametrize("backend", BACKENDS)
def test_it_survives_logout(client: Client, settings: Any, backend: str) -> None:
    settings.SESSION_ENGINE = f"django.contrib.sessions.backends.{backend}"
    land(client)
    client.get("/login/")
    client.get("/logout/")
    assert seen(client) == "77//"


def test_it_survives_the_end_of_the_session(client: Client) -> None:
    land(client)
    Session.objects.all().delete()
    assert seen(client) == "77//"


@pytest.mark.parametrize("backend", BACKENDS)
def test_it_survives_a_refused_cookie(client: Client, settings: Any, backend: str) -> None:
    settings.SESSION_ENGINE = f"django.contrib.sessions.backends.{backend}"
    land(client)
    refuse_cookie(client)
    assert seen(client) == "77//"


def test_it_survives_a_login_with_a_refused_cookie(client: Client) -> None:
    land(client)
    refuse_cookie(client)
    client.get("/login/")
    assert seen(client) == "77//"


def test_it_survives_a_change_of_the_secret_key(client: Client, settings: Any) -> None:
    land(client)
    lose_session(client)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another" * 10
    assert seen(client) == "77//"


def test_a_key_that_is_no_fallback_any_more_reads_nothing(client: Client, settings: Any) -> None:
    land(client)
    lose_session(client)
    settings.SECRET_KEY = "another" * 10
    assert seen(client) == "None"


def tampered(value: str) -> str:
    return value.replace(".77.", ".78.")


def signed_for_another_purpose(value: str) -> str:
    return signing.Signer(salt="another").sign(value.rpartition(":")[0])


def signed_junk(value: str) -> str:
    return signing.Signer(salt=SESSION_KEY).sign("junk")


@pytest.mark.parametrize(
    "spoiled",
    [
        tampered,
        signed_for_another_purpose,
        signed_junk,
        lambda value: value[:-1],
        lambda value: value.partition(":")[0],
        lambda value: ":",
        lambda value: "x",
        lambda value: "\xff" * 50,
        lambda value: "a" * 4000,
    ],
    ids=["tampered", "other salt", "signed junk", "cut", "unsigned", "colon", "short", "bytes", "long"],
)
def test_a_cookie_that_is_not_ours_is_ignored_in_silence(
    client: Client, caplog: pytest.LogCaptureFixture, spoiled: Callable[[str], str]
) -> None:
    land(client)
    lose_session(client)
    client.cookies[COOKIE] = spoiled(client.cookies[COOKIE].value)
    caplog.clear()
    assert seen(client) == "None"
    assert [record for record in caplog.records if record.levelno > logging.DEBUG] == []


@pytest.mark.parametrize("losing", [refuse_cookie, lose_session])
def test_a_click_past_its_window_is_none(client: Client, losing: Callable[[Client], None]) -> None:
    now = timezone.now().replace(microsecond=0)
    with time_machine.travel(now, tick=False) as clock:
        land(client)
        losing(client)
        clock.shift(timedelta(days=28))
        cookie = client.cookies.get(COOKIE)
        extra = {"headers": {"Cookie": f"{COOKIE}={cookie.value}"}} if cookie else {}  # as a browser that kept it
        Session.objects.update(expire_date=now + timedelta(days=60))
        assert seen(client, **extra) == "77//"
        clock.shift(timedelta(seconds=1))
        assert seen(client, **extra) == "None"


@pytest.mark.parametrize("text", [None, 5, ["x"], "junk"])
def test_a_session_that_holds_something_else_under_the_name_is_ignored(client: Client, text: object) -> None:
    session = client.session
    session[SESSION_KEY] = text
    session.save()
    assert seen(client) == "None"


def test_the_later_of_cookie_and_session_counts(client: Client) -> None:
    with time_machine.travel(timezone.now() - timedelta(hours=1), tick=False):
        land(client, query="affiliate_id=1")
    old_cookie = client.cookies[COOKIE].value
    land(client, query="affiliate_id=2")
    client.cookies[COOKIE] = old_cookie
    assert seen(client) == "2//"
