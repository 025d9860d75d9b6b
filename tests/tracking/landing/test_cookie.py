"""The cookie that keeps the click, and the caches that must not keep it."""

from typing import Any

import pytest
from django.test import Client

from tests.factories import OfferFactory
from tests.tracking.landing.steps import COOKIE, DAY, click_cookie, land, seen

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.tracking.pages")]


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
