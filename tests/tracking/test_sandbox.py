"""The local Aspire: its rules by tables of cases, the rest over real sockets."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests
from django.core.management import CommandError, call_command

from tracking.sandbox import Fault, Offer, Sandbox
from tracking.sandbox.faults import plan_fault
from tracking.sandbox.ledger import Click, Ledger, PostbackRequest
from tracking.sandbox.links import UnavailableLinkError, follow
from tracking.sandbox.offers import DEFAULT_CREATORS, Catalogue, fill_macros
from tracking.sandbox.pages import mask_token
from tracking.sandbox.protocol import judge, read_amount

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ROOT = Path(__file__).parents[2]
EVIL = """<script>alert(1)</script>"'><img src=x onerror=alert(2)>"""
TIMEOUT = 5  # seconds

CATALOGUE = Catalogue(
    offers=(
        Offer(),
        Offer(offer_id="2", is_paused=True),
        Offer(offer_id="3", aff_ids=("204817",)),
        Offer(offer_id="4", security_token="a" * 32),
    ),
    creators=DEFAULT_CREATORS,
)


def sale(**params: str) -> dict[str, str]:
    return {"offer_id": "12345", "aff_id": "123456", "amount": "49.99", "adv_unique1": "1001", **params}


def send(to: Sandbox, path: str = "/aff_lsr", **params: str) -> requests.Response:
    return requests.get(to.url + path, params=sale(**params), timeout=TIMEOUT, allow_redirects=False)


@contextmanager
def sending(to: Sandbox, **params: str) -> Iterator[list[requests.Response | requests.RequestException]]:
    """Send a postback from another thread; what came of it is in the list after the block."""
    outcome: list[requests.Response | requests.RequestException] = []

    def run() -> None:
        try:
            outcome.append(send(to, **params))
        except requests.RequestException as error:
            outcome.append(error)

    with ThreadPoolExecutor(1) as pool:
        pool.submit(run)
        yield outcome


# The protocol -----------------------------------------------------------------------------------------------


def ledger_with_click() -> Ledger:
    ledger = Ledger()
    ledger.add_click(Click(clicked_at=NOW, offer_id="12345", aff_id="204817", transaction_id="102abc", landing_url="/"))
    return ledger


@pytest.mark.parametrize(
    ("params", "reply"),
    [
        (sale(), "success=true;"),
        (sale(amount="nonsense"), "success=true;"),
        (sale(offer_id="3", aff_id="204817"), "success=true;"),
        ({"transaction_id": "102abc", "amount": "5"}, "success=true;"),
        (sale(transaction_id="102abc", aff_id="nobody"), "success=true;"),
        (sale(offer_id=""), "success=false; err_msg=Missing required parameter: offer_id;"),
        (sale(offer_id="9"), "success=false; err_msg=Invalid offer #9;"),
        (sale(offer_id="2"), "success=false; err_msg=Offer #2 is not active;"),
        (sale(aff_id=""), "success=false; err_msg=Missing required parameter: aff_id;"),
        (sale(aff_id="9"), "success=false; err_msg=Invalid affiliate #9;"),
        (sale(offer_id="3"), "success=false; err_msg=Affiliate #123456 is not approved for offer #3;"),
        ({"transaction_id": "bad"}, "success=false; err_msg=Invalid Trans. ID #bad;"),
        (
            {"transaction_id": "102abc", "offer_id": "3"},
            "success=false; err_msg=Request offer #3 does not match session offer #12345.;",
        ),
    ],
)
def test_a_postback_is_answered_as_aspire_does(params: dict[str, str], reply: str) -> None:
    decision = judge(params, catalogue=CATALOGUE, ledger=ledger_with_click(), deduplicates=False, now=NOW)
    assert decision.reply == reply
    assert (decision.conversion is not None) == (reply == "success=true;")


@pytest.mark.parametrize(
    ("sent", "amount"),
    [
        ("49.99", "49.99"),
        ("49.9", "49.90"),
        ("0", "0.00"),
        ("007", "7.00"),
        ("", None),
        ("1,234.50", None),
        ("49,99", None),
        ("49.999", None),
        ("$5", None),
        ("-5", None),
        ("1e3", None),
        ("NaN", None),
        (" 5", None),
        ("5\n", None),
        ("\u0665", None),
        ("9" * 13, None),
    ],
)
def test_only_a_plain_decimal_is_an_amount(sent: str, amount: str | None) -> None:
    assert read_amount(sent) == (amount and Decimal(amount))


