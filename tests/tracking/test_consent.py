"""Consent: what is kept without it, what becomes of a click once it is given, and when it is withdrawn."""

import logging
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.sessions.models import Session
from django.http import HttpRequest, HttpResponse
from django.test import AsyncClient, Client

from tracking.capture.consent import Consent, consent_of, cost_the_click

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.tracking.pages")]

ANSWERS = {"yes": True, "no": False}
NOT_GIVEN = [{}, {"Answer": "no"}]
OURS = "tracking.middleware.AffiliateMiddleware"


def answer(request: HttpRequest) -> bool | None:
    """The shopper's answer, as a header for the tests' sake; without one nobody has asked."""
    return ANSWERS.get(request.headers.get("Answer", ""))


@pytest.fixture(autouse=True, params=["first", "after the sessions"])
def asking(request: pytest.FixtureRequest, settings: Any) -> None:
    settings.TRACKING_CONSENT = answer
    if request.param != "first":
        others = [name for name in settings.MIDDLEWARE if name != OURS]
        settings.MIDDLEWARE = [*others[:2], OURS, *others[2:]]


def land(client: Client, affiliate_id: int = 77, **headers: str) -> HttpResponse:
    response: HttpResponse = client.get(f"/plain/?affiliate_id={affiliate_id}", headers=headers)
    return response


def seen(client: Client, **headers: str) -> str:
    return client.get("/shown/", headers=headers).content.decode()


def costs(client: Client, **headers: str) -> bool:
    return cost_the_click(client.get("/plain/", headers=headers).wsgi_request)


def with_session(client: Client) -> Client:
    session = client.session
    session["cart"] = [1]
    session.save()
    return client


FROM_LANDING = "http://testserver/plain/?affiliate_id=77"


# Without consent --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("headers", NOT_GIVEN)
@pytest.mark.parametrize("has_session", [False, True], ids=["stranger", "known"])
def test_nothing_is_stored_on_the_device(client: Client, headers: dict[str, str], has_session: bool) -> None:
    if has_session:
        with_session(client)
    response = land(client, **headers)
    assert (response.status_code, response.content) == (200, b"hello")
    assert not response.cookies
    assert seen(client, **headers) == "None"
    assert Session.objects.count() == has_session


def test_a_refused_click_leaves_no_id_behind(client: Client) -> None:
    with_session(client)
    land(client, Answer="no")
    assert set(client.session.keys()) == {"cart", "tracking_consent_cost_click"}
    assert client.session["tracking_consent_cost_click"] is True


@pytest.mark.parametrize("headers", NOT_GIVEN)
def test_sessions_in_cookies_are_the_device_too(client: Client, settings: Any, headers: dict[str, str]) -> None:
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
    client.get("/cart/")
    before = client.cookies["sessionid"].value
    land(client, **headers)
    assert client.cookies["sessionid"].value == before


@pytest.mark.parametrize("headers", NOT_GIVEN)
def test_a_click_from_before_is_not_read(client: Client, headers: dict[str, str]) -> None:
    land(client, Answer="yes")
    assert seen(client, **headers) == "None"


def test_while_nobody_has_asked_a_click_from_before_stays(client: Client) -> None:
    land(client, Answer="yes")
    assert seen(client) == "None"
    assert seen(client, Answer="yes") == "77//"


# Given ------------------------------------------------------------------------------------------------------


def test_with_consent_all_is_as_ever(client: Client) -> None:
    assert land(client, Answer="yes").cookies["aspire_click"].value
    assert seen(client, Answer="yes") == "77//"


def test_given_on_the_landing_page_the_address_before_still_tells_the_click(client: Client) -> None:
    land(client)
    response = client.post("/plain/", headers={"Answer": "yes", "Referer": FROM_LANDING})
    assert response.cookies["aspire_click"].value
    assert seen(client, Answer="yes") == "77//"


def test_given_during_the_very_request_the_click_is_kept(client: Client) -> None:
    assert client.get("/consent/?affiliate_id=77").cookies["aspire_click"].value


def test_given_later_on_the_visit_the_session_of_the_shop_has_kept_it(client: Client) -> None:
    with_session(client)
    land(client)
    client.get("/plain/")
    assert seen(client, Answer="yes") == "77//"
    assert client.cookies["aspire_click"].value
    assert client.session["tracking_click"]
    assert "tracking_pending_click" not in client.session


def test_a_session_that_the_shop_makes_on_the_next_page_keeps_it_as_well(client: Client) -> None:
    land(client)
    client.post("/cart/", headers={"Referer": FROM_LANDING})
    client.get("/plain/")
    assert seen(client, Answer="yes") == "77//"


def test_of_two_clicks_that_waited_the_later_counts(client: Client) -> None:
    with_session(client)
    land(client, 77)
    land(client, 78)
    assert seen(client, Answer="yes") == "78//"


def test_going_on_from_a_landing_makes_its_click_no_second_time(client: Client) -> None:
    land(client, Answer="yes")
    response = client.get("/plain/", headers={"Answer": "yes", "Referer": FROM_LANDING})
    assert not response.cookies


@pytest.mark.parametrize(
    "referer",
    [
        "http://elsewhere.test/?affiliate_id=66",
        "http://testserver.elsewhere.test/?affiliate_id=66",
        "http://testserver@elsewhere.test/?affiliate_id=66",
        "http://[/?affiliate_id=66",
        "//?affiliate_id=66",
        "?affiliate_id=66",
        "http://testserver/?affiliate_id=no%20id",
        "http://testserver/?affiliate_id={affiliate_id}",
    ],
)
def test_the_address_of_another_site_tells_no_click(client: Client, referer: str) -> None:
    assert seen(client, Answer="yes", Referer=referer) == "None"


