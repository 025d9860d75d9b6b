"""The one door to the network, against a real and hostile other side. Each fault ends in one named verdict."""

import gzip
import logging
import select
import socket
import ssl
import threading
import time
import tracemalloc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import trustme
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.tracking import fault_server
from tests.tracking.fault_server import Connection, FaultServer, Script, always, dripping, once, refusing_port, reply
from tracking.postbacks import connections
from tracking.postbacks.exchanges import Timeouts
from tracking.postbacks.template import parse
from tracking.postbacks.transport import KEPT_BODY, Transport
from tracking.postbacks.verdicts import NoReply, Reply, Verdict, judge

QUICK = Timeouts(connect=0.3, read=0.3, whole=0.5)
PATIENT = Timeouts(connect=5, read=5, whole=10)  # where an answer comes, however busy the machine is
HOST = "127.0.0.1"


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@contextmanager
def opened(timeouts: Timeouts = QUICK, *, allows_private: bool = True) -> Iterator[Transport]:
    transport = Transport(
        user_agent="tests/1", is_private_allowed=lambda host: allows_private and host == HOST, timeouts=timeouts
    )
    try:
        yield transport
    finally:
        transport.close()


@pytest.fixture
def transport() -> Iterator[Transport]:
    with opened() as transport:
        yield transport


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test's own certificate authority is the one that is trusted."""
    bundle = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(bundle)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))


def tls_context(authority: trustme.CA, name: str = HOST) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


# Every fault has its verdict ----------------------------------------------------------------------------------

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
OPEN_ENDED = b"HTTP/1.1 200 OK\r\n\r\n"
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


# Nothing left ---------------------------------------------------------------------------------------------------


def not_sent(outcome: Reply | NoReply) -> str:
    """Check that the request is known not to have left, and return why."""
    assert isinstance(outcome, NoReply)
    assert judge(outcome).verdict is Verdict.NOT_SENT, outcome
    return outcome.error


def test_a_refused_connection_is_not_sent(transport: Transport) -> None:
    with refusing_port() as port:
        error = not_sent(transport.get(f"http://127.0.0.1:{port}/", host=HOST))

    assert error == "127.0.0.1 refused the connection"


def test_an_unknown_host_is_not_sent(transport: Transport, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_args: object, **_kwargs: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)

    error = not_sent(transport.get("https://get.aspr.app/aff_lsr", host="get.aspr.app"))

    assert error == "the name get.aspr.app cannot be resolved"


def test_a_host_that_cannot_be_a_name_is_not_sent(transport: Transport) -> None:
    not_sent(transport.get(f"https://{'a' * 70}.example/", host="a.example"))


@contextmanager
def full_backlog() -> Iterator[int]:
    """A port whose queue of connections is full: the next SYN stays unanswered."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind((HOST, 0))
        listener.listen(0)
        for _ in range(8):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
            if not select.select([], [waiting], [], 0.05)[1]:
                break
        yield listener.getsockname()[1]


def test_a_syn_unanswered_is_not_sent(transport: Transport) -> None:
    with full_backlog() as port:
        error = not_sent(transport.get(f"http://127.0.0.1:{port}/", host=HOST))

    assert error == "no connection to 127.0.0.1 within 0.3 s"


def test_a_dead_address_leaves_time_for_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    began = time.monotonic()
    with full_backlog() as dead, FaultServer(once(reply())) as server, opened(Timeouts(connect=1)) as transport:
        answers = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (HOST, port)) for port in (dead, server.port)]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_kwargs: answers)
        outcome = transport.get(server.url, host=HOST)

    assert judge(outcome).verdict is Verdict.ACCEPTED
    assert time.monotonic() - began < 1


def test_past_its_time_a_request_does_not_leave(transport: Transport) -> None:
    with FaultServer(always(reply())) as server:
        transport.get(server.url, host=HOST)
        for _ in range(2):  # over a kept connection, and over a new one
            error = not_sent(transport.get(server.url, host=HOST, send_before=timezone.now()))
            assert error == "not sent: the lease was about to expire"

    assert len(server.requests) == 1


def test_being_too_late_is_told_apart_from_a_host_that_fails(transport: Transport) -> None:
    with FaultServer(always(reply())) as server:
        late = transport.get(server.url, host=HOST, send_before=timezone.now())
    with refusing_port() as port:
        dead = transport.get(f"http://127.0.0.1:{port}/", host=HOST)

    assert isinstance(late, NoReply)
    assert isinstance(dead, NoReply)
    assert (late.is_too_late, dead.is_too_late) == (True, False)


def test_before_its_time_a_request_leaves(transport: Transport) -> None:
    with FaultServer(once(reply())) as server:
        outcome = transport.get(server.url, host=HOST, send_before=timezone.now() + timedelta(minutes=1))

    assert judge(outcome).verdict is Verdict.ACCEPTED


def test_the_deadline_holds_even_where_no_watchdog_can_start(
    transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in an interpreter that shuts down."""
    start = threading.Thread.start

    def start_all_but_the_watchdog(thread: threading.Thread) -> None:
        if thread.name == "tracking-watchdog":
            raise RuntimeError("can't create new thread at interpreter shutdown")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", start_all_but_the_watchdog)
    began = time.monotonic()
    with FaultServer(dripping(OPEN_ENDED, b"x" * 999)) as server:
        outcome = transport.get(server.url, host=HOST)

    assert judge(outcome).verdict is Verdict.UNCONFIRMED
    assert time.monotonic() - began < 2


