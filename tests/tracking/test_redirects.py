"""Django's own redirects, wherever the middleware stands among those that make them."""

from itertools import permutations
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from django.http import HttpResponse, HttpResponseRedirect
from django.test import Client

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.tracking.redirecting_pages")]

OURS = "tracking.middleware.AffiliateMiddleware"
SESSIONS = "django.contrib.sessions.middleware.SessionMiddleware"
REDIRECTING = {
    "https": "django.middleware.security.SecurityMiddleware",
    "language": "django.middleware.locale.LocaleMiddleware",
    "slash and www": "django.middleware.common.CommonMiddleware",
}
LOGIN = [
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
]
ORDERS = [
    [*order, *LOGIN]
    for order in permutations([OURS, SESSIONS, *REDIRECTING.values()])
    if order.index(SESSIONS) < order.index(REDIRECTING["language"])  # Django's own demand
] + [[SESSIONS, *REDIRECTING.values(), *LOGIN, OURS]]


@pytest.fixture(autouse=True)
def redirecting(settings: Any) -> None:
    settings.PREPEND_WWW = True
    settings.SECURE_SSL_REDIRECT = True
    settings.LANGUAGE_CODE = "en"
    settings.LOGIN_URL = "/accounts/login/"
    settings.ALLOWED_HOSTS = [".shop.test"]


class Shopper:
    """A browser, as far as redirects go: it keeps the cookies of each host apart."""

    def __init__(self) -> None:
        self._clients: dict[str, Client] = {}

    def get(self, url: str) -> HttpResponse:
        parts = urlsplit(url)
        client = self._clients.setdefault(parts.netloc, Client(headers={"Accept-Language": "de"}))
        response: HttpResponse = client.get(
            f"{parts.path}?{parts.query}", secure=parts.scheme == "https", headers={"Host": parts.netloc}
        )
        return response

    def follow(self, url: str) -> list[str]:
        """Open an address and go where it leads; returns every address on the way."""
        way = [url]
        while (response := self.get(way[-1])).status_code in {301, 302}:
            way.append(urljoin(way[-1], response.headers["Location"]))
            assert len(way) < 10, way
        assert response.status_code == 200
        return way

    def forget(self, cookie: str) -> None:
        del self._clients["www.shop.test"].cookies[cookie]


def names(order: list[str]) -> str:
    return " ".join(name.rpartition(".")[2].removesuffix("Middleware") for name in order)


@pytest.mark.parametrize("order", ORDERS, ids=names)
@pytest.mark.parametrize("page", ["/open", "/open/", "/de/closed", "/closed"])
def test_a_click_survives_every_redirect_in_any_order(settings: Any, order: list[str], page: str) -> None:
    settings.MIDDLEWARE = order
    shopper = Shopper()
    assert len(shopper.follow(f"http://shop.test{page}?affiliate_id=77")) > 1
    assert shopper.get("https://www.shop.test/de/shown/").content == b"77"


@pytest.mark.parametrize("page", ["/de/closed/", "/gone/"], ids=["login", "the page's own"])
def test_a_redirect_that_drops_the_parameter_carries_the_cookie(settings: Any, page: str) -> None:
    settings.MIDDLEWARE = [OURS, SESSIONS, *REDIRECTING.values(), *LOGIN]
    response = Shopper().get(f"https://www.shop.test{page}?affiliate_id=77")
    assert response.status_code == 302
    assert response.cookies["aspire_click"].value
    assert "sessionid" in response.cookies


def drops_the_query(get_response: Any) -> Any:
    """A redirect of the merchant's own, as the first thing that a request meets."""

    def middleware(request: Any) -> Any:
        return HttpResponseRedirect("/en/open/") if request.path == "/old/" else get_response(request)

    return middleware


@pytest.fixture
def first(settings: Any) -> Shopper:
    """A shopper of a shop where the middleware stands before the sessions."""
    settings.MIDDLEWARE = [OURS, f"{__name__}.drops_the_query", SESSIONS, *LOGIN]
    return Shopper()


def test_standing_first_it_keeps_the_click_before_a_middleware_that_drops_the_query(first: Shopper) -> None:
    assert first.follow("https://www.shop.test/old/?affiliate_id=77")[-1] == "https://www.shop.test/en/open/"
    assert first.get("https://www.shop.test/en/shown/").content == b"77"


def test_standing_before_the_sessions_it_keeps_the_click_in_the_session_too(first: Shopper) -> None:
    first.get("https://www.shop.test/en/open/?affiliate_id=77")
    first.forget("aspire_click")
    assert first.get("https://www.shop.test/en/shown/").content == b"77"


def test_standing_before_the_sessions_it_forgets_no_click_that_the_session_alone_held(
    first: Shopper, settings: Any
) -> None:
    settings.TRACKING_ATTRIBUTION = "first"
    first.get("https://www.shop.test/en/open/?affiliate_id=77")
    for query in ("?affiliate_id=78", ""):
        first.forget("aspire_click")
        assert first.get(f"https://www.shop.test/en/shown/{query}").content == b"77"
