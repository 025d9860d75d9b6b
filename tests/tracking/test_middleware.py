"""Capture: from a landing to a kept click, over Django's own request cycle, sync and async."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
import time_machine
from asgiref.sync import async_to_sync, iscoroutinefunction
from django.contrib.sessions.models import Session
from django.core import signing
from django.db import OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.test import AsyncClient, Client, RequestFactory
from django.utils import timezone

from tests.factories import OfferFactory
from tracking.attribution import remember
from tracking.capture.clicks import Click
from tracking.capture.consent import SESSION_KEY
from tracking.middleware import AffiliateMiddleware
from tracking.models import LandingCount, RememberedClick

if TYPE_CHECKING:
    from http.cookies import Morsel

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.tracking.pages")]

COOKIE = "aspire_click"
SESSIONS = "django.contrib.sessions.middleware.SessionMiddleware"
DAY = 24 * 3600
BACKENDS = ["db", "signed_cookies"]


def land(client: Client, page: str = "/plain/", query: str = "affiliate_id=77", **extra: Any) -> HttpResponse:
    return client.get(f"{page}?{query}" if query else page, **extra)


def seen(client: Client, **extra: Any) -> str:
    """The click that the shop sees on the shopper's next page."""
    return client.get("/shown/", **extra).content.decode()


def click_cookie(response: HttpResponse) -> "Morsel[str] | None":
    return response.cookies.get(COOKIE)


def refuse_cookie(client: Client) -> None:
    client.cookies.pop(COOKIE)


def lose_session(client: Client) -> None:
    client.cookies.pop("sessionid")


# What is captured -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "click"),
    [
        ("affiliate_id=77", "77//"),
        ("affiliate_id=007", "007//"),
        ("affiliate_id=" + "a" * 64, "a" * 64 + "//"),
        ("affiliate_id=77&offer_id=12345&transaction_id=abc", "77/12345/abc"),
        ("transaction_id=abc", "//abc"),
        ("affiliate_id=77&offer_id=no%20id", "77//"),
        ("affiliate_id=1&affiliate_id=77", "77//"),
        ("affiliate_id=77&affiliate_id=no%20id", "77//"),
        ("affiliate_id=77&affiliate_id={affiliate_id}", "77//"),
        ("utm_source=a%20b&affiliate_id=%37%37&x=%FF%FE", "77//"),
        ("affiliate_id=77&%00=%00", "77//"),
    ],
)
def test_a_landing_with_an_id_is_a_click(client: Client, query: str, click: str) -> None:
    land(client, query=query)
    assert seen(client) == click


NO_CLICKS = [
    "",
    "affiliate_id",
    "affiliate_id=",
    "offer_id=12345",
    "affiliate_id=" + "a" * 65,
    "affiliate_id=" + "a" * 10_000,
    "affiliate_id=no%20id",
    "affiliate_id=1%00",
    "affiliate_id=%00",
    "affiliate_id=1%0d%0aSet-Cookie:%20a=b",
    "affiliate_id=%D9%A1%D9%A2",
    "affiliate_id=%FF%FE%FD",
    "affiliate_id=%ZZ%",
    "affiliate_id=1;affiliate_id=2",
    "affiliate_id[]=77",
    "AFFILIATE_ID=77",
    "my_affiliate_id=77",
    "q=affiliate_id",
]
UNREPLACED = ["affiliate_id={affiliate_id}", "affiliate_id=%7Baffiliate_id%7D", "affiliate_id=%257Baffiliate_id%257D"]


@pytest.mark.parametrize("query", [*NO_CLICKS, *UNREPLACED])
def test_a_landing_without_an_id_is_no_click(client: Client, query: str) -> None:
    response = land(client, query=query)
    assert response.status_code == 200
    assert not response.cookies
    assert seen(client) == "None"


@pytest.mark.parametrize("query", [*NO_CLICKS, *UNREPLACED])
def test_what_is_no_click_never_takes_the_place_of_one(client: Client, query: str) -> None:
    land(client)
    land(client, query=query)
    assert seen(client) == "77//"


@pytest.mark.parametrize("method", ["post", "head", "put", "delete", "options", "patch"])
def test_only_a_get_is_a_landing(client: Client, method: str) -> None:
    response = getattr(client, method)("/plain/?affiliate_id=77")
    assert not response.cookies
    assert seen(client) == "None"


