"""Aspire's books as the crash tests keep them: every request that arrives whole is counted by its order."""

import asyncio
import random
import re
import threading
from collections import defaultdict
from enum import StrEnum
from types import TracebackType
from typing import Self

ORDER_ID = re.compile(rb"adv_unique1=([^& ]+)")
YES = b"success=true;"
DUPLICATE = b"success=false; err_msg=Duplicate conversion;"


class Entry(StrEnum):
    """What became of a request that arrived whole."""

    PAID = "paid"
    DUPLICATE = "duplicate"
    CUT = "cut"
    """Paid, and the connection cut before or in the middle of the answer."""


class Ledger:
    """Listens on a free port of 127.0.0.1 while the `with` block lasts, in a thread of its own.

    `slowest`: seconds that an answer takes at most. `cut`: the share of connections cut instead of answered.
    `deduplicates`: an order that was paid is answered with "duplicate".
    """

    def __init__(self, *, slowest: float = 0.02, cut: float = 0, deduplicates: bool = False, seed: int = 0) -> None:
        self.entries: dict[str, list[Entry]] = defaultdict(list)
        self.count = 0
        """Requests received."""
        self.port = 0
        self._slowest = slowest
        self._cut = cut
        self._deduplicates = deduplicates
        self._chance = random.Random(seed)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._is_open = threading.Event()
        self._connections: set[_Connection] = set()

    @property
    def postback_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/?aff_id=AFFILIATE_ID&amount=AMOUNT&adv_unique1=ORDER_ID"

    @property
    def paid_twice(self) -> list[str]:
        """The orders that were paid more than once."""
        return [order for order, entries in self.entries.items() if self._times_paid(entries) > 1]

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._is_open.wait(10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        assert not self._thread.is_alive()

    @staticmethod
    def _times_paid(entries: list[Entry]) -> int:
        return sum(entry is not Entry.DUPLICATE for entry in entries)

    def _run(self) -> None:
        server = self._loop.run_until_complete(
            self._loop.create_server(lambda: _Connection(self), "127.0.0.1", 0, backlog=1024)
        )
        self.port = server.sockets[0].getsockname()[1]
        self._is_open.set()
        self._loop.run_forever()
        server.close()
        for connection in list(self._connections):
            connection.transport.abort()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    def book(self, connection: "_Connection", order: str) -> None:
        """Write a request down at once, and answer it a little later."""
        self.count += 1
        entries = self.entries[order]
        if self._deduplicates and self._times_paid(entries):
            entry, answer = Entry.DUPLICATE, DUPLICATE
        elif self._chance.random() < self._cut:
            entry, answer = Entry.CUT, YES[: self._chance.choice([0, 3, 10])]
        else:
            entry, answer = Entry.PAID, YES
        entries.append(entry)
        delay = self._chance.uniform(0, self._slowest)
        self._loop.call_later(delay, connection.answer, answer, len(YES) if entry is Entry.CUT else len(answer))

    def opened(self, connection: "_Connection") -> None:
        self._connections.add(connection)

    def closed(self, connection: "_Connection") -> None:
        self._connections.discard(connection)


class _Connection(asyncio.Protocol):
    transport: asyncio.Transport

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._ledger.opened(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._ledger.closed(self)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while b"\r\n\r\n" in self._buffer:
            head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
            found = ORDER_ID.search(head)
            assert found, head
            self._ledger.book(self, found[1].decode())

    def answer(self, body: bytes, length: int) -> None:
        """Answer with `body`; one shorter than the `length` it announces is followed by the connection's end."""
        if self.transport.is_closing():
            return
        if not body:
            self.transport.abort()
            return
        self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (length, body))
        if len(body) < length:
            self.transport.close()
