"""Where a shop gets tokens from: the tag in a page, and the endpoint."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests.tracking.handoff.steps import FOREIGN, HERE, land, linked
from tracking.capture.handoff import read_token

pytestmark = [pytest.mark.urls("tests.tracking.pages")]


# The page with the link -------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_page_with_a_token_is_kept_by_no_cache(client: Client) -> None:
    land(client)
    page = client.get("/links/", {"to": "https://brand.example/"}, headers=HERE)
    assert page.headers["Cache-Control"] == "private, no-store"


@pytest.mark.django_db
def test_a_page_without_such_a_link_asks_for_no_click(client: Client) -> None:
    land(client)
    page = client.get("/links/", {"to": "/x"}, headers=HERE)
    assert "Cookie" not in page.headers.get("Vary", "")
    assert "Cache-Control" not in page.headers


@pytest.mark.django_db
def test_a_shopper_without_a_click_gets_the_plain_link(client: Client) -> None:
    assert linked(client) == "https://brand.example/plain/?a=1"


# The endpoint that gives tokens -----------------------------------------------------------------------------


OWN = [{"Origin": "http://www.brand.test"}, {"Sec-Fetch-Site": "same-origin", "Origin": "https://proxy.test"}]


@pytest.mark.django_db
@pytest.mark.parametrize("headers", OWN)
def test_a_page_of_the_shop_gets_a_token(client: Client, headers: dict[str, str]) -> None:
    land(client)
    response = client.post("/tracking/token", headers={**HERE, **headers})
    assert response.status_code == 200
    assert read_token(response.content.decode(), now=timezone.now())
    assert response.headers["Cache-Control"] == "private, no-store"


@pytest.mark.django_db
@pytest.mark.parametrize("headers", FOREIGN)
def test_a_page_of_another_site_gets_none(client: Client, headers: dict[str, str]) -> None:
    land(client)
    response = client.post("/tracking/token", headers={**HERE, **headers})
    assert (response.status_code, response.content) == (403, b"")
    assert response.headers["Cache-Control"] == "private, no-store"


@pytest.mark.django_db
def test_without_a_click_there_is_no_token(client: Client) -> None:
    assert client.post("/tracking/token", headers={**HERE, **OWN[0]}).status_code == 204


@pytest.mark.django_db
def test_without_the_setting_there_is_no_token(client: Client, settings: Any) -> None:
    land(client)
    settings.TRACKING_DOMAINS = []
    assert client.post("/tracking/token", headers={**HERE, **OWN[0]}).status_code == 204