@pytest.mark.parametrize("error", [ConnectionResetError(104, "Connection reset by peer"), BrokenPipeError(32, "Pipe")])
def test_a_connection_that_breaks_while_it_is_made_is_not_sent(
    transport: Transport, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, error: OSError
) -> None:
    """urllib3 passes over both errors, taking them for what can happen while sending."""

    def breaks(*_args: object, **_kwargs: object) -> None:
        raise error

    monkeypatch.setattr(connections, "connect", breaks)

    not_sent(transport.get("http://127.0.0.1/", host=HOST))

    assert "nobody foresaw" not in caplog.text


# TLS ------------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("trusted")
def test_a_certificate_of_a_trusted_authority_is_accepted(transport: Transport, authority: trustme.CA) -> None:
    with FaultServer(always(reply()), tls=tls_context(authority)) as server, opened(PATIENT) as transport:
        verdicts = [judge(transport.get(server.url, host=HOST)).verdict for _ in range(3)]

    assert verdicts == [Verdict.ACCEPTED] * 3
    assert server.accepted == 1


@pytest.mark.usefixtures("trusted")
def test_a_certificate_for_another_name_is_refused(authority: trustme.CA) -> None:
    with FaultServer(always(reply()), tls=tls_context(authority, "evil.example")) as server, opened() as transport:
        error = not_sent(transport.get(server.url, host=HOST))

    assert error.startswith("TLS with 127.0.0.1 failed: ")
    assert server.requests == []


def test_a_certificate_of_an_unknown_authority_is_refused(transport: Transport, authority: trustme.CA) -> None:
    with FaultServer(always(reply()), tls=tls_context(authority)) as server:
        error = not_sent(transport.get(server.url, host=HOST))

    assert error.startswith("TLS with 127.0.0.1 failed: ")
    assert "certificate verify failed" in error
    assert server.requests == []


def test_a_ca_bundle_that_is_missing_sends_nothing(monkeypatch: pytest.MonkeyPatch, authority: trustme.CA) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/ca.pem")
    with FaultServer(always(reply()), tls=tls_context(authority)) as server, opened(PATIENT) as transport:
        error = not_sent(transport.get(server.url, host=HOST))

    assert "/nowhere/ca.pem" in error


def as_https(server: FaultServer) -> str:
    return server.url.replace("http:", "https:")


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (Connection.hold, "took the connection, but nothing more came of it within 0.3 s"),
        (fault_server.close_at_once, "TLS with 127.0.0.1 failed"),
        (fault_server.reset_at_once, "no connection to 127.0.0.1: "),
        (lambda connection: connection.send(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "TLS with 127.0.0.1 failed"),
    ],
    ids=["silent", "closed", "reset", "plain HTTP"],
)
def test_a_handshake_that_fails_sends_nothing(transport: Transport, script: Script, words: str) -> None:
    def without_reading(connection: Connection) -> None:
        connection.sock.recv(4096)  # the client's hello, so that closing is no race
        script(connection)

    with FaultServer(without_reading) as server:
        error = not_sent(transport.get(as_https(server), host=HOST))

    assert words in error


