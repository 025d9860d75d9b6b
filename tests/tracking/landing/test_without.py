"""Without sessions, without a database: the page is served and the cookie keeps the click."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.http import HttpResponse
from django.test import Client, RequestFactory

from tests.tracking.landing.steps import DAY, UNREPLACED, click_cookie, land, seen
from tracking.middleware import AffiliateMiddleware
from tracking.models import RememberedClick

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.tracking.pages")]


def without(middleware: list[str], *names: str) -> list[str]:
    return [name for name in middleware if not name.endswith(names)]


def test_without_sessions_the_cookie_keeps_the_click(client: Client, settings: Any) -> None:
    settings.MIDDLEWARE = without(
        settings.MIDDLEWARE, "SessionMiddleware", "AuthenticationMiddleware", "MessageMiddleware"
    )
    land(client)
    assert seen(client) == "77//"


def test_the_landing_page_itself_sees_the_click(client: Client) -> None:
    assert land(client, "/shown/").content == b"77//"


def test_without_sessions_the_landing_itself_can_place_an_order(client: Client, settings: Any) -> None:
    settings.MIDDLEWARE = without(
        settings.MIDDLEWARE, "SessionMiddleware", "AuthenticationMiddleware", "MessageMiddleware"
    )
    land(client, "/place/1001/")
    assert RememberedClick.objects.get().affiliate_id == "77"


@contextmanager
def database_down() -> Iterator[None]:
    def fail(*_args: Any) -> Any:
        raise OperationalError("the database is away")

    with connection.execute_wrapper(fail):
        yield


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("query", ["affiliate_id=77", "affiliate_id=77&offer_id={offer_id}"])
@pytest.mark.parametrize("has_session", [False, True], ids=["stranger", "known"])
def test_a_database_that_is_away_costs_the_page_nothing(client: Client, query: str, has_session: bool) -> None:
    if has_session:
        session = client.session
        session["cart"] = [1]
        session.save()
    with database_down():
        response = land(client, query=query)
    assert (response.status_code, response.content) == (200, b"hello")
    cookie = click_cookie(response)
    assert cookie is not None
    assert cookie["max-age"] == 28 * DAY
    assert seen(client) == "77//"


@pytest.mark.django_db(transaction=True)
def test_a_macro_that_cannot_be_counted_costs_the_page_nothing(client: Client) -> None:
    with database_down():
        assert land(client, query=UNREPLACED[0]).status_code == 200


class BrokenSessions(dict[str, str]):
    """Sessions whose store is away."""

    session_key = "a"
    modified = False

    def __setitem__(self, key: str, value: str) -> None:
        raise ConnectionError


def test_sessions_that_are_away_leave_the_click_to_the_cookie(rf: RequestFactory) -> None:
    request = rf.get("/?affiliate_id=77")
    request.session = BrokenSessions()
    response = AffiliateMiddleware(lambda _request: HttpResponse())(request)
    assert isinstance(response, HttpResponse)
    assert click_cookie(response)