@pytest.mark.parametrize(
    ("given", "rejection"),
    [("a" * 32, ""), ("b" * 32, "wrong security_token"), ("", "security_token is missing")],
)
def test_a_wrong_token_is_a_success_that_is_stored_as_rejected(given: str, rejection: str) -> None:
    decision = judge(
        sale(offer_id="4", security_token=given),
        catalogue=CATALOGUE,
        ledger=Ledger(),
        deduplicates=False,
        now=NOW,
    )
    assert decision.reply == "success=true;"
    assert decision.conversion
    assert decision.conversion.rejection == rejection


@pytest.mark.parametrize(
    ("first", "second", "is_refused"),
    [
        ({}, {}, True),
        ({}, {"adv_unique1": "1002"}, False),
        ({"adv_unique1": ""}, {"adv_unique1": ""}, False),
        ({"conversion_unique_id": "shop-1"}, {"conversion_unique_id": "shop-2"}, False),
        ({"conversion_unique_id": "shop-1"}, {"conversion_unique_id": "shop-1", "adv_unique1": "2"}, True),
    ],
)
def test_a_deduplicating_aspire_refuses_a_known_unique_id(
    first: dict[str, str], second: dict[str, str], *, is_refused: bool
) -> None:
    ledger, replies = Ledger(), []
    for params in (first, second):
        decision = judge(sale(**params), catalogue=CATALOGUE, ledger=ledger, deduplicates=True, now=NOW)
        replies.append(decision.reply)
        ledger.add_request(
            PostbackRequest(received_at=NOW, path="/", query="", answer="", conversion=decision.conversion)
        )
    assert replies[0] == "success=true;"
    assert (replies[1] == "success=false; err_msg=Duplicate conversion;") == is_refused


# Links ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("template", "filled"),
    [
        ("http://shop/?a={affiliate_id}", "http://shop/?a=1%262%3D3%20%C3%A9"),
        ("http://shop/?a={affiliate_id}&b={unknown}", "http://shop/?a=1%262%3D3%20%C3%A9&b={unknown}"),
        ("http://shop/\r\nSet-Cookie: x=1", "http://shop/%0D%0ASet-Cookie:%20x=1"),
    ],
)
def test_macros_are_filled_with_encoded_values(template: str, filled: str) -> None:
    assert fill_macros(template, {"affiliate_id": "1&2=3 é"}) == filled


@pytest.mark.parametrize(
    ("deep_link", "is_followed"),
    [
        ("http://127.0.0.1:8000/products/7/?affiliate_id={affiliate_id}", True),
        ("HTTP://127.0.0.1:8000/", True),
        ("https://second.shop.test/", True),
        ("http://127.0.0.1:8001/", False),
        ("http://evil.test/", False),
        ("http://127.0.0.1:8000@evil.test/", False),
        ("http://evil.test\\@127.0.0.1:8000/", False),
        ("http://127.0.0.1:8000.evil.test/", False),
        ("//127.0.0.1:8000/", False),
        ("javascript:alert(1)//127.0.0.1:8000", False),
        ("http://[", False),
        ("", False),
    ],
)
def test_a_deep_link_leads_to_the_shop_alone(deep_link: str, *, is_followed: bool) -> None:
    offer = Offer(other_hosts=("second.shop.test",))
    click = follow(
        {"offer_id": "12345", "aff_id": "123456", "url": deep_link},
        catalogue=Catalogue(offers=(offer,), creators=DEFAULT_CREATORS),
        transaction_id="102",
        now=NOW,
    )
    expected = deep_link.replace("{affiliate_id}", "123456")
    assert click.landing_url == (expected if is_followed else "http://127.0.0.1:8000/?affiliate_id=123456")