def test_the_parameters_names_are_settings(client: Client, settings: Any) -> None:
    settings.TRACKING_AFFILIATE_ID_PARAM = "ref"
    settings.TRACKING_OFFER_ID_PARAM = "o"
    settings.TRACKING_TRANSACTION_ID_PARAM = "t"
    land(client, query="affiliate_id=1&offer_id=2&transaction_id=3")
    assert seen(client) == "None"
    land(client, query="ref=77&o=12345&t=abc")
    assert seen(client) == "77/12345/abc"


def test_a_page_that_does_not_read_the_query_serves_a_landing_with_too_many_fields(
    client: Client, settings: Any
) -> None:
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 10
    query = "affiliate_id=77&" + "&".join(f"a{number}=1" for number in range(10))
    assert land(client, query=query).status_code == 200
    assert land(client, "/fields/", query=query).status_code == 400


def test_the_last_click_counts(client: Client) -> None:
    with time_machine.travel(timezone.now() - timedelta(hours=1), tick=False):
        land(client, query="affiliate_id=1&transaction_id=abc")
    land(client, query="affiliate_id=2")
    assert seen(client) == "2//"


def test_the_last_click_counts_within_one_second(client: Client) -> None:
    with time_machine.travel(timezone.now(), tick=False):
        land(client, query="affiliate_id=1")
        land(client, query="affiliate_id=2")
        assert seen(client) == "2//"


def test_the_first_click_counts_as_a_setting(client: Client, settings: Any) -> None:
    settings.TRACKING_ATTRIBUTION = "first"
    land(client, query="affiliate_id=1")
    land(client, query="affiliate_id=2")
    assert seen(client) == "1//"


def test_the_landing_page_itself_sees_the_click_that_counts(client: Client, settings: Any) -> None:
    settings.TRACKING_ATTRIBUTION = "first"
    land(client, query="affiliate_id=1")
    assert land(client, "/shown/", query="affiliate_id=2").content == b"1//"


def test_a_click_that_comes_second_earns_once_the_first_is_over(client: Client, settings: Any) -> None:
    settings.TRACKING_ATTRIBUTION = "first"
    with time_machine.travel(timezone.now() - timedelta(days=27), tick=False) as clock:
        land(client, query="affiliate_id=1")
        clock.shift(timedelta(days=20))
        land(client, query="affiliate_id=2")
        assert seen(client) == "1//"
        clock.shift(timedelta(days=9))
        assert seen(client) == "2//"


def test_an_older_click_with_a_longer_window_outlives_the_last_one(client: Client) -> None:
    OfferFactory(offer_id="1", window_days=28)
    OfferFactory(offer_id="2", window_days=1, is_default=False)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        land(client, query="affiliate_id=1&offer_id=1")
        clock.shift(timedelta(days=1))
        land(client, query="affiliate_id=2&offer_id=2")
        assert seen(client) == "2/2/"
        clock.shift(timedelta(days=2))
        assert seen(client) == "1/1/"


def test_a_shopper_with_many_clicks_holds_a_cookie_that_fits(client: Client, settings: Any) -> None:
    settings.TRACKING_ATTRIBUTION = "first"
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for number in range(30):
            ids = [f"{number:0>64}"] * 3
            response = land(client, query="affiliate_id={}&offer_id={}&transaction_id={}".format(*ids))
            clock.shift(timedelta(minutes=1))
        assert len(click_cookie(response).OutputString()) < 4096
        assert seen(client) == "/".join([f"{0:0>64}"] * 3)


@pytest.mark.parametrize("losing", [refuse_cookie, lose_session])
def test_the_first_click_stays_wherever_it_is_kept(
    client: Client, settings: Any, losing: Callable[[Client], None]
) -> None:
    settings.TRACKING_ATTRIBUTION = "first"
    land(client, query="affiliate_id=1")
    losing(client)
    land(client, query="affiliate_id=2")
    assert seen(client) == "1//"


def test_the_first_click_gives_way_once_its_window_is_over(client: Client, settings: Any) -> None:
    settings.TRACKING_ATTRIBUTION = "first"
    with time_machine.travel(timezone.now() - timedelta(days=29), tick=False):
        land(client, query="affiliate_id=1")
    land(client, query="affiliate_id=2")
    assert seen(client) == "2//"


