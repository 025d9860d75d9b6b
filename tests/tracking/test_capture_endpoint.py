"""The endpoint that pages from a cache tell of their click, and the tag of the script that asks it."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from asgiref.sync import async_to_sync
from django.contrib.sessions.models import Session
from django.db import connection
from django.http import HttpResponse
from django.test import AsyncClient, Client
from django.test.utils import CaptureQueriesContext

from tests.factories import OfferFactory
from tests.tracking.handoff.steps import FOREIGN
from tracking.capture import landing, tally
from tracking.models import LandingCount

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.tracking.pages")]

OWN = {"Origin": "http://testserver"}


@pytest.fixture(autouse=True)
def forgotten_windows() -> None:
    landing.windows.clear()


def tell(client: Client, query: str = "affiliate_id=77", **headers: str) -> HttpResponse:
    response: HttpResponse = client.post(f"/tracking/capture?{query}", headers={**OWN, **headers})
    return response


def seen(client: Client) -> str:
    return client.get("/shown/").content.decode()


def test_it_keeps_the_click_in_the_servers_own_cookie(client: Client) -> None:
    OfferFactory(window_days=7)
    response = tell(client, "affiliate_id=77&offer_id=12345&utm_source=x")
    cookie = response.cookies["aspire_click"]
    assert (response.status_code, response.content) == (204, b"")
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", 7 * 86400)
    assert response.headers["Cache-Control"] == "private, no-store"
    assert seen(client) == "77/12345/"


@pytest.mark.parametrize("query", ["", "affiliate_id=no%20id", "affiliate_id={affiliate_id}", "utm_source=x"])
def test_what_is_no_click_takes_no_clicks_place(client: Client, query: str) -> None:
    tell(client)
    response = tell(client, query)
    assert (response.status_code, bool(response.cookies)) == (204, False)
    assert seen(client) == "77//"


def test_an_unreplaced_macro_is_counted_as_on_any_landing(client: Client) -> None:
    tell(client, "affiliate_id={affiliate_id}")
    assert LandingCount.objects.get().count == 1


def counted() -> int:
    """How many landings were counted, those written and those not yet."""
    tally.write()
    return sum(LandingCount.objects.filter(finding="any").values_list("count", flat=True))


def counted_at(response: HttpResponse) -> str:
    """What the page's script reads of the response."""
    return re.findall(r'landing;desc="(\d+)"', response.headers.get("Server-Timing", ""))[0]


@pytest.mark.parametrize("query", ["affiliate_id=77", "affiliate_id={affiliate_id}", "affiliate_id=no%20id"])
def test_a_landing_that_django_served_and_its_script_tells_of_counts_once(client: Client, query: str) -> None:
    page = client.get(f"/shown/?{query}")
    tell(client, query, **{"X-Landing-Counted": counted_at(page)})
    assert counted() == 1
    assert sum(LandingCount.objects.exclude(parameter="").values_list("count", flat=True)) == query.count("{")


def test_a_landing_from_a_cache_counts_though_its_copy_says_that_it_was(client: Client) -> None:
    page = client.get("/shown/?affiliate_id=77")
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=10)):
        tell(Client(), **{"X-Landing-Counted": counted_at(page)})
    assert counted() == 2


def test_telling_again_once_the_shopper_consents_counts_nothing_more(client: Client) -> None:
    tell(client)
    tell(client, **{"X-Landing-Counted": "again"})
    assert counted() == 1


@pytest.mark.parametrize("said", ["", "soon", "-1", "9" * 400, "٣", "1"])
def test_what_no_server_said_keeps_nothing_from_counting(client: Client, said: str) -> None:
    tell(client, **{"X-Landing-Counted": said})
    assert counted() == 1


def test_the_mark_leaves_what_else_the_response_times(client: Client) -> None:
    response = client.get("/timed/?affiliate_id=77")
    assert response.headers["Server-Timing"].startswith("db;dur=5, landing;desc=")


def test_a_page_without_the_parameter_carries_no_mark(client: Client) -> None:
    assert "Server-Timing" not in client.get("/shown/?utm_source=x").headers


@pytest.mark.parametrize("headers", FOREIGN[1:])
def test_a_page_of_another_site_can_tell_nothing(client: Client, headers: dict[str, str]) -> None:
    response = tell(client, **{"Host": "www.shop.test", **headers})
    assert (response.status_code, bool(response.cookies)) == (403, False)