@pytest.mark.parametrize(
    ("params", "reason"),
    [
        ({}, "The link names no offer."),
        ({"offer_id": "9"}, "There is no offer '9' here."),
        ({"offer_id": "2", "aff_id": "123456"}, "Offer 2 is paused."),
        ({"offer_id": "12345"}, "The link names no creator."),
        ({"offer_id": "12345", "aff_id": "9"}, "There is no creator '9' here."),
        ({"offer_id": "3", "aff_id": "123456"}, "Mara Lindqvist does not run offer 3."),
    ],
)
def test_a_link_that_leads_nowhere_says_why(params: dict[str, str], reason: str) -> None:
    with pytest.raises(UnavailableLinkError, match=re.escape(reason)):
        follow(params, catalogue=CATALOGUE, transaction_id="102", now=NOW)


def test_a_creator_link_leads_to_the_offer_url_with_all_macros_filled() -> None:
    names = ("affiliate_id", "transaction_id", "offer_id", "aff_sub", "aff_sub5", "source", "country_code")
    offer_url = "http://shop.test/?" + "&".join(f"{name}={{{name}}}" for name in names)
    with Sandbox(offer_url=offer_url) as aspire:
        link = aspire.creator_link(aff_sub="a&b", aff_sub5="5", source="été")
        reply = requests.get(link, timeout=TIMEOUT, allow_redirects=False)
        click = aspire.clicks[0]
    landing = urlsplit(reply.headers["Location"])
    assert reply.status_code == 302
    assert re.fullmatch("[0-9a-zA-Z]{30}", click.transaction_id)
    assert {name: values[0] for name, values in parse_qs(landing.query).items()} == {
        "affiliate_id": "123456",
        "transaction_id": click.transaction_id,
        "offer_id": "12345",
        "aff_sub": "a&b",
        "aff_sub5": "5",
        "source": "été",
        "country_code": "US",
    }


def test_a_short_link_leads_to_the_offer_url(sandbox: Sandbox) -> None:
    reply = requests.get(sandbox.short_link("204817"), timeout=TIMEOUT, allow_redirects=False)
    assert reply.headers["Location"] == "http://127.0.0.1:8000/?affiliate_id=204817"


def test_the_test_link_sends_affiliate_1(sandbox: Sandbox) -> None:
    reply = requests.get(sandbox.test_link, timeout=TIMEOUT, allow_redirects=False)
    assert reply.headers["Location"] == "http://127.0.0.1:8000/?affiliate_id=1"
    assert sandbox.clicks[0].source == "testoffer"


@pytest.mark.parametrize("path", ["/aff_c?offer_id=12345&aff_id=" + EVIL, "/aff_c", "/nothing", "//[", "/" + EVIL])
def test_an_unknown_address_gets_a_page_with_nothing_unescaped(sandbox: Sandbox, path: str) -> None:
    reply = requests.get(sandbox.url + path, timeout=TIMEOUT)
    assert reply.status_code == 404
    assert "<script" not in reply.text
    assert "<img" not in reply.text
    assert sandbox.clicks == ()


# Postbacks over the wire ------------------------------------------------------------------------------------


def test_a_postback_is_counted_and_logged_as_received(sandbox: Sandbox) -> None:
    reply = send(sandbox, adv_unique1="A&B 1")
    assert (reply.status_code, reply.text) == (200, "success=true;")
    sold, request = sandbox.conversions[0], sandbox.requests[0]
    assert (sold.aff_id, sold.order_id, sold.amount) == ("123456", "A&B 1", Decimal("49.99"))
    assert request.query == urlencode(sale(adv_unique1="A&B 1"))
    assert request.params["adv_unique1"] == "A&B 1"
    assert request.answer == "HTTP 200 success=true;"
    assert request.counted


def test_the_pasted_url_works_with_its_placeholders_filled(sandbox: Sandbox) -> None:
    for url in (sandbox.postback_url, sandbox.hash_postback_url):
        filled = url.replace("AFFILIATE_ID", "123456").replace("AMOUNT", "5").replace("ORDER_ID", "1")
        assert requests.get(filled, timeout=TIMEOUT).text == "success=true;"
    assert sandbox.doubles == {"1": 2}


def test_a_hash_path_stands_for_its_offer() -> None:
    with Sandbox(more_offers=[Offer(offer_id="777")]) as aspire:
        for path in ("/SL2", "/SL4"):
            requests.get(f"{aspire.url}{path}?aff_id=123456&amount=1", timeout=TIMEOUT)
        assert [sold.offer_id for sold in aspire.conversions] == ["12345", "777"]


