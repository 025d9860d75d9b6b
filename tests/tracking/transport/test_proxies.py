"""Proxies that the environment names."""

import pytest
import trustme

from tests.tracking import fault_server
from tests.tracking.fault_server import Connection, FaultServer, Script, always, dripping, once, refusing_port, reply
from tests.tracking.transport.steps import HOST, PATIENT, not_sent, opened, tls_context
from tracking.postbacks.verdicts import Verdict, judge


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
