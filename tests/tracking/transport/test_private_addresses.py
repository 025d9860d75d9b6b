"""No request reaches a private address that nobody allowed."""

import socket

import pytest

from tests.tracking.fault_server import FaultServer, always, reply
from tests.tracking.transport.steps import HOST, not_sent, opened
from tracking.postbacks.transport import Transport


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
