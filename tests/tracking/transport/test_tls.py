"""TLS: whom the transport trusts, and what a failed handshake sends."""

import time

import pytest
import trustme

from tests.tracking import fault_server
from tests.tracking.fault_server import Connection, FaultServer, Script, always, dripping, once, reply
from tests.tracking.transport.steps import HOST, OPEN_ENDED, PATIENT, not_sent, opened, tls_context
from tracking.postbacks.transport import Transport
from tracking.postbacks.verdicts import Verdict, judge


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
