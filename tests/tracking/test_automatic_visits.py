"""Programs, prefetched pages and HEAD requests: they make no click, and never take the place of one."""

import pytest
from django.test import Client

from tests.tracking.test_visitors import PROGRAMS
from tracking.models import LandingCount

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.tracking.pages")]

AUTOMATIC = [
    {"User-Agent": PROGRAMS[0]},
    {"Sec-Purpose": "prefetch"},
    {"Sec-Purpose": "prefetch;prerender"},
    {"Purpose": "prefetch"},
    {"X-Moz": "prefetch"},
]


@pytest.mark.parametrize("headers", AUTOMATIC)
def test_it_gets_the_page_and_makes_no_click(client: Client, headers: dict[str, str]) -> None:
    response = client.get("/plain/?affiliate_id=77", headers=headers)
    assert (response.status_code, response.content) == (200, b"hello")
    assert not response.cookies
    assert client.get("/shown/").content == b"None"


@pytest.mark.parametrize("headers", AUTOMATIC)
def test_it_takes_no_clicks_place(client: Client, headers: dict[str, str]) -> None:
    client.get("/plain/?affiliate_id=77")
    client.get("/plain/?affiliate_id=78", headers=headers)
    client.head("/plain/?affiliate_id=79")
    assert client.get("/shown/").content == b"77//"


@pytest.mark.parametrize("headers", AUTOMATIC)
def test_its_unreplaced_macro_is_not_counted(client: Client, headers: dict[str, str]) -> None:
    client.get("/plain/?affiliate_id={affiliate_id}", headers=headers)
    assert not LandingCount.objects.exists()


def test_a_browser_does_not_keep_a_landing_that_it_loaded_ahead(client: Client) -> None:
    """Else it would show it at the click, and never ask with the click."""
    response = client.get("/public/?affiliate_id=77", headers={"Sec-Purpose": "prefetch"})
    assert response.headers["Cache-Control"] == "private, no-store"
    assert "public" in client.get("/public/", headers={"Sec-Purpose": "prefetch"}).headers["Cache-Control"]


def test_the_click_that_follows_a_prefetch_counts(client: Client) -> None:
    client.get("/plain/?affiliate_id=77", headers={"Sec-Purpose": "prefetch"})
    client.get("/plain/?affiliate_id=77")
    assert client.get("/shown/").content == b"77//"
