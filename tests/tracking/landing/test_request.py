"""`request.affiliate_click` and the request being served, sync and async."""

import asyncio
from typing import Any
from urllib.parse import quote

import pytest
import time_machine
from asgiref.sync import async_to_sync, iscoroutinefunction
from django.http import HttpRequest, HttpResponse
from django.test import AsyncClient, Client, RequestFactory
from django.utils import timezone

from tests.tracking.landing.steps import BACKENDS, COOKIE, DAY, click_cookie, land
from tracking.attribution import remember
from tracking.capture.clicks import Click
from tracking.middleware import AffiliateMiddleware
from tracking.models import LandingCount, RememberedClick

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.tracking.pages")]


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
