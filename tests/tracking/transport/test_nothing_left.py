"""What is known not to have been sent."""

import select
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta

import pytest
from django.utils import timezone

from tests.tracking.fault_server import FaultServer, always, dripping, once, refusing_port, reply
from tests.tracking.transport.steps import HOST, OPEN_ENDED, not_sent, opened
from tracking.postbacks import connections
from tracking.postbacks.exchanges import Timeouts
from tracking.postbacks.transport import Transport
from tracking.postbacks.verdicts import NoReply, Verdict, judge


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