# An unreplaced macro ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("query", UNREPLACED)
def test_an_unreplaced_macro_is_logged(client: Client, caplog: pytest.LogCaptureFixture, query: str) -> None:
    land(client, query=query)
    assert "Landing on /plain/ with an unreplaced macro in affiliate_id: check the Offer URL" in caplog.text


def test_unreplaced_macros_are_counted_by_day_and_parameter(client: Client) -> None:
    with time_machine.travel("2026-03-01T12:00:00Z", tick=False):
        for query in UNREPLACED:
            land(client, query=query)
        land(client, query="affiliate_id=77&offer_id={offer_id}")
    with time_machine.travel("2026-03-02T12:00:00Z", tick=False):
        land(client, query=UNREPLACED[0])
    counts = LandingCount.objects.order_by("day", "parameter").values_list("day__day", "parameter", "count", "finding")
    assert list(counts) == [
        (1, "affiliate_id", 3, "unreplaced_macro"),
        (1, "offer_id", 1, "unreplaced_macro"),
        (2, "affiliate_id", 1, "unreplaced_macro"),
    ]


def test_a_click_beside_an_unreplaced_offer_id_is_kept(client: Client) -> None:
    land(client, query="affiliate_id=77&offer_id={offer_id}")
    assert seen(client) == "77//"


def test_a_path_cannot_forge_a_line_of_the_log(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    land(client, "/plain/%0aERROR%20forged/", query=UNREPLACED[0])
    assert "\nERROR" not in caplog.records[0].getMessage()


def test_junk_is_neither_logged_nor_counted(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "tracking")
    land(client, query="affiliate_id=no%20id")
    assert not [record for record in caplog.records if record.name.startswith("tracking")]
    assert not LandingCount.objects.exists()


# What it costs ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("query", ["", "utm_source=x", "q=affiliate_id", "affiliate_id=no%20id"])
@pytest.mark.parametrize("has_session", [False, True], ids=["stranger", "known"])
def test_a_request_without_an_id_costs_nothing(
    client: Client, django_assert_num_queries: Any, query: str, has_session: bool
) -> None:
    if has_session:
        session = client.session
        session["cart"] = [1]
        session.save()
    with django_assert_num_queries(0):
        response = land(client, query=query)
    assert not response.cookies
    assert "Vary" not in response.headers
    assert "Cache-Control" not in response.headers


def test_a_shopper_with_a_click_costs_nothing_either_while_nobody_asks(
    client: Client, django_assert_num_queries: Any
) -> None:
    land(client)
    with django_assert_num_queries(0):
        response = land(client, query="")
    assert not response.cookies
    assert "Vary" not in response.headers


@pytest.mark.parametrize("has_click", [False, True])
def test_a_page_that_asks_for_the_click_varies_by_cookie(client: Client, has_click: bool) -> None:
    if has_click:
        land(client)
    assert "Cookie" in client.get("/shown/").headers["Vary"]


def test_a_stranger_who_is_asked_for_a_click_gets_no_session(client: Client, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        response = client.get("/shown/")
    assert not response.cookies


@pytest.mark.django_db(transaction=True)
def test_a_landing_reads_one_row_without_a_transaction(
    client: Client, django_assert_num_queries: Any, settings: Any
) -> None:
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
    with django_assert_num_queries(1):  # on SQLite a transaction would take the one write lock
        land(client)


# The cookie -------------------------------------------------------------------------------------------------


def test_the_cookie_is_kept_from_scripts_and_other_sites(client: Client) -> None:
    cookie = click_cookie(land(client))
    assert cookie is not None
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
    assert (cookie["domain"], cookie["secure"]) == ("", "")


def test_on_https_the_cookie_is_secure(client: Client) -> None:
    cookie = click_cookie(land(client, secure=True))
    assert cookie is not None
    assert cookie["secure"] is True


def test_the_cookies_name_and_domain_are_settings(client: Client, settings: Any) -> None:
    settings.TRACKING_COOKIE_NAME = "creator"
    settings.TRACKING_COOKIE_DOMAIN = ".shop.test"
    response = land(client, headers={"Host": "www.shop.test"})
    assert response.cookies["creator"]["domain"] == ".shop.test"
    assert COOKIE not in response.cookies


@pytest.mark.parametrize(
    ("offers", "query", "days"),
    [
        ([], "affiliate_id=77", 28),
        ([{"window_days": 7}], "affiliate_id=77", 7),
        ([{"window_days": 7}], "affiliate_id=77&offer_id=12345", 7),
        ([{"window_days": 7, "is_default": False}], "affiliate_id=77", 28),
        ([{"window_days": 7, "is_active": False}], "affiliate_id=77", 28),
        ([{"window_days": 7}], "affiliate_id=77&offer_id=999", 28),
        ([{"window_days": 3650}], "affiliate_id=77", 3650),
    ],
    ids=["no offer", "default", "named", "not the default", "paused", "unknown", "ten years"],
)
def test_the_cookie_lives_as_long_as_the_offers_window(
    client: Client, offers: list[dict[str, Any]], query: str, days: int
) -> None:
    for values in offers:
        OfferFactory(**values)
    cookie = click_cookie(land(client, query=query))
    assert cookie is not None
    assert cookie["max-age"] == days * DAY


def test_the_window_without_an_offer_is_a_setting(client: Client, settings: Any) -> None:
    settings.TRACKING_WINDOW_DAYS = 3
    cookie = click_cookie(land(client))
    assert cookie is not None
    assert cookie["max-age"] == 3 * DAY


@pytest.mark.parametrize("page", ["/plain/", "/public/", "/shown/", "/streamed/"])
def test_no_shared_cache_keeps_a_response_with_the_cookie(client: Client, page: str) -> None:
    headers = land(client, page).headers
    assert headers["Cache-Control"] == "private, no-store"
    assert "Cookie" in headers["Vary"]


def test_a_public_page_without_a_landing_stays_public(client: Client) -> None:
    assert "public" in client.get("/public/").headers["Cache-Control"]


def test_the_per_site_cache_does_not_serve_one_shoppers_cookie_to_another(settings: Any) -> None:
    settings.MIDDLEWARE = [
        "django.middleware.cache.UpdateCacheMiddleware",
        *settings.MIDDLEWARE,
        "django.middleware.cache.FetchFromCacheMiddleware",
    ]
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "per-site"}}
    first, second = (land(Client(), "/public/") for _ in range(2))
    assert click_cookie(first)
    assert click_cookie(second)
    assert not Client().get("/public/").cookies


