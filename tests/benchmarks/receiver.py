"""Answers every GET with `success=true;` after a delay: `python -m tests.benchmarks.receiver MILLISECONDS`.

It notes when each request came. Addresses below `/receiver/` ask for that; `tests.benchmarks.aspire` does.
"""

import json
import re
import select
import socket
import sys
import time
from collections import deque
from contextlib import suppress
from typing import Final

ORDER_ID: Final = re.compile(rb"adv_unique1=([^& ]*)")

HEAD: Final = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n%s"
SUCCESS: Final = HEAD % (13, b"success=true;")

arrivals: list[tuple[float, bytes]] = []
"""The moment on the machine's monotonic clock, which all its processes share, and the request line."""


class Receiver:
    """A loop over sockets by hand: its cores are those of whoever is measured, and asyncio takes twice the time."""

    def __init__(self, delay: float) -> None:
        self._delay = delay
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port: int = self._listener.getsockname()[1]
        self._poll = select.epoll()
        self._poll.register(self._listener, select.EPOLLIN)
        self._connections: dict[int, socket.socket] = {}
        self._begun: dict[int, bytes] = {}
        """What came of a request that is not whole yet."""
        self._owed: deque[tuple[float, socket.socket]] = deque()
        """Replies, by the moment at which they are to be sent."""

    def run(self) -> None:
        while True:
            wait = max(0.0, self._owed[0][0] - time.monotonic()) if self._owed else -1
            for number, _ in self._poll.poll(wait):
                if number == self._listener.fileno():
                    self._accept()
                else:
                    self._receive(number)
            while self._owed and self._owed[0][0] <= time.monotonic():
                send(self._owed.popleft()[1], SUCCESS)

    def _accept(self) -> None:
        connection, _ = self._listener.accept()
        self._connections[connection.fileno()] = connection
        self._poll.register(connection, select.EPOLLIN)

    def _receive(self, number: int) -> None:
        connection = self._connections[number]
        try:
            data = connection.recv(65536)
        except ConnectionError:
            data = b""
        if not data:
            del self._connections[number]
            self._begun.pop(number, None)
            connection.close()
            return
        *heads, rest = (self._begun.pop(number, b"") + data).split(b"\r\n\r\n")
        if rest:
            self._begun[number] = rest
        for head in heads:
            self._answer(connection, head)

    def _answer(self, connection: socket.socket, head: bytes) -> None:
        if head.startswith(b"GET /receiver/"):
            send(connection, report(head))
            return
        now = time.monotonic()
        arrivals.append((now, head[: head.find(b"\r")]))
        if self._delay:
            self._owed.append((now + self._delay, connection))
        else:
            send(connection, SUCCESS)


def send(connection: socket.socket, reply: bytes) -> None:
    with suppress(OSError):  # whoever asked has gone
        connection.sendall(reply)


def report(head: bytes) -> bytes:
    """What a question about the arrivals is answered with."""
    if head.startswith(b"GET /receiver/forget"):
        arrivals.clear()
        body = b"{}"
    elif head.startswith(b"GET /receiver/count"):
        body = b"%d" % len(arrivals)
    else:
        body = json.dumps([[moment, order_id(line)] for moment, line in arrivals]).encode()
    return HEAD % (len(body), body)


def order_id(line: bytes) -> str:
    found = ORDER_ID.search(line)
    return found[1].decode() if found else ""


def main(delay: float) -> None:
    receiver = Receiver(delay)
    sys.stdout.write(f"{receiver.port}\n")
    sys.stdout.flush()
    receiver.run()


if __name__ == "__main__":
    main(int(sys.argv[1]) / 1000)