def test_a_repeated_partner_id_postback_counts_again(sandbox: Sandbox) -> None:
    for _ in range(3):
        assert send(sandbox).text == "success=true;"
    assert len(sandbox.conversions) == 3
    assert sandbox.doubles == {"1001": 3}


def test_a_repeat_is_refused_once_aspire_deduplicates(sandbox: Sandbox) -> None:
    sandbox.deduplicates = True
    assert [send(sandbox).text for _ in range(2)] == [
        "success=true;",
        "success=false; err_msg=Duplicate conversion;",
    ]
    assert sandbox.doubles == {}


def test_a_transaction_id_brings_one_conversion_also_without_an_offer_id(sandbox: Sandbox) -> None:
    requests.get(sandbox.creator_link("377120"), timeout=TIMEOUT, allow_redirects=False)
    transaction_id = sandbox.clicks[0].transaction_id
    url = sandbox.global_postback_url.replace("TRANSACTION_ID", transaction_id)
    assert "offer_id" not in url
    assert requests.get(url, timeout=TIMEOUT).text == "success=true;"
    assert requests.get(url, timeout=TIMEOUT).text == (
        f"success=false; err_msg=Duplicate recorded with Trans. ID {transaction_id};"
    )
    assert [sold.aff_id for sold in sandbox.conversions] == ["377120"]


def test_a_malformed_amount_is_recorded_as_nothing(sandbox: Sandbox) -> None:
    send(sandbox, amount="1,234.50")
    sold = sandbox.conversions[0]
    assert (sold.amount, sold.amount_sent, sold.lost_amount) == (Decimal("0.00"), "1,234.50", True)


def test_no_count_is_lost_among_eight_threads(sandbox: Sandbox) -> None:
    def run(worker: int) -> None:
        with requests.Session() as session:
            for number in range(50):
                params = sale(adv_unique1=f"{worker}-{number}")
                session.get(f"{sandbox.url}/aff_lsr", params=params, timeout=TIMEOUT)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(run, range(8)))
    assert len(sandbox.requests) == 400
    assert len({sold.order_id for sold in sandbox.conversions}) == 400


def test_a_connection_is_kept_alive(sandbox: Sandbox) -> None:
    connection = HTTPConnection("127.0.0.1", sandbox.port, timeout=TIMEOUT)
    sockets = set()
    for _ in range(3):
        connection.request("GET", "/aff_lsr")
        sockets.add(connection.sock)
        connection.getresponse().read()
    connection.close()
    assert len(sockets) == 1


def test_a_post_to_the_postback_address_counts_nothing(sandbox: Sandbox) -> None:
    assert requests.post(sandbox.postback_url, data={"a": "b"}, timeout=TIMEOUT).status_code == 405
    assert requests.head(sandbox.postback_url, timeout=TIMEOUT).status_code == 404
    assert sandbox.requests == ()


# Faults -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "status", "body"),
    [
        (Fault.REFUSE, 200, "success=false; err_msg=Affiliate is not approved for this offer;"),
        (Fault.SERVER_ERROR, 500, "<h1>500 Internal Server Error</h1>"),
        (Fault.BAD_GATEWAY, 502, "<h1>502 Bad Gateway</h1>"),
        (Fault.UNAVAILABLE, 503, "<h1>503 Service Unavailable</h1>"),
        (Fault.TOO_MANY, 429, "<h1>429 Too Many Requests</h1>"),
        (Fault.GARBAGE, 200, "<!doctype html><title>Welcome</title><h1>It works!</h1>"),
        (Fault.EMPTY, 200, ""),
        (Fault.REDIRECT, 302, ""),
    ],
)
def test_a_fault_answers_in_its_own_way(sandbox: Sandbox, fault: Fault, status: int, body: str) -> None:
    sandbox.fault = fault
    reply = send(sandbox)
    assert (reply.status_code, reply.text) == (status, body)
    assert sandbox.requests[0].fault is fault
    assert sandbox.requests[0].counted == fault.counts