def test_a_slow_handshake_ends_in_time_and_sends_nothing(transport: Transport) -> None:
    began = time.monotonic()
    with FaultServer(lambda connection: connection.drip(b"\x16\x03\x03\x40\x00" + b"\0" * 999, every=0.05)) as server:
        not_sent(transport.get(as_https(server), host=HOST))

    assert time.monotonic() - began < 1


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize(
    ("script", "verdict"),
    [
        (fault_server.silent, Verdict.UNCONFIRMED),
        (fault_server.close_after_reading, Verdict.UNCONFIRMED),
        (fault_server.reset_after_reading, Verdict.UNCONFIRMED),
        (dripping(OPEN_ENDED, b"x" * 999), Verdict.UNCONFIRMED),
        (dripping(b"", b"HTTP/1.1 200 OK" + b" " * 99), Verdict.UNCONFIRMED),
        (dripping(OPEN_ENDED + b"success=true;", b" " * 99), Verdict.ACCEPTED),
        (once(reply("success=true;", length=99)), Verdict.ACCEPTED),
    ],
    ids=["silent", "closed", "reset", "dripping body", "dripping head", "dripping after yes", "cut after yes"],
)
def test_faults_after_the_handshake_have_the_same_verdicts(
    authority: trustme.CA, script: Script, verdict: Verdict
) -> None:
    with FaultServer(script, tls=tls_context(authority)) as server, opened() as transport:
        judgement = judge(transport.get(server.url, host=HOST))

    assert judgement.verdict is verdict, judgement


# Connections ----------------------------------------------------------------------------------------------------


def test_a_connection_is_kept_for_the_next_request(transport: Transport) -> None:
    with FaultServer(always(reply())) as server:
        for _ in range(5):
            assert judge(transport.get(server.url, host=HOST)).verdict is Verdict.ACCEPTED

    assert (server.accepted, len(server.requests)) == (1, 5)


def test_a_connection_idle_for_long_is_not_used_again(transport: Transport, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "IDLE_LIMIT", 0.0)
    with FaultServer(always(reply())) as server:
        for _ in range(2):
            assert judge(transport.get(server.url, host=HOST)).verdict is Verdict.ACCEPTED

    assert server.accepted == 2


def test_a_connection_that_the_other_side_closed_while_idle_is_replaced(transport: Transport) -> None:
    closed = threading.Event()

    def script(connection: Connection) -> None:
        connection.read_request()
        connection.send(reply())
        connection.sock.shutdown(socket.SHUT_RDWR)
        closed.set()

    with FaultServer(script) as server:
        for _ in range(2):
            assert judge(transport.get(server.url, host=HOST)).verdict is Verdict.ACCEPTED
            assert closed.wait(2)
            closed.clear()

    assert server.accepted == 2


@pytest.mark.parametrize("ending", [Connection.reset, fault_server.close_at_once], ids=["reset", "closed"])
def test_a_kept_connection_closed_as_we_send_is_unconfirmed_and_not_tried_again(
    transport: Transport, ending: Script
) -> None:
    def script(connection: Connection) -> None:
        connection.read_request()
        connection.send(reply())
        connection.read_request()
        ending(connection)

    with FaultServer(script) as server:
        verdicts = [judge(transport.get(server.url, host=HOST)).verdict for _ in range(2)]

    assert verdicts == [Verdict.ACCEPTED, Verdict.UNCONFIRMED]
    assert (server.accepted, len(server.requests)) == (1, 2)


def test_the_deadline_holds_over_a_kept_connection_too(transport: Transport) -> None:
    def script(connection: Connection) -> None:
        connection.read_request()
        connection.send(reply())
        dripping(b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n" * 99)(connection)

    with FaultServer(script) as server:
        transport.get(server.url, host=HOST)
        began = time.monotonic()
        outcome = transport.get(server.url, host=HOST)

    assert judge(outcome).verdict is Verdict.UNCONFIRMED
    assert server.accepted == 1
    assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    "early",
    [b"HTTP/1.1 103 Early Hints\r\n\r\n", b"HTTP/1.1 204 No Content\r\n\r\n", b"HTTP/1.1 101 Switching\r\n\r\n"],
    ids=["103", "204", "101"],
)
def test_what_follows_a_reply_without_a_body_is_not_taken_for_the_next_ones(transport: Transport, early: bytes) -> None:
    """A late success for one order must not settle another."""
    asked_again = threading.Event()

    def script(connection: Connection) -> None:
        connection.read_request()
        if connection.number > 1:
            connection.send(reply("success=false; err_msg=No"))
            return
        connection.send(early)
        connection.read_request()  # on the same connection, if the client dared
        asked_again.set()
        connection.send(reply("success=true;"))

    with FaultServer(script) as server:
        verdicts = [judge(transport.get(server.url, host=HOST)).verdict for _ in range(2)]

    assert verdicts == [Verdict.UNCONFIRMED, Verdict.REJECTED]