@pytest.mark.parametrize(("page", "status"), [("/missing/", 404), ("/broken/", 500), ("/moved/", 302), ("/none/", 404)])
def test_whatever_the_page_answers_the_click_is_kept(page: str, status: int) -> None:
    client = Client(raise_request_exception=False)
    response = land(client, page)
    assert response.status_code == status
    assert click_cookie(response)
    assert seen(client) == "77//"


def test_the_redirect_to_a_trailing_slash_keeps_the_click(client: Client) -> None:
    response = land(client, "/plain")
    assert (response.status_code, response.headers["Location"]) == (301, "/plain/?affiliate_id=77")
    assert click_cookie(response)
    assert seen(client) == "77//"


# What it survives -------------------------------------------------------------------------------------------


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


# Without sessions, without a database -----------------------------------------------------------------------


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


# The request's attribute ------------------------------------------------------------------------------------


def test_a_request_without_a_click_has_none(rf: RequestFactory) -> None:
    request: Any = rf.get("/")
    assert request.affiliate_click is None


def test_a_request_that_never_met_the_middleware_has_none() -> None:
    request: Any = HttpRequest()
    assert request.affiliate_click is None


def test_the_click_is_a_value_with_a_moment(client: Client) -> None:
    with time_machine.travel("2026-03-01T12:00:00.7Z", tick=False):
        request = land(client, query="affiliate_id=77&offer_id=12345").wsgi_request
    moment = timezone.datetime(2026, 3, 1, 12, tzinfo=timezone.get_fixed_timezone(0))
    assert request.affiliate_click == Click(affiliate_id="77", offer_id="12345", clicked_at=moment)


def test_the_request_being_served_is_known_while_it_is_served(client: Client) -> None:
    assert client.get("/served/").content == b"True"