def test_retry_after_says_the_seconds_given(sandbox: Sandbox) -> None:
    sandbox.switch_fault(Fault.UNAVAILABLE, seconds=7)
    assert send(sandbox).headers["Retry-After"] == "7"


def test_a_redirect_that_is_followed_shows_in_the_log(sandbox: Sandbox) -> None:
    sandbox.fault = Fault.REDIRECT
    requests.get(sandbox.postback_url, timeout=TIMEOUT)
    assert [request.path for request in sandbox.requests] == ["/aff_lsr", "/elsewhere"]
    assert sandbox.conversions == ()


def test_a_dropped_connection_ends_without_a_word(sandbox: Sandbox) -> None:
    sandbox.fault = Fault.DROP
    with pytest.raises(requests.ConnectionError):
        send(sandbox)
    assert len(sandbox.conversions) == 1


def test_a_cut_reply_breaks_off_inside_the_verdict(sandbox: Sandbox) -> None:
    sandbox.fault = Fault.CUT
    with requests.get(f"{sandbox.url}/aff_lsr", params=sale(), timeout=TIMEOUT, stream=True) as reply:
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            _ = reply.content
        assert reply.headers["Content-Length"] == "13"
    assert len(sandbox.conversions) == 1


def test_a_dripping_reply_goes_on_until_it_is_let_go(sandbox: Sandbox) -> None:
    sandbox.fault = Fault.DRIP
    with requests.get(f"{sandbox.url}/aff_lsr", params=sale(), timeout=TIMEOUT, stream=True) as reply:
        assert reply.raw.read(2) == b"  "
        sandbox.fault = None
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            _ = reply.content


@pytest.mark.parametrize("counts", [True, False])
def test_a_stalled_postback_waits_until_it_is_switched_off(sandbox: Sandbox, *, counts: bool) -> None:
    sandbox.switch_fault(Fault.STALL, counts=counts)
    with sending(sandbox) as outcome:
        sandbox.wait_for(held=1)
        assert len(sandbox.conversions) == counts
        sandbox.fault = None
    assert isinstance(outcome[0], requests.ConnectionError)
    assert sandbox.held == 0


def test_a_stalled_postback_waits_no_longer_than_its_seconds(sandbox: Sandbox) -> None:
    sandbox.switch_fault(Fault.STALL, seconds=0.01)
    with pytest.raises(requests.ConnectionError):
        send(sandbox)


def test_a_client_that_gives_up_is_not_waited_for(sandbox: Sandbox) -> None:
    sandbox.fault = Fault.STALL
    with pytest.raises(requests.ReadTimeout):
        requests.get(sandbox.postback_url, timeout=0.05)
    sandbox.wait_until(lambda: sandbox.held == 0)
    assert len(sandbox.requests) == 1


def test_a_slow_answer_is_the_right_one(sandbox: Sandbox) -> None:
    sandbox.switch_fault(Fault.SLOW, counts=False)
    with sending(sandbox) as outcome:
        sandbox.wait_for(held=1)
        sandbox.fault = None
    assert isinstance(outcome[0], requests.Response)
    assert outcome[0].text == "success=true;"
    assert len(sandbox.conversions) == 1


def test_a_fault_ends_after_the_number_of_postbacks_given(sandbox: Sandbox) -> None:
    sandbox.switch_fault(Fault.SERVER_ERROR, times=2, counts=False)
    assert [send(sandbox).status_code for _ in range(3)] == [500, 500, 200]
    assert sandbox.fault is None
    assert len(sandbox.conversions) == 1


def test_what_waits_goes_on_waiting_when_a_fault_runs_out(sandbox: Sandbox) -> None:
    sandbox.switch_fault(Fault.STALL, times=1)
    with sending(sandbox, adv_unique1="1"):
        sandbox.wait_for(held=1)
        assert send(sandbox, adv_unique1="2").text == "success=true;"
        assert sandbox.held == 1
        sandbox.fault = None


def test_stopping_lets_go_of_what_is_held_and_keeps_the_books() -> None:
    aspire = Sandbox().start()
    aspire.fault = Fault.STALL
    with sending(aspire) as outcome:
        aspire.wait_for(held=1)
        aspire.stop()
    assert isinstance(outcome[0], requests.ConnectionError)
    assert len(aspire.conversions) == 1
    with Sandbox(port=aspire.port) as again:
        assert again.url == aspire.url