def test_many_threads_get_each_its_own_answer_over_a_connection_of_its_own() -> None:
    def script(connection: Connection) -> None:
        while request := connection.read_request():
            order = request.split(b"adv_unique1=")[1].split(b" ")[0].decode()
            connection.send(reply(f"success=false; err_msg={order}"))

    generous = Timeouts(connect=5, read=5, whole=10)
    with FaultServer(script) as server, opened(generous) as transport, ThreadPoolExecutor(16) as pool:
        base = server.url.partition("?")[0]
        orders = [str(number) for number in range(200)]
        outcomes = pool.map(lambda order: transport.get(f"{base}?adv_unique1={order}", host=HOST), orders)
        details = [judge(outcome).detail for outcome in outcomes]

    assert details == orders
    assert server.accepted <= 16


def test_the_watchdog_ends_with_the_transport(transport: Transport) -> None:
    with FaultServer(once(reply())) as server:
        transport.get(server.url, host=HOST)
    watchdogs = [thread for thread in threading.enumerate() if thread.name == "tracking-watchdog"]

    transport.close()

    for thread in watchdogs:
        thread.join(2)
    assert not any(thread.is_alive() for thread in watchdogs if thread is transport._watchdog._thread)


# Addresses ------------------------------------------------------------------------------------------------------


def test_nothing_is_connected_to_at_a_private_address() -> None:
    with FaultServer(always(reply())) as server, opened(allows_private=False) as transport:
        error = not_sent(transport.get(server.url, host=HOST))

    assert "127.0.0.1 has the address 127.0.0.1, which is not public" in error
    assert "TRACKING_POSTBACK_HOSTS" in error
    assert server.accepted == 0


def test_a_public_name_with_a_private_address_is_refused(transport: Transport, monkeypatch: pytest.MonkeyPatch) -> None:
    with FaultServer(always(reply())) as server:
        rebound = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (HOST, server.port))]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_kwargs: rebound)
        error = not_sent(transport.get(f"http://get.aspr.app:{server.port}/", host="get.aspr.app"))

    assert "get.aspr.app has the address 127.0.0.1" in error
    assert server.accepted == 0


