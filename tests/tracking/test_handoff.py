"""Handing a click over between domains: the token, where it is added, and what it cannot be made to do."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
import time_machine
from asgiref.sync import async_to_sync
from django.core import signing
from django.http import HttpResponse
from django.test import AsyncClient, Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from tests.factories import OfferFactory
from tracking.capture.clicks import Click, KeptClick
from tracking.capture.handoff import LIFETIME, PARAM, add_token, leads_to_sibling, make_token, read_token, strip_token

pytestmark = [pytest.mark.urls("tests.tracking.pages")]

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
KEPT = KeptClick(
    Click(affiliate_id="77", offer_id="12345", transaction_id="abc", clicked_at=NOW - timedelta(days=3)),
    NOW + timedelta(days=25),
)
HERE, THERE = {"Host": "www.brand.test"}, {"Host": "brand.example"}


@pytest.fixture(autouse=True)
def domains(settings: Any) -> None:
    settings.TRACKING_DOMAINS = ["brand.test", "brand.example"]
    settings.ALLOWED_HOSTS = ["*"]


# The token --------------------------------------------------------------------------------------------------


def test_a_token_gives_the_click_back_as_it_was() -> None:
    assert read_token(make_token(KEPT, now=NOW), now=NOW + LIFETIME) == KEPT


def test_a_token_ends_after_its_lifetime() -> None:
    assert read_token(make_token(KEPT, now=NOW), now=NOW + LIFETIME + SECOND) is None


def test_a_token_from_a_clock_that_is_a_little_ahead_is_taken_and_from_the_future_is_not() -> None:
    assert read_token(make_token(KEPT, now=NOW + timedelta(seconds=50)), now=NOW) == KEPT
    assert read_token(make_token(KEPT, now=NOW + timedelta(seconds=70)), now=NOW) is None


def test_a_click_past_its_window_is_not_taken_over() -> None:
    over = KeptClick(KEPT.click, NOW - SECOND)
    assert read_token(make_token(over, now=NOW), now=NOW) is None


@given(st.data())
def test_a_token_that_was_changed_in_any_place_is_none(data: st.DataObject) -> None:
    token = make_token(KEPT, now=NOW)
    place = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.characters(codec="utf-8").filter(lambda letter: letter != token[place]))
    changed = token[:place] + other + token[place + 1 :]
    assert read_token(changed, now=NOW) is None


@given(st.text(max_size=600))
def test_no_other_text_is_a_token(text: str) -> None:
    assert read_token(text, now=NOW) is None


@pytest.mark.parametrize(
    "forged",
    [
        signing.Signer(key="k" * 50, salt="tracking.handoff", sep=".").sign(f"{int(NOW.timestamp())}~{KEPT.to_text()}"),
        signing.Signer(salt="tracking_click").sign(KEPT.to_text()),
        signing.Signer(salt="tracking.handoff", sep=".").sign("~" + KEPT.to_text()),
        signing.Signer(salt="tracking.handoff", sep=".").sign("9" * 40 + "~" + KEPT.to_text()),
        signing.Signer(salt="tracking.handoff", sep=".").sign(f"{int(NOW.timestamp())}~junk"),
        "9" * 100_000,
        "",
    ],
    ids=["another key", "the cookie", "no moment", "no such moment", "no click", "long", "empty"],
)
def test_what_was_signed_by_others_or_for_something_else_is_no_token(forged: str) -> None:
    assert read_token(forged, now=NOW) is None


def test_sites_with_other_secret_keys_understand_each_other_by_the_shared_key(settings: Any) -> None:
    settings.TRACKING_SHARED_KEY = "s" * 40
    token = make_token(KEPT, now=NOW)
    settings.SECRET_KEY = "another" * 10
    assert read_token(token, now=NOW) == KEPT
    settings.TRACKING_SHARED_KEY = "t" * 40
    assert read_token(token, now=NOW) is None


def test_with_a_shared_key_the_secret_key_signs_no_token(settings: Any) -> None:
    token = make_token(KEPT, now=NOW)
    settings.TRACKING_SHARED_KEY = "s" * 40
    assert read_token(token, now=NOW) is None


# Where it is added ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "leads"),
    [
        ("https://brand.example/", True),
        ("http://shop.brand.example:8443/x?y=1#z", True),
        ("//brand.example/x", True),
        ("HTTPS://BRAND.EXAMPLE/", True),
        ("https://www.brand.test/x", False),
        ("https://other.brand.test/x", False),
        ("/x", False),
        ("", False),
        ("https://elsewhere.test/", False),
        ("https://notbrand.example/", False),
        ("https://brand.example.elsewhere.test/", False),
        ("https://brand.example@elsewhere.test/", False),
        ("https://elsewhere.test@brand.example/", False),
        ("https://elsewhere.test\\@brand.example/", False),
        ("https:\\\\brand.example/", False),
        ("javascript://brand.example/%0aalert(1)", False),
        ("data://brand.example/", False),
        ("https://[", False),
        ("https://brand.example:x/", True),
    ],
)
def test_only_addresses_of_another_domain_of_the_merchants_get_a_token(url: str, leads: bool) -> None:
    assert leads_to_sibling(url, host="www.brand.test:8000") is leads


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://b.example", "https://b.example?click_token=T"),
        ("https://b.example/x?y=1#z", "https://b.example/x?y=1&click_token=T#z"),
        ("https://b.example/x?click_token=old&y=%20", "https://b.example/x?y=%20&click_token=T"),
    ],
)
def test_the_token_goes_into_the_query_once(url: str, expected: str) -> None:
    assert add_token(url, "T") == expected


@pytest.mark.parametrize(
    ("query", "clean"),
    [
        ("click_token=T", ""),
        ("a=1&click_token=T&b=%20&b=+", "a=1&b=%20&b=+"),
        ("click%5Ftoken=T&a", "a"),
        ("click_token&click_token=&x=click_token", "x=click_token"),
        ("my_click_token=T", "my_click_token=T"),
    ],
)
def test_the_rest_of_the_query_stays_as_it_was_written(query: str, clean: str) -> None:
    assert strip_token(query) == clean


# From one site to the other ---------------------------------------------------------------------------------


def land(client: Client, query: str = "affiliate_id=77&offer_id=12345") -> None:
    client.get(f"/plain/?{query}", headers=HERE)


def linked(client: Client, to: str = "https://brand.example/plain/?a=1") -> str:
    page = client.get("/links/", {"to": to}, headers=HERE).content.decode()
    found = re.search(r'<a href="([^"]*)">', page)
    assert found
    return unescape(found[1])


def token_of(client: Client) -> str:
    response = client.post("/tracking/token", headers={**HERE, "Origin": "http://www.brand.test"})
    assert response.status_code == 200
    return response.content.decode()


def arrive(client: Client, url: str, **headers: str) -> HttpResponse:
    parts = urlsplit(url)
    response: HttpResponse = client.get(f"{parts.path}?{parts.query}", headers={**THERE, **headers})
    return response


def seen(client: Client) -> str:
    return client.get("/shown/", headers=THERE).content.decode()


@pytest.fixture
def token(client: Client, db: None) -> str:
    """Of a click that was made here two days ago."""
    with time_machine.travel(timezone.now() - timedelta(days=2), tick=False):
        land(client)
    return token_of(client)


@pytest.fixture
def there() -> Client:
    """The same shopper on the other site: a browser brings it no cookie of the first."""
    return Client()


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


# What a hostile visitor may try -----------------------------------------------------------------------------


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
FOREIGN = [
    {},
    {"Origin": "null"},
    {"Origin": "http://elsewhere.test"},
    {"Origin": "http://brand.example"},
    {"Origin": "http://www.brand.test.elsewhere.test"},
    {"Origin": "http://["},
    {"Origin": "http://www.brand.test", "Sec-Fetch-Site": "cross-site"},
    {"Origin": "http://www.brand.test", "Sec-Fetch-Site": "same-site"},
]


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


def test_a_token_needs_no_escaping_in_an_address() -> None:
    token = make_token(KEPT, now=NOW)
    assert quote(token, safe="") == token
    assert parse_qs(urlsplit(add_token("https://b.example", token)).query) == {PARAM: [token]}
