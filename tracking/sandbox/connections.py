"""Sockets: a threaded HTTP/1.1 server that keeps connections alive, misuses them on demand, ends cleanly."""

import logging
import socket
import sys
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import TYPE_CHECKING, Any

from tracking.sandbox.faults import Fault
from tracking.sandbox.wire import Request, parse_params

if TYPE_CHECKING:
    from tracking.sandbox.aspire import Answer
    from tracking.sandbox.server import Sandbox

logger = logging.getLogger(__name__)

IDLE_LIMIT = 30  # seconds after which a kept-alive connection is closed
FORM_LIMIT = 64 * 1024  # bytes
JSON_LIMIT = 1024 * 1024  # bytes
ACCEPT_POLL = 0.02  # seconds between two looks at whether the server should end
HOLD_POLL = 0.1  # seconds between two looks at whether a waiting client is still there


class Connection(BaseHTTPRequestHandler):
    """One client's connection."""

    protocol_version = "HTTP/1.1"
    timeout = IDLE_LIMIT
    disable_nagle_algorithm = True
    server: "Listener"

    def do_GET(self) -> None:
        """Answer a request; the name is the standard library's."""
        body = self._read_body()
        if body is None:
            self.close_connection = True
            self.send_error(413)
            return
        path, _, query = self.path.partition("?")
        request = Request(
            method=self.command,
            path=path,
            query=query,
            form={} if body.startswith("{") else parse_params(body),
            host=self.headers.get("Host", ""),
            origin=self.headers.get("Origin", ""),
            content_type=self.headers.get("Content-Type", ""),
            client_secret=self.headers.get("x-client-secret", ""),
            body=body,
        )
        self._send(self.server.sandbox.answer(request))

    do_HEAD = do_POST = do_GET  # noqa: N815

    def _read_body(self) -> str | None:
        limit = JSON_LIMIT if self.headers.get("Content-Type", "").startswith("application/json") else FORM_LIMIT
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdecimal() or int(length) > limit:
            return None
        return self.rfile.read(int(length)).decode("utf-8", "replace")

    def _send(self, answer: "Answer") -> None:
        if answer.plan:
            match answer.plan.fault:
                case Fault.STALL:
                    self._hold(answer)
                    self.close_connection = True
                    return
                case Fault.DROP:
                    self.close_connection = True
                    return
                case Fault.CUT:
                    self.close_connection = True
                    whole = answer.response.encode(closes=True)
                    self.wfile.write(whole[: -max(1, len(answer.response.body) // 2)])
                    return
                case Fault.DRIP:
                    self.close_connection = True
                    self.wfile.write(answer.response.head(closes=True, length=10_000_000))
                    self._hold(answer, drips=True)
                    return
                case Fault.SLOW:
                    self._hold(answer)
        self.wfile.write(answer.response.encode(closes=self.close_connection, is_head=self.command == "HEAD"))

    def _hold(self, answer: "Answer", *, drips: bool = False) -> None:
        """Wait for the plan's seconds, for its release, or until the client has gone."""
        assert answer.plan is not None  # noqa: S101
        rounds = answer.plan.seconds / HOLD_POLL
        with self.server.sandbox.holding():
            while rounds > 0 and not answer.released.wait(min(rounds, 1) * HOLD_POLL):
                rounds -= 1
                if drips:
                    self.wfile.write(b" ")
                elif self._client_has_gone():
                    return

    def _client_has_gone(self) -> bool:
        try:
            self.connection.setblocking(False)
            return not self.connection.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        finally:
            self.connection.settimeout(self.timeout)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Log at debug level: requests are shown on the page."""
        logger.debug(format, *args)


class Listener(ThreadingHTTPServer):
    """Accepts connections, a daemon thread for each, and knows them all, so that it can end them."""

    daemon_threads = True
    request_queue_size = 128
    allow_reuse_port = False  # a port that is taken is to be told

    def __init__(self, address: tuple[str, int], sandbox: "Sandbox") -> None:
        self.sandbox = sandbox
        self._open: dict[threading.Thread, socket.socket] = {}
        self._opening = threading.Lock()
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        super().__init__(address, Connection)

    def server_bind(self) -> None:
        """Bind without the look-up of the host's name that HTTPServer does: it may ask the network."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]  # type: ignore[assignment]

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve the connection in a thread of its own."""
        thread = threading.Thread(
            target=self.process_request_thread,
            args=(request, client_address),
            daemon=True,
            name="sandbox-connection",
        )
        with self._opening:
            self._open[thread] = request
        thread.start()

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve the connection until it ends, then forget it."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._opening:
                del self._open[threading.current_thread()]

    def close_connections(self) -> None:
        """End every connection, also an idle one, and wait for its thread."""
        with self._opening:
            still_open = dict(self._open)
        for thread, request in still_open.items():
            with suppress(OSError):
                request.shutdown(socket.SHUT_RDWR)
            thread.join(timeout=5)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log what went wrong: a client that went away is nobody's error."""
        level = logging.DEBUG if isinstance(sys.exception(), OSError) else logging.ERROR
        logger.log(level, "The connection from %s broke.", client_address, exc_info=True)
