"""The other side at its worst: a raw TCP server that does what HTTP libraries will not.

A script is a function that is given each connection, in a thread of its own. Scripts by name are below the server.
"""

import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Self

Script = Callable[["Connection"], None]


class Connection:
    """One accepted connection, in the words of scripts."""

    def __init__(self, server: "FaultServer", sock: socket.socket, number: int) -> None:
        self.server = server
        self.sock = sock
        self.number = number
        """Counted from 1, in the order of acceptance."""

    def start_tls(self, context: ssl.SSLContext) -> None:
        self.sock = context.wrap_socket(self.sock, server_side=True)
        self.server.keep(self.sock)

    def read_request(self) -> bytes:
        """Read one request up to its blank line and keep it; b"" when the client has hung up."""
        request = b""
        while not request.endswith(b"\r\n\r\n"):
            byte = self.sock.recv(1)
            if not byte:
                return b""
            request += byte
        self.server.requests.append(request)
        return request

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def drip(self, data: bytes, *, every: float) -> None:
        """Send a byte at a time, `every` so many seconds."""
        for position in range(len(data)):
            self.send(data[position : position + 1])
            if self.server.closing.wait(every):
                return

    def hold(self) -> None:
        """Keep the connection open and say nothing, until the client hangs up or the test is over."""
        while self.sock.recv(4096):
            pass

    def reset(self) -> None:
        """End the connection with RST instead of FIN."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()


class FaultServer:
    """Serves `script` on a free port of 127.0.0.1 while the `with` block lasts."""

    def __init__(self, script: Script, *, tls: ssl.SSLContext | None = None) -> None:
        self._script = script
        self._tls = tls
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self.closing = threading.Event()
        self.accepted = 0
        self.requests: list[bytes] = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}/aff_lsr?adv_unique1=1001"

    @property
    def targets(self) -> list[str]:
        """What each request asked for, oldest first."""
        return [request.split(b" ")[1].decode() for request in self.requests]

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closing.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for sock in self._sockets:
                with suppress(OSError):
                    socket.socket.shutdown(sock, socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)
            assert not thread.is_alive(), "A script does not end."

    def keep(self, sock: socket.socket) -> None:
        with self._lock:
            self._sockets.append(sock)

    def _start(self, target: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.accepted += 1
            self.keep(sock)
            self._start(self._serve, Connection(self, sock, self.accepted))

    def _serve(self, connection: Connection) -> None:
        try:
            with suppress(OSError):
                if self._tls:
                    connection.start_tls(self._tls)
                self._script(connection)
        finally:
            with suppress(OSError):
                connection.sock.close()


@contextmanager
def refusing_port() -> Iterator[int]:
    """A port of 127.0.0.1 that refuses connections, and that nobody else can take meanwhile."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, but not listening
        yield taken.getsockname()[1]


def reply(
    body: bytes | str = b"success=true;", status: str = "200 OK", headers: str = "", *, length: int | None = None
) -> bytes:
    """A whole HTTP reply; `length` makes Content-Length lie."""
    data = body.encode() if isinstance(body, str) else body
    size = len(data) if length is None else length
    head = f"HTTP/1.1 {status}\r\nContent-Length: {size}\r\n{headers}\r\n"
    return head.encode("latin-1") + data


def always(data: bytes) -> Script:
    """Answer every request with `data` and keep the connection."""

    def script(connection: Connection) -> None:
        while connection.read_request():
            connection.send(data)

    return script


def once(data: bytes) -> Script:
    """Answer one request with `data`, then hang up."""

    def script(connection: Connection) -> None:
        connection.read_request()
        connection.send(data)

    return script


def silent(connection: Connection) -> None:
    """Read the request, say nothing."""
    connection.read_request()
    connection.hold()


def reset_while_reading(connection: Connection) -> None:
    connection.sock.recv(1)
    connection.reset()


def reset_at_once(connection: Connection) -> None:
    """As early as can be: the client may hear of it while it connects, or while it sends."""
    connection.reset()


def reset_after_reading(connection: Connection) -> None:
    connection.read_request()
    connection.reset()


def close_at_once(_connection: Connection) -> None:
    """Hang up before reading."""


def close_after_reading(connection: Connection) -> None:
    connection.read_request()


def dripping(head: bytes, tail: bytes, *, every: float = 0.05) -> Script:
    """Send `head` at once and `tail` byte by byte."""

    def script(connection: Connection) -> None:
        connection.read_request()
        connection.send(head)
        connection.drip(tail, every=every)

    return script


def endless(connection: Connection) -> None:
    """A body without an end."""
    connection.read_request()
    connection.send(b"HTTP/1.1 200 OK\r\n\r\n")
    while not connection.server.closing.is_set():
        connection.send(b"x" * 65536)
