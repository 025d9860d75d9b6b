"""The token that carries a click: what it says, how long it holds, where it is added."""

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from django.core import signing
from hypothesis import given
from hypothesis import strategies as st

from tests.tracking.handoff.steps import KEPT, NOW, SECOND
from tracking.capture.clicks import KeptClick
from tracking.capture.handoff import LIFETIME, PARAM, add_token, leads_to_sibling, make_token, read_token, strip_token

pytestmark = [pytest.mark.urls("tests.tracking.pages")]


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


def test_a_token_needs_no_escaping_in_an_address() -> None:
    token = make_token(KEPT, now=NOW)
    assert quote(token, safe="") == token
    assert parse_qs(urlsplit(add_token("https://b.example", token)).query) == {PARAM: [token]}


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
