"""Answers every GET with `success=true;` after a delay: `python -m tests.benchmarks.receiver MILLISECONDS`.

It notes when each request came. Addresses below `/receiver/` ask for that; `tests.benchmarks.aspire` does.
"""

import asyncio
import json
import re
import sys
import time
from typing import Final

ORDER_ID: Final = re.compile(rb"adv_unique1=([^& ]*)")

HEAD: Final = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n%s"
SUCCESS: Final = HEAD % (13, b"success=true;")

arrivals: list[tuple[float, bytes]] = []
"""The moment on the machine's monotonic clock, which all its processes share, and the request line."""


class Receiver(asyncio.Protocol):
    def __init__(self, delay: float) -> None:
        self._delay = delay
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while b"\r\n\r\n" in self._buffer:
            head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
            if head.startswith(b"GET /receiver/"):
                self._transport.write(report(head))
                continue
            arrivals.append((time.monotonic(), head[: head.find(b"\r")]))
            asyncio.get_running_loop().call_later(self._delay, self._reply)

    def _reply(self) -> None:
        if not self._transport.is_closing():
            self._transport.write(SUCCESS)


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


async def main(delay: float) -> None:
    server = await asyncio.get_running_loop().create_server(lambda: Receiver(delay), "127.0.0.1", 0, backlog=512)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) / 1000))