def test_links_and_the_page_work_whatever_the_fault(sandbox: Sandbox) -> None:
    sandbox.fault = Fault.DROP
    assert requests.get(sandbox.url, timeout=TIMEOUT).status_code == 200
    assert requests.get(sandbox.short_link(), timeout=TIMEOUT, allow_redirects=False).status_code == 302


@pytest.mark.parametrize("figures", [{"times": 0}, {"seconds": -1}, {"seconds": 1000}, {"seconds": float("nan")}])
def test_a_figure_that_makes_no_sense_is_refused(figures: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"give 0 to 120|give 1 or more"):
        plan_fault(Fault.SLOW, **figures)


# The page ---------------------------------------------------------------------------------------------------


def page(of: Sandbox) -> str:
    return requests.get(of.url, timeout=TIMEOUT).text


def press(on: Sandbox, path: str, *, origin: str = "", **form: str) -> int:
    headers = {"Origin": origin or on.url}
    return requests.post(on.url + path, data=form, headers=headers, timeout=TIMEOUT, allow_redirects=False).status_code


def test_the_page_offers_links_and_the_postback_url(sandbox: Sandbox) -> None:
    html = page(sandbox)
    assert 'href="/SH1QbP"' in html
    assert "aff_id=1&amp;source=testoffer" in html
    assert sandbox.postback_url.replace("&", "&amp;") in html.replace("<wbr>", "")


def test_the_deep_link_on_the_page_leads_into_the_shop(sandbox: Sandbox) -> None:
    deep_link = re.search(r'href="(/aff_c[^"]*url=[^"]*)"', page(sandbox))
    assert deep_link
    url = sandbox.url + deep_link[1].replace("&amp;", "&")
    reply = requests.get(url, timeout=TIMEOUT, allow_redirects=False)
    assert reply.headers["Location"] == "http://127.0.0.1:8000/shop/?affiliate_id=123456"


def test_the_page_flags_an_order_that_counts_twice(sandbox: Sandbox) -> None:
    send(sandbox)
    assert "counts 2" not in page(sandbox)
    send(sandbox)
    assert "Order 1001 counts 2 times." in page(sandbox)
    assert "99.98 USD" in page(sandbox)


def test_the_page_escapes_whatever_was_sent(sandbox: Sandbox) -> None:
    sandbox.switch_fault(Fault.REFUSE, counts=True, message=EVIL)
    for params in ({"adv_unique1": EVIL, "amount": EVIL}, {"aff_id": EVIL}, {"offer_id": EVIL, EVIL: EVIL}):
        send(sandbox, **params)
    send(sandbox, adv_unique1=EVIL)
    requests.get(f"{sandbox.url}/aff_lsr?adv_unique1={EVIL}&aff_id=\xff\x00", timeout=TIMEOUT)
    requests.get(sandbox.creator_link(source=EVIL, aff_sub=EVIL), timeout=TIMEOUT, allow_redirects=False)
    html = page(sandbox)
    assert "&lt;script&gt;alert(1)" in html
    assert "<script>alert" not in html
    assert "<img" not in html


def test_nothing_on_the_page_runs_or_leaves_but_its_own_script(sandbox: Sandbox) -> None:
    policy = requests.get(sandbox.url, timeout=TIMEOUT).headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy


@pytest.mark.parametrize("path", ["/sandbox.css", "/sandbox.js", "/live"])
def test_what_the_page_needs_is_served(sandbox: Sandbox, path: str) -> None:
    assert requests.get(sandbox.url + path, timeout=TIMEOUT).status_code == 200


def test_the_page_and_the_json_show_no_security_token() -> None:
    token = "0123456789abcdef" * 2
    with Sandbox(security_token=token) as aspire:
        send(aspire, security_token=token)
        assert aspire.requests[0].params["security_token"] == token
        assert token not in page(aspire)
        assert token not in requests.get(f"{aspire.url}/conversions.json", timeout=TIMEOUT).text
    assert mask_token("a=1&SECURITY_TOKEN=abc&b=2") == "a=1&SECURITY_TOKEN=•••&b=2"


