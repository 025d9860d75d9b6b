"""One request under way: its limits in time, its connection, and the watchdog that ends it. No HTTP yet."""

import socket
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tracking.postbacks.addresses import is_public

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds: to connect, between two reads, and for the whole exchange from the connection on."""

    connect: float = 5
    read: float = 15
    whole: float = 20


@dataclass(slots=True)
class Exchange:
    """One request under way in this thread."""

    timeouts: Timeouts
    peer: str
    """The host connected to: the one asked for, or a proxy."""
    allows_private: bool
    send_before: float | None
    """Wall clock, seconds since the epoch: past it the request must not leave any more."""
    secrets: tuple[str, ...] = ()
    sock: socket.socket | None = None
    was_sent: bool = False
    was_cut: bool = False
    deadline: float = field(default=float("inf"))
    """Monotonic seconds: then the watchdog cuts the connection."""


class AddressRefusedError(OSError):
    """The host's address is not public."""


class TooLateError(OSError):
    """The request may not leave any more."""


def connect(host: str, port: int, timeout: float, *, must_be_public: bool) -> socket.socket:
    """Connect to the first address of `host` that answers, all within `timeout` seconds.

    An address that does not answer uses up half of what is left, so that a dead IPv6 route leaves time for IPv4.
    """
    addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    give_up_at = time.monotonic() + timeout
    error: OSError = OSError(f"{host} has no address")
    for number, (family, kind, protocol, _, address) in enumerate(addresses, start=1):
        if must_be_public and not is_public(str(address[0])):
            error = AddressRefusedError(str(address[0]))
            continue
        sock = socket.socket(family, kind, protocol)
        try:
            left = give_up_at - time.monotonic()
            sock.settimeout(max(left if number == len(addresses) else left / 2, 0.001))
            sock.connect(address)
        except OSError as failure:
            sock.close()
            error = failure
        else:
            sock.settimeout(timeout)
            return sock
    raise error


class Watchdog:
    """Cuts exchanges that run past their deadline: a reply that drips never meets a time-out of `requests`."""

    def __init__(self) -> None:
        self._wake = threading.Condition()
        self._exchanges: dict[int, Exchange] = {}
        self._thread: threading.Thread | None = None
        self._is_closed = False

    @contextmanager
    def watching(self, exchange: Exchange) -> "Iterator[None]":
        key = id(exchange)
        with self._wake:
            self._exchanges[key] = exchange
            self._is_closed = False
            if self._thread is None or not self._thread.is_alive():
                self._start()
        try:
            yield
        finally:
            with self._wake:
                del self._exchanges[key]

    def close(self) -> None:
        """Let the thread end once nothing is under way."""
        with self._wake:
            self._is_closed = True
            self._wake.notify()

    def _start(self) -> None:
        thread = threading.Thread(target=self._run, name="tracking-watchdog", daemon=True)
        try:
            thread.start()
        except RuntimeError:  # an interpreter that shuts down starts none; its end cuts the exchange short anyway
            return
        self._thread = thread

    def _run(self) -> None:
        idle_since = time.monotonic()
        while True:
            with self._wake:
                now = time.monotonic()
                for exchange in self._exchanges.values():
                    if exchange.deadline <= now and exchange.sock is not None:
                        _cut(exchange)
                if self._exchanges:
                    idle_since = now
                elif self._is_closed or now - idle_since > 30:
                    self._thread = None
                    return
                self._wake.wait(0.25)


def _cut(exchange: Exchange) -> None:
    exchange.was_cut = True
    if exchange.sock is not None:
        with suppress(OSError):
            # Past `SSLSocket.shutdown`, which would pull the TLS state away from the thread that reads.
            socket.socket.shutdown(exchange.sock, socket.SHUT_RDWR)