def test_remembering_in_a_later_page_sees_the_click(client: Client) -> None:
    land(client)
    client.get("/place/1001/")
    assert RememberedClick.objects.get(order_id="1001").affiliate_id == "77"


# Async ------------------------------------------------------------------------------------------------------


class AsyncShopper:
    """A shopper of the shop under ASGI, driven from a sync test."""

    def __init__(self, **options: Any) -> None:
        self.client = AsyncClient(**options)

    def get(self, page: str, **extra: Any) -> HttpResponse:
        response: HttpResponse = async_to_sync(self.client.get)(page, **extra)
        return response


@pytest.fixture(params=BACKENDS)
def shopper(request: pytest.FixtureRequest, settings: Any) -> AsyncShopper:
    settings.SESSION_ENGINE = f"django.contrib.sessions.backends.{request.param}"
    return AsyncShopper()


@pytest.mark.parametrize("page", ["/async/plain/", "/plain/"])
def test_under_asgi_a_landing_is_a_click(shopper: AsyncShopper, page: str) -> None:
    response = shopper.get(f"{page}?affiliate_id=77&offer_id=12345")
    cookie = click_cookie(response)
    assert cookie is not None
    assert cookie["max-age"] == 28 * DAY
    assert response.headers["Cache-Control"] == "private, no-store"
    assert shopper.get("/async/shown/").content == b"77/12345/"
    assert shopper.get("/shown/").content == b"77/12345/"


def test_under_asgi_the_session_keeps_a_refused_cookies_click(shopper: AsyncShopper) -> None:
    shopper.get("/async/plain/?affiliate_id=77")
    shopper.client.cookies.pop(COOKIE)
    assert shopper.get("/async/shown/").content == b"77//"


def test_under_asgi_a_request_without_an_id_costs_nothing(
    shopper: AsyncShopper, django_assert_num_queries: Any
) -> None:
    shopper.get("/async/plain/?affiliate_id=77")
    with django_assert_num_queries(0):
        response = shopper.get("/async/plain/?utm_source=x")
    assert not response.cookies
    assert "Vary" not in response.headers


def test_under_asgi_a_page_that_asks_varies_by_cookie(shopper: AsyncShopper) -> None:
    assert "Cookie" in shopper.get("/async/shown/").headers["Vary"]


def test_under_asgi_a_broken_page_keeps_the_click() -> None:
    shopper = AsyncShopper(raise_request_exception=False)
    response = shopper.get("/async/broken/?affiliate_id=77")
    assert response.status_code == 500
    assert click_cookie(response)


def test_under_asgi_an_async_view_remembers_the_click(shopper: AsyncShopper) -> None:
    shopper.get("/async/plain/?affiliate_id=77")
    shopper.get("/async/place/1001/")
    assert RememberedClick.objects.get(order_id="1001").affiliate_id == "77"


@pytest.mark.parametrize("page", ["/async/served/", "/served/"])
def test_under_asgi_the_request_being_served_is_known(shopper: AsyncShopper, page: str) -> None:
    assert shopper.get(page).content == b"True"


def test_under_wsgi_an_async_page_knows_the_request_being_served(client: Client) -> None:
    assert client.get("/async/served/").content == b"True"


def test_under_asgi_an_unreplaced_macro_is_counted(shopper: AsyncShopper) -> None:
    shopper.get(f"/async/plain/?affiliate_id={quote('{affiliate_id}')}")
    assert LandingCount.objects.get().count == 1


def test_it_is_async_exactly_where_what_it_wraps_is() -> None:
    async def page(request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    assert iscoroutinefunction(AffiliateMiddleware(page))
    assert not iscoroutinefunction(AffiliateMiddleware(lambda _request: HttpResponse()))


def test_requests_served_side_by_side_do_not_see_each_others_click() -> None:
    async def both() -> list[bytes]:
        clients = [AsyncClient() for _ in range(4)]
        for number, client in enumerate(clients):
            await client.get(f"/async/plain/?affiliate_id={number}")
        responses = await asyncio.gather(*(client.get("/async/shown/") for client in clients))
        return [response.content for response in responses]

    assert async_to_sync(both)() == [b"0//", b"1//", b"2//", b"3//"]


def test_remember_without_a_request_harms_nobody() -> None:
    remember(None, "1001")  # type: ignore[arg-type]
    assert not RememberedClick.objects.exists()
