"""Each fault of the other side ends in one named verdict."""

import gzip
import time
import tracemalloc
from contextlib import ExitStack
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.tracking import fault_server
from tests.tracking.fault_server import FaultServer, Script, always, dripping, once, reply
from tests.tracking.transport.steps import HOST, OPEN_ENDED, opened
from tracking.postbacks.template import parse
from tracking.postbacks.transport import KEPT_BODY, Transport
from tracking.postbacks.verdicts import Reply, Verdict, judge

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
BOMB = gzip.compress(b"x" * 50_000_000, compresslevel=1)
GZIP = "Content-Encoding: gzip\r\n"
FAULTS: dict[str, tuple[Script, Verdict, str]] = {
    "says yes": (once(reply("success=true;")), Verdict.ACCEPTED, ""),
    "says no": (once(reply("success=false; err_msg=Paused;")), Verdict.REJECTED, "Paused"),
    "says yes with 500": (once(reply("success=true;", "500 Oops")), Verdict.ACCEPTED, ""),
    "says nothing with 500": (once(reply("oops", "500 Oops")), Verdict.UNCONFIRMED, "HTTP 500"),
    "busy": (once(reply("", "503 Busy")), Verdict.BUSY, "HTTP 503"),
    "too many": (once(reply("", "429 Slow down")), Verdict.BUSY, "HTTP 429"),
    "not found": (once(reply("<html>", "404 Not Found")), Verdict.FAILED, "HTTP 404"),
    "reset before reading": (fault_server.reset_while_reading, Verdict.UNCONFIRMED, "broke"),
    "reset after reading": (fault_server.reset_after_reading, Verdict.UNCONFIRMED, "broke"),
    "closed before reading": (fault_server.close_at_once, Verdict.UNCONFIRMED, "broke"),
    "closed after reading": (fault_server.close_after_reading, Verdict.UNCONFIRMED, "broke"),
    "no answer": (fault_server.silent, Verdict.UNCONFIRMED, "no answer within 0.3 s"),
    "a dripping status line": (dripping(b"", b"HTTP/1.1" + b" " * 99), Verdict.UNCONFIRMED, "within 0.5 s"),
    "dripping headers": (dripping(OPEN_ENDED[:-2], b"X-A: b\r\n" * 99), Verdict.UNCONFIRMED, "broke off"),
    "a dripping body": (dripping(OPEN_ENDED, b"x" * 999), Verdict.UNCONFIRMED, "broke off"),
    "a dripping body that says yes": (dripping(OPEN_ENDED + b"success=true;", b" " * 99), Verdict.ACCEPTED, ""),
    "dripping chunks": (dripping(CHUNKED, b"1\r\nx\r\n" * 99), Verdict.UNCONFIRMED, "broke off"),
    "a stalled body": (dripping(reply("su", length=99), b"", every=9), Verdict.UNCONFIRMED, "broke off"),
    "a cut body that says yes": (once(reply("success=true;", length=99)), Verdict.ACCEPTED, ""),
    "a cut body that says no": (once(reply("success=false; err_msg=No", length=99)), Verdict.REJECTED, "No"),
    "a body cut in its verdict": (once(reply("success=true", length=13)), Verdict.UNCONFIRMED, "broke off"),
    "a body cut before its verdict": (once(reply("succ", length=13)), Verdict.UNCONFIRMED, "broke off"),
    "a chunked body that says yes": (once(CHUNKED + b"d\r\nsuccess=true;\r\n0\r\n\r\n"), Verdict.ACCEPTED, ""),
    "a cut chunked body that says yes": (once(CHUNKED + b"d\r\nsuccess=true;\r\n"), Verdict.ACCEPTED, ""),
    "a cut chunk": (once(CHUNKED + b"d\r\nsuccess=tr"), Verdict.UNCONFIRMED, "broke off"),
    "a chunk of no size": (once(CHUNKED + b"zz\r\nsuccess=true;\r\n"), Verdict.UNCONFIRMED, "broke off"),
    "an endless body": (fault_server.endless, Verdict.UNCONFIRMED, "without a verdict"),
    "a huge body that says yes": (once(reply(b"success=true;" + b" " * 999_999)), Verdict.ACCEPTED, ""),
    "a compressed body": (once(reply(gzip.compress(b"success=true;"), headers=GZIP)), Verdict.ACCEPTED, ""),
    "a compressed bomb": (once(reply(BOMB, headers=GZIP)), Verdict.UNCONFIRMED, "without a verdict"),
    "a broken compressed body": (once(reply(b"\x1f\x8bxxxxxxxx", headers=GZIP)), Verdict.UNCONFIRMED, "broke off"),
    "an unknown compression": (
        once(reply(b"success=true;", headers="Content-Encoding: secret\r\n")),
        Verdict.ACCEPTED,
        "",
    ),
    "a redirect to itself": (
        always(reply("", "302 Found", "Location: /aff_lsr\r\n")),
        Verdict.UNCONFIRMED,
        "a redirect",
    ),
    "a charset that is wrong": (
        once(reply("success=true;", headers="Content-Type: text/html; charset=utf-16\r\n")),
        Verdict.ACCEPTED,
        "",
    ),
    "a charset that is none": (
        once(reply("success=true;", headers="Content-Type: text/html; charset=klingon\r\n")),
        Verdict.ACCEPTED,
        "",
    ),
    "bytes that are no text": (once(reply(b"success=true;\xff\xfe\x00")), Verdict.ACCEPTED, ""),
    "a byte order mark": (once(reply(b"\xef\xbb\xbfsuccess=true;")), Verdict.ACCEPTED, ""),
    "early hints and nothing more": (once(b"HTTP/1.1 103 Early Hints\r\n\r\n"), Verdict.UNCONFIRMED, "HTTP 103"),
    "no content": (once(b"HTTP/1.1 204 No Content\r\n\r\n"), Verdict.UNCONFIRMED, "HTTP 204"),
    "an empty body": (once(reply("")), Verdict.UNCONFIRMED, "an empty body"),
    "no HTTP": (once(b"220 mail.example ESMTP\r\n"), Verdict.UNCONFIRMED, "broke"),
    "a status of no number": (once(b"HTTP/1.1 OK\r\n\r\nsuccess=true;"), Verdict.UNCONFIRMED, "broke"),
    "HTTP of another age": (once(b"HTTP/0.9 200 OK\r\n\r\nsuccess=true;"), Verdict.ACCEPTED, ""),
    "a length below zero": (once(reply("success=true;", length=-1)), Verdict.ACCEPTED, ""),
    "a length of no number": (
        once(b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\nsuccess=true;"),
        Verdict.ACCEPTED,
        "",
    ),
    "an endless header": (once(b"HTTP/1.1 200 OK\r\nX-A: " + b"x" * 70_000), Verdict.UNCONFIRMED, "broke"),
    "a thousand headers": (once(b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 1000), Verdict.UNCONFIRMED, "broke"),
    "a Retry-After of no sense": (
        once(reply("", "503 Busy", "Retry-After: Sun, 22 Nov 2026 12:00:00 +99999999999999999999\r\n")),
        Verdict.BUSY,
        "HTTP 503",
    ),
}


@pytest.mark.parametrize(("script", "verdict", "words"), list(FAULTS.values()), ids=list(FAULTS))
def test_each_fault_ends_in_one_verdict(transport: Transport, script: Script, verdict: Verdict, words: str) -> None:
    began = time.monotonic()
    with FaultServer(script) as server:
        judgement = judge(transport.get(server.url, host=HOST))

    assert judgement.verdict is verdict, judgement
    assert words in judgement.detail
    assert server.accepted == 1
    assert len(server.requests) <= 1  # nothing is followed, nothing repeated
    assert time.monotonic() - began < 2


def test_what_is_sent_is_a_plain_get_that_asks_for_no_compression(transport: Transport) -> None:
    with FaultServer(once(reply())) as server:
        transport.get(server.url, host=HOST)

    lines = server.requests[0].decode().split("\r\n")
    assert lines[0] == "GET /aff_lsr?adv_unique1=1001 HTTP/1.1"
    assert "User-Agent: tests/1" in lines
    assert "Accept-Encoding: identity" in lines


@pytest.mark.parametrize("size", [KEPT_BODY - 1, KEPT_BODY, KEPT_BODY + 1])
def test_no_more_than_8_kib_of_a_body_are_kept(transport: Transport, size: int) -> None:
    with FaultServer(always(reply(b"x" * size))) as server:
        replies = [transport.get(server.url, host=HOST) for _ in range(2)]

    for kept in replies:
        assert isinstance(kept, Reply)
        assert len(kept.body) == min(size, KEPT_BODY)
        assert kept.is_complete


@pytest.mark.parametrize("script", [fault_server.endless, once(reply(BOMB, headers=GZIP))], ids=["endless", "bomb"])
def test_a_huge_body_takes_no_memory(transport: Transport, script: Script) -> None:
    with FaultServer(script) as server:
        tracemalloc.start()
        try:
            transport.get(server.url, host=HOST)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

    assert peak < 2_000_000


@pytest.mark.parametrize(
    ("header", "seconds"), [("Retry-After: 120\r\n", 120), ("Retry-After: soon\r\n", None), ("", None)]
)
def test_retry_after_is_read(transport: Transport, header: str, seconds: int | None) -> None:
    with FaultServer(once(reply("", "503 Busy", header))) as server:
        answer = transport.get(server.url, host=HOST)

    assert isinstance(answer, Reply)
    assert answer.retry_after == (None if seconds is None else timedelta(seconds=seconds))


def test_no_cookie_is_kept(transport: Transport) -> None:
    with FaultServer(always(reply(headers="Set-Cookie: id=1; Path=/\r\n"))) as server:
        for _ in range(2):
            transport.get(server.url, host=HOST)

    assert b"cookie" not in b"".join(server.requests).lower()


texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
TEMPLATE = "/SL2?aff_id=AFFILIATE_ID&amount=AMOUNT&adv_unique1={order_id}&q=%7e%2Fx"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(affiliate_id=texts, order_id=texts)
def test_what_arrives_is_the_url_as_it_was_built(affiliate_id: str, order_id: str) -> None:
    with ExitStack() as stack:
        server = stack.enter_context(FaultServer(once(reply())))
        transport = stack.enter_context(opened())
        template = parse(f"http://127.0.0.1:{server.port}{TEMPLATE}")
        url = template.fill({"AFFILIATE_ID": affiliate_id, "AMOUNT": "49.99", "ORDER_ID": order_id})
        transport.get(url, host=HOST)

    assert server.targets == [url.partition(f":{server.port}")[2].replace("%7e", "%7E")]
