"""From one site to the other, whatever a hostile visitor tries."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from asgiref.sync import async_to_sync
from django.test import AsyncClient, Client
from django.utils import timezone

from tests.factories import OfferFactory
from tests.tracking.handoff.steps import HERE, SECOND, THERE, arrive, land, linked, seen
from tracking.capture.handoff import LIFETIME, PARAM

pytestmark = [pytest.mark.urls("tests.tracking.pages")]


@pytest.mark.django_db
def test_the_other_site_takes_the_click_over_and_cleans_the_address(client: Client, there: Client) -> None:
    land(client)
    response = arrive(there, linked(client))
    assert (response.status_code, response.headers["Location"]) == (302, "/plain/?a=1")
    assert response.headers["Cache-Control"] == "private, no-store"
    assert response.cookies["aspire_click"]["httponly"]
    assert seen(there) == "77/12345/"


def test_the_click_keeps_its_time_and_its_end(there: Client, token: str) -> None:
    response = arrive(there, f"/plain/?{PARAM}={token}")
    assert 25.9 * 86400 < response.cookies["aspire_click"]["max-age"] <= 26 * 86400
    click = there.get("/shown/", headers=THERE).wsgi_request.affiliate_click
    assert timedelta(days=2) <= timezone.now() - click.clicked_at < timedelta(days=2, minutes=1)


@pytest.mark.django_db
def test_an_offer_with_a_longer_window_there_stretches_nothing(there: Client, token: str) -> None:
    OfferFactory(window_days=90)
    assert arrive(there, f"/plain/?{PARAM}={token}").cookies["aspire_click"]["max-age"] <= 26 * 86400


def test_handing_it_back_and_forth_stretches_nothing(there: Client, token: str) -> None:
    arrive(there, f"/plain/?{PARAM}={token}")
    reply = there.post("/tracking/token", headers={**THERE, "Origin": "http://brand.example"})
    back = Client()
    response = back.get(f"/plain/?{PARAM}={reply.content.decode()}", headers=HERE)
    assert response.cookies["aspire_click"]["max-age"] <= 26 * 86400


def test_a_token_replayed_after_it_expired_is_cleaned_away_and_nothing_else(there: Client, token: str) -> None:
    with time_machine.travel(timezone.now() + LIFETIME + SECOND, tick=False):
        response = arrive(there, f"/plain/?{PARAM}={token}")
        assert (response.status_code, response.headers["Location"]) == (302, "/plain/")
        assert not response.cookies
        assert seen(there) == "None"


def test_a_later_click_on_the_other_site_stays_the_one_that_counts(there: Client, token: str) -> None:
    there.get("/plain/?affiliate_id=88", headers=THERE)
    arrive(there, f"/plain/?{PARAM}={token}")
    assert seen(there) == "88//"


def test_with_first_click_the_earlier_click_counts_that_is_handed_over(
    there: Client, token: str, settings: Any
) -> None:
    settings.TRACKING_ATTRIBUTION = "first"
    there.get("/plain/?affiliate_id=88", headers=THERE)
    arrive(there, f"/plain/?{PARAM}={token}")
    assert seen(there) == "77/12345/"


def test_a_form_that_posts_reaches_its_view_and_hands_the_click_over(there: Client, token: str) -> None:
    response = there.post(f"/plain/?{PARAM}={token}", headers=THERE)
    assert (response.status_code, response.content) == (200, b"hello")
    assert seen(there) == "77/12345/"


def test_a_site_without_the_setting_takes_nothing_over(there: Client, token: str, settings: Any) -> None:
    settings.TRACKING_DOMAINS = []
    response = arrive(there, f"/plain/?{PARAM}={token}")
    assert (response.status_code, bool(response.cookies)) == (200, False)


@pytest.mark.parametrize("headers", [{"User-Agent": "Slackbot 1.0"}, {"Sec-Purpose": "prefetch"}])
def test_programs_and_prefetches_take_nothing_over(there: Client, token: str, headers: dict[str, str]) -> None:
    assert not arrive(there, f"/plain/?{PARAM}={token}", **headers).cookies


def test_without_consent_there_nothing_is_stored_and_the_address_keeps_the_click(
    there: Client, token: str, settings: Any
) -> None:
    settings.TRACKING_CONSENT = lambda request: {"yes": True, "no": False}.get(request.headers.get("Answer", ""))
    url = f"/plain/?{PARAM}={token}"
    waiting = arrive(there, url)
    assert (waiting.status_code, bool(waiting.cookies)) == (200, False)
    refused = arrive(there, url, Answer="no")
    assert (refused.status_code, bool(refused.cookies)) == (302, False)
    given = arrive(there, "/plain/?", Answer="yes", Referer=f"http://brand.example{url}")
    assert given.cookies["aspire_click"].value


def test_under_asgi_the_click_is_taken_over(token: str) -> None:
    shopper = AsyncClient()
    response = async_to_sync(shopper.get)(f"/async/plain/?{PARAM}={token}")
    assert (response.status_code, response.headers["Location"]) == (302, "/async/plain/")
    assert async_to_sync(shopper.get)("/async/shown/").content == b"77/12345/"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["//elsewhere.test/", "/%5Celsewhere.test/", "/\\elsewhere.test/", "///elsewhere.test"]
)
@pytest.mark.parametrize("query", [f"{PARAM}=x", f"{PARAM}=x&a=//elsewhere.test", f"{PARAM}=x&{PARAM}=y"])
def test_the_clean_address_is_on_the_same_host(there: Client, path: str, query: str) -> None:
    response = there.generic("GET", "/", PATH_INFO=path, QUERY_STRING=query, headers=THERE)
    assert response.status_code == 302
    location = response.headers["Location"]
    assert location.startswith("/")
    assert location[1:2] not in {"/", "\\"}


@pytest.mark.django_db
def test_a_line_break_in_the_address_adds_no_header(there: Client) -> None:
    query = f"{PARAM}=x&a=%0d%0aSet-Cookie:%20a=b"
    response = there.generic("GET", "/", PATH_INFO="/plain/\r\nSet-Cookie: a=b/", QUERY_STRING=query, headers=THERE)
    assert response.status_code == 302
    assert "\n" not in response.headers["Location"]
    assert "a" not in response.cookies


@pytest.mark.django_db
def test_an_escaped_name_of_the_parameter_leads_to_no_endless_redirect(there: Client) -> None:
    response = there.generic("GET", "/", PATH_INFO="/plain/", QUERY_STRING=f"{PARAM}=x&click%5ftoken=y", headers=THERE)
    assert response.headers["Location"] == "/plain/"


@pytest.mark.django_db
@pytest.mark.parametrize("to", ["https://elsewhere.test/", "javascript:alert(1)", "https://x@brand.example/", "/x"])
def test_no_other_address_gets_a_token(client: Client, to: str) -> None:
    land(client)
    assert linked(client, to) == to


@pytest.mark.django_db
def test_a_link_in_a_page_is_escaped(client: Client) -> None:
    land(client)
    page = client.get("/links/", {"to": 'https://brand.example/?"><script>&x=1'}, headers=HERE).content.decode()
    assert '"><script>&x' not in page