def test_without_the_setting_the_address_before_is_not_looked_at(client: Client, settings: Any) -> None:
    settings.TRACKING_CONSENT = None
    assert seen(client, Referer=FROM_LANDING) == "None"


# Withdrawn --------------------------------------------------------------------------------------------------


def test_withdrawn_the_cookie_and_the_session_entry_go(client: Client) -> None:
    land(client, Answer="yes")
    response = client.get("/plain/", headers={"Answer": "no"})
    assert response.cookies["aspire_click"]["max-age"] == 0
    assert response.headers["Cache-Control"] == "private, no-store"
    assert "tracking_click" not in client.session
    assert seen(client, Answer="yes") == "None"


def test_the_cookie_of_a_whole_domain_goes_with_its_domain(client: Client, settings: Any) -> None:
    settings.TRACKING_COOKIE_DOMAIN = ".shop.test"
    host = {"Host": "www.shop.test"}
    client.get("/plain/?affiliate_id=77", headers={**host, "Answer": "yes"})
    response = client.get("/plain/", headers={**host, "Answer": "no"})
    assert response.cookies["aspire_click"]["domain"] == ".shop.test"


def test_a_click_that_waited_is_forgotten_on_a_refusal(client: Client) -> None:
    with_session(client)
    land(client)
    client.get("/shown/", headers={"Answer": "no"})
    client.get("/cart/", headers={"Answer": "no"})
    assert seen(client, Answer="yes") == "None"
    assert "tracking_pending_click" not in client.session


# The reason of an order -------------------------------------------------------------------------------------


@pytest.mark.parametrize("headers", NOT_GIVEN)
def test_consent_cost_the_click_of_a_shopper_with_a_session(client: Client, headers: dict[str, str]) -> None:
    with_session(client)
    land(client, **headers)
    assert costs(client, **headers)
    assert not costs(client, Answer="yes")


@pytest.mark.parametrize("headers", NOT_GIVEN)
def test_consent_cost_the_click_of_a_landing_that_orders_at_once(client: Client, headers: dict[str, str]) -> None:
    assert cost_the_click(land(client, **headers).wsgi_request)


def test_consent_cost_the_click_that_was_withdrawn(client: Client) -> None:
    land(client, Answer="yes")
    client.get("/plain/", headers={"Answer": "no"})
    assert costs(client, Answer="no")


@pytest.mark.parametrize("headers", [{}, {"Answer": "no"}, {"Answer": "yes"}])
def test_consent_cost_nothing_where_there_was_no_click(client: Client, headers: dict[str, str]) -> None:
    with_session(client)
    client.get("/plain/", headers=headers)
    assert not costs(client, **headers)


def test_given_in_the_end_it_cost_nothing(client: Client) -> None:
    with_session(client)
    land(client)
    client.get("/shown/", headers={"Answer": "yes"})
    assert not costs(client, Answer="yes")


# A callable that is wrong -----------------------------------------------------------------------------------


@pytest.mark.parametrize("wrong", ["yes", 1, 0, ""])
def test_an_answer_of_another_kind_is_no_consent_and_told(
    client: Client, settings: Any, caplog: pytest.LogCaptureFixture, wrong: object
) -> None:
    settings.TRACKING_CONSENT = lambda _request: wrong
    assert not land(client).cookies
    assert "let it answer True, False or None" in caplog.text


def test_a_callable_that_fails_costs_the_page_nothing_and_gives_no_consent(
    client: Client, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_request: HttpRequest) -> bool:
        raise RuntimeError("a bug of the shop's")

    settings.TRACKING_CONSENT = broken
    response = land(client)
    assert (response.status_code, response.content, bool(response.cookies)) == (200, b"hello", False)
    assert "TRACKING_CONSENT failed" in caplog.text


def test_it_may_be_named_by_its_path(settings: Any) -> None:
    settings.TRACKING_CONSENT = f"{__name__}.answer"
    request = HttpRequest()
    assert consent_of(request) is Consent.NOT_ASKED
    request.META["HTTP_ANSWER"] = "no"
    assert consent_of(request) is not Consent.GIVEN


# Cost, and ASGI ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("headers", [{}, {"Answer": "no"}, {"Answer": "yes"}])
def test_a_page_without_a_click_costs_nothing(
    client: Client, django_assert_num_queries: Any, headers: dict[str, str]
) -> None:
    with_session(client)
    with django_assert_num_queries(0):
        response = client.get("/plain/?utm_source=x", headers={**headers, "Referer": "http://testserver/?x=1"})
    assert not response.cookies
    assert "Vary" not in response.headers


@pytest.mark.parametrize("page", ["/async/plain/", "/plain/"])
def test_under_asgi_a_click_waits_is_kept_and_goes(page: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)
    client = AsyncClient()

    def get(path: str, **headers: str) -> HttpResponse:
        response: HttpResponse = async_to_sync(client.get)(path, headers=headers)
        return response

    get("/cart/")
    assert not get(f"{page}?affiliate_id=77").cookies
    assert get("/async/shown/", Answer="yes").content == b"77//"
    assert get(page, Answer="no").cookies["aspire_click"]["max-age"] == 0
    assert get("/async/shown/", Answer="yes").content == b"None"
    assert not caplog.records
