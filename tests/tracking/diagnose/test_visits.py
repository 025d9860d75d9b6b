"""How `diagnose_tracking` judges what several new shoppers were given on a landing page."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count
from typing import Any
from urllib.parse import urlsplit

import pytest

from tracking.capture.clicks import Click, KeptClick
from tracking.postbacks.verdicts import NoReply
from tracking.postbacks.visits import Page
from tracking.reports.diagnose import copies, keeping
from tracking.reports.diagnose.keeping import Expected
from tracking.reports.diagnose.results import Level, Result
from tracking.reports.diagnose.shopper import parameters
from tracking.reports.diagnose.visits import Names, Visits, gather

NOW = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
URL = "https://shop.example/?affiliate_id=1"
NAMES = Names("affiliate_id", "offer_id", "transaction_id", "aspire_click", "sessionid")
EXPECTED = Expected(
    names=NAMES,
    window_days=28,
    cookie_domain="",
    asks_consent=False,
    has_middleware=True,
    is_signed=lambda value: value.endswith(":good"),
    session_has_click=lambda _key: True,
)
TAG = '<script src="/static/tracking/capture.0a1b2c.js" data-url="/tracking/capture" defer></script>'


@dataclass
class Shop:
    """A shop that captures clicks; each field is a way to spoil it."""

    body: str = ""
    captures: bool = True
    flags: str = "Secure; HttpOnly; SameSite=Lax; Path=/; Max-Age=2419200"
    headers: dict[str, str] = field(default_factory=dict)
    has_sessions: bool = True
    key: Callable[[int], str] = lambda _number: "good"
    static_status: int = 200
    endpoint_status: int = 204
    endpoint_captures: bool = True
    forgets: str = ""
    """A `Set-Cookie` line of pages that are opened without an id."""
    numbers: Any = field(default_factory=count)

    def visit(self, url: str, *, cookies: str = "") -> Page | NoReply:
        if urlsplit(url).path.startswith("/static/"):
            return Page(url, self.static_status, (), "")
        asked = parameters(url).get("affiliate_id", "")
        is_landing = self.captures and bool(asked)
        lines = self._cookies(asked) if is_landing else [self.forgets] if self.forgets and cookies else []
        caching = {"Cache-Control": "private, no-store"} if is_landing else {}
        headers = [*{**caching, **self.headers}.items(), *(("Set-Cookie", line) for line in lines)]
        return Page(url, 200, tuple(headers), self.body)

    def call(self, url: str, *, origin: str, cookies: str = "") -> Page | NoReply:
        assert origin == "https://shop.example"
        lines = self._cookies(parameters(url)["affiliate_id"]) if self.endpoint_captures else []
        return Page(url, self.endpoint_status, tuple(("Set-Cookie", line) for line in lines), "")

    def _cookies(self, asked: str) -> list[str]:
        number = next(self.numbers)
        at = datetime.fromtimestamp(NOW.timestamp() + number, UTC)
        text = KeptClick(Click(affiliate_id=asked, clicked_at=at), at).to_text()
        session = [f"sessionid=session-{number}; Path=/"] if self.has_sessions else []
        return [f"aspire_click={text}:{self.key(number)}; {self.flags}", *session]


def visits(shop: Any) -> Visits:
    return gather(URL, names=NAMES, visitor=shop, cookies="", pause=lambda _seconds: None)


def judged(shop: Any, expected: Expected = EXPECTED) -> dict[str, Result]:
    """The worst result of each check."""
    seen = visits(shop)
    results = [*keeping.judge(seen, expected, NOW), *copies.judge(seen, NAMES)]
    by_badness = sorted(results, key=lambda result: list(Level).index(result.level))
    return {result.check: result for result in by_badness}


def faults(shop: Any, expected: Expected = EXPECTED) -> set[str]:
    return {check for check, result in judged(shop, expected).items() if result.level is Level.FAULT}


def test_a_shop_in_order_has_no_fault_and_no_warning() -> None:
    assert {result.level for result in judged(Shop()).values()} == {Level.OK}


def test_each_shopper_comes_with_an_id_of_his_own_and_the_first_one_twice() -> None:
    asked = [given.asked for given in visits(Shop()).all]
    assert (asked[0], asked[-1]) == ("1", "1")
    assert len(set(asked)) == len(asked) - 1
    assert all(one.isdecimal() for one in asked)


def test_a_shop_that_does_not_capture_is_told_where_to_look() -> None:
    found = judged(Shop(captures=False))["Click"]
    assert found.level is Level.FAULT
    assert "past every proxy" in found.remedy


def test_a_shop_without_the_middleware_is_told_to_add_it() -> None:
    found = judged(Shop(captures=False), replace(EXPECTED, has_middleware=False))["Click"]
    assert found.remedy.startswith("Add 'tracking.middleware.AffiliateMiddleware'")


def test_consent_that_was_not_given_is_no_fault() -> None:
    found = judged(Shop(captures=False), replace(EXPECTED, asks_consent=True))["Click"]
    assert found.level is Level.WARNING
    assert "--cookie" in found.remedy


def test_a_copy_that_says_so_is_a_cache_s() -> None:
    found = judged(Shop(captures=False, headers={"X-Cache": "HIT"}))["Click"]
    assert "a cache answered in the shop's place (X-Cache: HIT)" in found.evidence
    assert "proxy_cache_bypass $arg_affiliate_id" in found.remedy


@pytest.mark.parametrize(
    ("flags", "remedy"),
    [
        ("Domain=other.example", "TRACKING_COOKIE_DOMAIN"),
        ("SameSite=None", "proxy_cookie_flags"),
    ],
)
def test_a_cookie_that_browsers_throw_away_is_a_fault(flags: str, remedy: str) -> None:
    found = judged(Shop(flags=flags))["Click"]
    assert "every browser throws it away" in found.evidence
    assert remedy in found.remedy


def test_a_secure_cookie_over_http_is_told_to_redirect() -> None:
    shop = Shop()
    seen = gather(URL.replace("https", "http"), names=NAMES, visitor=shop, cookies="", pause=lambda _seconds: None)
    found = next(iter(keeping.judge(seen, EXPECTED, NOW)))
    assert "is not https" in found.evidence
    assert "Redirect http to https" in found.remedy


def test_a_key_that_no_process_shares_with_this_command_is_a_fault() -> None:
    assert "with another" in judged(Shop(key=lambda _number: "bad"))["SECRET_KEY"].evidence


def test_a_key_that_only_some_processes_have_is_told_with_how_many() -> None:
    found = judged(Shop(key=lambda number: "good" if number else "bad"))["SECRET_KEY"]
    assert "1 of 7 click cookies bears another signature" in found.evidence


def test_a_cookie_that_the_next_page_takes_back_is_a_fault() -> None:
    found = judged(Shop(forgets="aspire_click=; Max-Age=0; Path=/"))["Second page"]
    assert "takes the click cookie back" in found.evidence


@pytest.mark.parametrize("line", ["sessionid=another; Path=/", "sessionid=; Max-Age=0; Path=/"])
def test_a_session_that_the_next_page_does_not_know_is_a_fault(line: str) -> None:
    found = judged(Shop(forgets=line))["Second page"]
    assert found.level is Level.FAULT
    assert "did not survive" in found.evidence


def test_a_session_that_is_not_in_the_store_is_a_warning() -> None:
    found = judged(Shop(), replace(EXPECTED, session_has_click=lambda _key: False))["Second page"]
    assert found.level is Level.WARNING


def test_a_shop_without_sessions_needs_none() -> None:
    assert "the click needs none" in judged(Shop(has_sessions=False))["Second page"].evidence


@pytest.mark.parametrize("header", ["max-age=600", "public", "private, s-maxage=60", ""])
def test_a_landing_that_a_cache_may_keep_is_a_fault(header: str) -> None:
    assert "Cache headers" in faults(Shop(headers={"Cache-Control": header}))


def test_a_header_for_the_cdn_alone_counts_too() -> None:
    assert "Cache headers" in faults(Shop(headers={"CDN-Cache-Control": "max-age=600"}))


class Cached(Shop):
    """A cache in front, which keeps by `key` what the shop answers."""

    def __init__(self, key: Callable[[str], str], *, strips: bool = False, **values: Any) -> None:
        super().__init__(**values)
        self._key = key
        self._strips = strips
        self._kept: dict[str, Page] = {}

    def visit(self, url: str, *, cookies: str = "") -> Page | NoReply:
        found = super().visit(url, cookies=cookies)
        assert isinstance(found, Page)
        if self._strips:
            found = replace(found, headers=tuple(pair for pair in found.headers if pair[0] != "Set-Cookie"))
        return replace(self._kept.setdefault(self._key(url), found), url=url)


def by_path(url: str) -> str:
    return urlsplit(url).path


def test_a_cache_that_hands_one_creator_s_click_to_another_is_a_fault() -> None:
    found = judged(Cached(by_path))["Shared cookies"]
    assert "was given the click cookie of 1" in found.evidence


def test_a_cache_that_hands_one_session_to_two_shoppers_is_a_fault() -> None:
    assert "the same sessionid" in judged(Cached(str))["Shared cookies"].evidence


def test_a_cache_that_keeps_a_click_cookie_is_found_without_sessions_too() -> None:
    assert "to the letter" in judged(Cached(str, has_sessions=False))["Shared cookies"].evidence


def test_a_cache_that_strips_cookies_is_found() -> None:
    assert "takes Set-Cookie away" in judged(Cached(by_path, strips=True))["Click"].evidence


def test_a_cached_page_with_the_working_script_is_no_fault() -> None:
    results = judged(Cached(by_path, strips=True, body=TAG))
    assert results["Click"].level is Level.WARNING
    assert results["Capture script"].level is Level.OK
    assert "the capture script on the page keeps the click" in results["Click"].evidence


@pytest.mark.parametrize(
    ("values", "remedy"),
    [
        ({"static_status": 404}, "collectstatic"),
        ({"body": TAG.replace("data-url", "data-x")}, "{% capture_script %}"),
        ({"endpoint_status": 204, "endpoint_captures": False}, "takes Set-Cookie away"),
        ({"endpoint_status": 403, "endpoint_captures": False}, "proxy_set_header Host"),
        ({"endpoint_status": 404, "endpoint_captures": False}, "include('tracking.urls')"),
        ({"endpoint_status": 405, "endpoint_captures": False}, "pass POST on"),
        ({"endpoint_status": 500, "endpoint_captures": False}, "the shop's log"),
    ],
)
def test_a_script_that_cannot_work_is_a_fault(values: dict[str, Any], remedy: str) -> None:
    found = judged(Shop(**{"body": TAG, **values}))["Capture script"]
    assert found.level is Level.FAULT
    assert remedy in found.remedy


def test_an_endpoint_that_keeps_nothing_may_wait_for_consent() -> None:
    found = judged(Shop(body=TAG, endpoint_captures=False, endpoint_status=202))["Capture script"]
    assert found.level is Level.WARNING
    assert "--cookie" in found.remedy
