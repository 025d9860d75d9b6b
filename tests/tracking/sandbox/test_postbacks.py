"""Postbacks to it over real sockets."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from http.client import HTTPConnection
from urllib.parse import urlencode

import requests

from tests.tracking.sandbox.steps import TIMEOUT, sale, send
from tracking.sandbox import Offer, Sandbox


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
