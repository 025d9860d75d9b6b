"""Connections that are kept, and the watchdog over them."""

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.tracking import fault_server
from tests.tracking.fault_server import Connection, FaultServer, Script, always, dripping, once, reply
from tests.tracking.transport.steps import HOST, opened
from tracking.postbacks import connections
from tracking.postbacks.exchanges import Timeouts
from tracking.postbacks.transport import Transport
from tracking.postbacks.verdicts import Verdict, judge


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
