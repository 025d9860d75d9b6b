"""From a landing to the click that counts."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from tests.factories import OfferFactory
from tests.tracking.landing.steps import UNREPLACED, click_cookie, land, lose_session, refuse_cookie, seen

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.tracking.pages")]


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