@pytest.mark.parametrize("method", ["get", "head", "put", "delete"])
def test_only_a_post_tells_anything(client: Client, method: str) -> None:
    response = getattr(client, method)("/tracking/capture?offer_id=1", headers=OWN)
    assert (response.status_code, bool(response.cookies)) == (405, False)


def test_a_strict_csrf_check_does_not_stand_in_its_way() -> None:
    assert tell(Client(enforce_csrf_checks=True)).status_code == 204


@pytest.mark.parametrize("agent", ["Twitterbot/1.0", "facebookexternalhit/1.1"])
def test_a_program_tells_nothing(client: Client, agent: str) -> None:
    assert not tell(client, **{"User-Agent": agent}).cookies


@pytest.mark.parametrize("has_session", [False, True], ids=["stranger", "known"])
def test_it_writes_nothing_to_the_database(client: Client, has_session: bool) -> None:
    if has_session:
        client.get("/cart/")
    before = list(Session.objects.values())
    with CaptureQueriesContext(connection) as queries:
        tell(client)
    verbs = {query["sql"].split()[0] for query in queries.captured_queries}
    assert verbs - {"SAVEPOINT", "RELEASE"} == {"SELECT"}
    assert list(Session.objects.values()) == before


def test_a_second_click_on_an_offer_asks_the_database_nothing(client: Client, django_assert_num_queries: Any) -> None:
    OfferFactory(window_days=7)
    tell(Client())
    with django_assert_num_queries(0):
        assert tell(client).cookies["aspire_click"]["max-age"] == 7 * 86400


def test_a_visitor_who_makes_offers_up_fills_no_memory(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(landing, "_MOST_WINDOWS", 3)
    for offer_id in range(10):
        tell(client, f"affiliate_id=77&offer_id={offer_id}")
    assert len(landing.windows) <= 3


def test_a_click_waits_for_consent(client: Client, settings: Any) -> None:
    settings.TRACKING_CONSENT = lambda request: {"yes": True, "no": False}.get(request.headers.get("Answer", ""))
    assert (tell(client).status_code, bool(client.cookies)) == (202, False)
    assert tell(client, Answer="yes").status_code == 204
    assert client.cookies["aspire_click"].value


@pytest.mark.parametrize("has_session", [False, True], ids=["stranger", "known"])
def test_under_asgi_it_keeps_the_click_too(has_session: bool) -> None:
    client = AsyncClient()
    if has_session:
        async_to_sync(client.get)("/cart/")
    response = async_to_sync(client.post)("/tracking/capture?affiliate_id=77", headers=OWN)
    assert response.status_code == 204
    assert async_to_sync(client.get)("/async/shown/").content == b"77//"


# The tag ----------------------------------------------------------------------------------------------------


def test_the_script_is_a_file_and_is_told_where_to_ask(client: Client) -> None:
    page = client.get("/links/").content.decode()
    assert (
        '<script src="/static/tracking/capture.js" data-url="/tracking/capture" '
        'data-params="affiliate_id transaction_id" async></script>'
    ) in page
    assert "handoff.js" not in page


def test_a_page_with_the_script_can_be_cached(client: Client) -> None:
    response = client.get("/links/")
    assert "Vary" not in response.headers
    assert not response.cookies


def test_the_script_takes_a_nonce(client: Client) -> None:
    assert ' nonce="r4nd0m&quot;" async>' in client.get("/links/", {"nonce": 'r4nd0m"'}).content.decode()


def test_the_parameters_names_go_to_the_script(client: Client, settings: Any) -> None:
    settings.TRACKING_AFFILIATE_ID_PARAM = "ref"
    settings.TRACKING_DOMAINS = ["brand.test", "brand.example"]
    page = client.get("/links/").content.decode()
    assert 'data-params="ref transaction_id click_token"' in page
    assert 'data-url="/tracking/token" data-domains="brand.test brand.example"' in page


def test_a_page_from_djangos_cache_that_shows_the_click_is_served_to_nobody_else(settings: Any) -> None:
    settings.MIDDLEWARE = [
        "tracking.middleware.AffiliateMiddleware",
        "django.middleware.cache.UpdateCacheMiddleware",
        "django.middleware.cache.FetchFromCacheMiddleware",
    ]
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "shown"}}
    shopper = Client()
    shopper.get("/plain/?affiliate_id=77")
    assert shopper.get("/shown/").content == b"77//"
    assert Client().get("/shown/").content == b"None"
