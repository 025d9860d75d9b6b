"""Its page and its JSON view."""

import json
import re

import pytest
import requests

from tests.tracking.sandbox.steps import EVIL, TIMEOUT, page, press, send
from tracking.sandbox import Fault, Sandbox
from tracking.sandbox.faults import plan_fault
from tracking.sandbox.pages import mask_token


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
