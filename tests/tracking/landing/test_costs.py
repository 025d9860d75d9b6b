"""What the middleware costs a page."""

from typing import Any

import pytest
from django.test import Client

from tests.tracking.landing.steps import land

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.tracking.pages")]


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