def test_the_address_checked_is_the_address_connected_to(transport: Transport, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that turns private between two look-ups: there is only one look-up."""
    asked: list[str] = []

    with FaultServer(always(reply())) as server:

        def rebinding(host: str, port: int, **_kwargs: object) -> list[tuple[object, ...]]:
            asked.append(host)
            # TEST-NET-1 is not public either, so nothing leaves this machine whatever the code does.
            address = "192.0.2.1" if len(asked) == 1 else HOST
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

        monkeypatch.setattr(socket, "getaddrinfo", rebinding)
        error = not_sent(transport.get(f"http://get.aspr.app:{server.port}/", host="get.aspr.app"))

    assert "192.0.2.1" in error
    assert asked == ["get.aspr.app"]
    assert server.accepted == 0


# Proxies --------------------------------------------------------------------------------------------------------


def proxy_url(server: FaultServer) -> str:
    return f"http://user:pa55word@127.0.0.1:{server.port}"


def test_a_proxy_of_the_environment_is_used_and_not_held_to_the_address_check(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with FaultServer(once(reply())) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy_url(proxy))
        with opened(allows_private=False) as transport:
            outcome = transport.get("http://get.aspr.app/aff_lsr?a=1", host="get.aspr.app")

    assert judge(outcome).verdict is Verdict.ACCEPTED
    assert proxy.targets == ["http://get.aspr.app/aff_lsr?a=1"]


def test_no_proxy_is_used_for_a_host_that_the_environment_excepts(monkeypatch: pytest.MonkeyPatch) -> None:
    with FaultServer(once(reply())) as proxy, FaultServer(once(reply())) as server:
        monkeypatch.setenv("HTTP_PROXY", proxy_url(proxy))
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        with opened() as transport:
            transport.get(server.url, host=HOST)

    assert (proxy.accepted, server.accepted) == (0, 1)


@pytest.mark.usefixtures("trusted")
def test_https_goes_through_a_tunnel(authority: trustme.CA, monkeypatch: pytest.MonkeyPatch) -> None:
    context = tls_context(authority, "get.aspr.app")

    def script(connection: Connection) -> None:
        connection.read_request()
        connection.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
        connection.start_tls(context)
        always(reply())(connection)

    with FaultServer(script) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy_url(proxy))
        with opened(PATIENT) as transport:
            for _ in range(2):
                outcome = transport.get("https://get.aspr.app/aff_lsr?a=1", host="get.aspr.app")
                assert judge(outcome).verdict is Verdict.ACCEPTED

    assert proxy.targets == ["get.aspr.app:443", "/aff_lsr?a=1", "/aff_lsr?a=1"]


@pytest.mark.parametrize(
    "script",
    [
        once(b"HTTP/1.1 403 Forbidden\0\r\n\r\n"),
        fault_server.silent,
        fault_server.reset_after_reading,
        fault_server.close_after_reading,
        dripping(b"", b"HTTP/1.1 200 OK" + b" " * 99),
    ],
    ids=["refuses", "is silent", "resets", "closes", "drips"],
)
def test_a_proxy_that_makes_no_tunnel_lets_nothing_leave(script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    with FaultServer(script) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy_url(proxy))
        with opened() as transport:
            error = not_sent(transport.get("https://get.aspr.app/aff_lsr", host="get.aspr.app"))

    assert "pa55word" not in error
    assert "\0" not in error


def test_a_proxy_that_is_down_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with refusing_port() as port, opened() as transport:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
        error = not_sent(transport.get("https://get.aspr.app/aff_lsr", host="get.aspr.app"))

    assert error == "127.0.0.1 refused the connection"


def test_a_socks_proxy_is_refused_rather_than_passed_by(monkeypatch: pytest.MonkeyPatch) -> None:
    with FaultServer(once(reply())) as server:
        monkeypatch.setenv("HTTP_PROXY", "socks5h://127.0.0.1:1080")
        with opened() as transport:
            error = not_sent(transport.get(server.url, host=HOST))

    assert "SOCKS proxies are not supported" in error
    assert server.accepted == 0


# Secrets --------------------------------------------------------------------------------------------------------

TOKEN = "5ec2e7" + "0" * 26


@pytest.mark.parametrize(
    ("script", "name"),
    [
        (once(reply()), "security_token"),
        (once(reply()), "sig"),
        (once(b"HTTP/1.1 200 OK\r\nbroken header\r\n\r\nsuccess=true;"), "sig"),
        (fault_server.silent, "sig"),
        (fault_server.reset_after_reading, "sig"),
    ],
    ids=["by its name", "by its value", "in a warning", "no answer", "reset"],
)
def test_secrets_are_masked_in_what_is_logged_and_returned(
    transport: Transport, caplog: pytest.LogCaptureFixture, script: Script, name: str
) -> None:
    secrets = (TOKEN,) if name == "sig" else ()
    with caplog.at_level(logging.DEBUG), FaultServer(script) as server:
        outcome = transport.get(f"{server.url}&{name}={TOKEN}", host=HOST, secrets=secrets)

    assert TOKEN in server.targets[0]
    assert TOKEN not in repr(outcome)
    assert TOKEN not in caplog.text


def test_a_refused_connection_shows_no_secret(transport: Transport, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), refusing_port() as port:
        outcome = transport.get(
            f"https://127.0.0.1:{port}/?security_token={TOKEN}&sig=abc%2Fdef", host=HOST, secrets=("abc/def",)
        )

    for text in (repr(outcome), caplog.text):
        assert TOKEN not in text
        assert "abc" not in text


def test_log_lines_of_others_that_hold_no_secret_are_left_as_they_are(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("urllib3.connectionpool").debug("%s and %s", "one", 2)

    assert caplog.records[0].args == ("one", 2)