def test_a_fault_is_switched_on_and_off_from_the_page(sandbox: Sandbox) -> None:
    form = {"fault": "503", "times": "2", "seconds": "9", "counts": "yes", "message": ""}
    assert press(sandbox, "/fault", **form) == 303
    assert sandbox.plan == plan_fault(Fault.UNAVAILABLE, times=2, seconds=9, counts=True)
    assert "is on for the next 2 postbacks" in " ".join(page(sandbox).split())
    assert press(sandbox, "/fault", fault="") == 303
    assert sandbox.fault is None


@pytest.mark.parametrize(
    "form", [{"fault": "flood"}, {"fault": "slow", "times": "many"}, {"fault": "slow", "seconds": "-1"}]
)
def test_a_wrong_form_is_told_and_switches_nothing(sandbox: Sandbox, form: dict[str, str]) -> None:
    assert press(sandbox, "/fault", **form) == 400
    assert sandbox.fault is None


def test_repeats_are_refused_and_books_cleared_from_the_page(sandbox: Sandbox) -> None:
    send(sandbox)
    press(sandbox, "/deduplicates", deduplicates="yes")
    assert sandbox.deduplicates
    press(sandbox, "/clear")
    assert (sandbox.requests, sandbox.conversions) == ((), ())
    press(sandbox, "/deduplicates", deduplicates="no")
    assert not sandbox.deduplicates


def test_a_form_of_another_site_is_refused(sandbox: Sandbox) -> None:
    assert press(sandbox, "/fault", origin="http://evil.test", fault="stall") == 403
    assert press(sandbox, "/fault", origin="null", fault="stall") == 403
    assert sandbox.fault is None


def test_an_oversized_form_is_refused(sandbox: Sandbox) -> None:
    assert press(sandbox, "/fault", fault="x" * 100_000) == 413


def test_the_json_view_lists_clicks_and_conversions(sandbox: Sandbox) -> None:
    requests.get(sandbox.short_link(), timeout=TIMEOUT, allow_redirects=False)
    send(sandbox)
    send(sandbox)
    books = json.loads(requests.get(f"{sandbox.url}/conversions.json", timeout=TIMEOUT).text)
    assert [sold["order_id"] for sold in books["conversions"]] == ["1001", "1001"]
    assert books["conversions"][0]["amount"] == "49.99"
    assert books["clicks"][0]["aff_id"] == "123456"
    assert books["doubles"] == {"1001": 2}


def test_waiting_for_what_does_not_come_says_what_is_there(sandbox: Sandbox) -> None:
    with pytest.raises(TimeoutError, match="0 conversions"):
        sandbox.wait_for(conversions=1, timeout=0.01)


# The command ------------------------------------------------------------------------------------------------


@contextmanager
def command(*options: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "django", "run_sandbox", *options],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        with process:
            yield process
    finally:
        process.kill()


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_the_command_serves_until_it_is_told_to_end(ending: signal.Signals) -> None:
    with command("--port", "0") as process:
        assert process.stdout
        lines = [process.stdout.readline() for _ in range(4)]
        url = lines[1].split()[-1]
        assert requests.get(url, timeout=TIMEOUT).status_code == 200
        process.send_signal(ending)
        _, errors = process.communicate(timeout=TIMEOUT)
    assert (process.returncode, errors) == (0, "")


def test_a_taken_port_is_told_with_what_to_do(sandbox: Sandbox) -> None:
    with command("--port", str(sandbox.port)) as process:
        _, errors = process.communicate(timeout=TIMEOUT * 4)
    assert process.returncode == 1
    assert f"Port {sandbox.port} on 127.0.0.1 is taken" in errors
    assert "--port" in errors


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--port", "99999"], "--port 99999"),
        (["--offer-url", "shop"], "give a whole address"),
        (["--offer-url", "http://shop.test/"], "carries neither"),
        (["--offer-url", "http://[/?{affiliate_id}"], "--offer-url"),
    ],
)
def test_wrong_usage_exits_2(options: list[str], reason: str) -> None:
    with pytest.raises(CommandError, match=re.escape(reason)) as wrong:
        call_command("run_sandbox", *options)
    assert wrong.value.returncode == 2
