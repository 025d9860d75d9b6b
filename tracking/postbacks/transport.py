"""The one door to the network: one GET, bounded in time and size, and whether it left.

Nothing is followed, nothing repeated, no cookie kept. Private addresses are refused on the address connected to.
"""

import logging
import os
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from http.client import HTTPException
from typing import TYPE_CHECKING, Any, Final, TypeVar

import requests
from requests.adapters import HTTPAdapter
from requests.utils import get_environ_proxies
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3 import exceptions as urllib3_errors
from urllib3.connection import HTTPConnection, HTTPSConnection

from tracking.postbacks.exchanges import AddressRefusedError, Exchange, Timeouts, TooLateError, Watchdog, connect
from tracking.postbacks.retries import read_retry_after
from tracking.postbacks.template import mask
from tracking.postbacks.verdicts import NoReply, Reply

if TYPE_CHECKING:
    from collections.abc import Iterator

logger = logging.getLogger(__name__)

Result = TypeVar("Result")

KEPT_BODY: Final = 8 * 1024  # bytes of a reply that are read at most
IDLE_LIMIT: Final = 4.0  # seconds; an older connection may be closed as we send, which looks like "processed"


_FORESEEN: Final = (requests.RequestException, urllib3_errors.HTTPError, HTTPException, OSError, ValueError)

_current = threading.local()

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")  # some databases take no NUL


class _Observed:
    """What both connection classes add: the address check, the deadline, and the moment that bytes leave."""

    sock: Any
    host: str
    port: int
    proxy: Any
    timeout: Any
    socket_options: Any
    _last_used = 0.0
    _is_connecting = False

    def connect(self) -> None:
        self._is_connecting = True
        try:
            super().connect()  # type: ignore[misc]
        finally:
            self._is_connecting = False

    def _new_conn(self) -> socket.socket:
        exchange: Exchange = _current.exchange
        must_be_public = not exchange.allows_private and not self.proxy
        exchange.peer = self.host
        try:
            sock = connect(self.host.strip("[]"), self.port, exchange.timeouts.connect, must_be_public=must_be_public)
        except OSError as error:  # bare, some of these would be taken for what happens while sending, and passed over
            raise urllib3_errors.NewConnectionError(self, str(error)) from error  # type: ignore[arg-type]
        for option in self.socket_options or ():
            sock.setsockopt(*option)
        exchange.sock = sock
        exchange.deadline = time.monotonic() + exchange.timeouts.whole
        return sock

    def send(self, data: Any) -> None:
        exchange: Exchange = _current.exchange
        if self.sock is None:
            self.connect()
        if not self._is_connecting:
            if exchange.send_before is not None and time.time() > exchange.send_before:
                raise TooLateError
            exchange.sock = self.sock
            exchange.deadline = min(exchange.deadline, time.monotonic() + exchange.timeouts.whole)
            exchange.was_sent = True
        self._last_used = time.monotonic()
        super().send(data)  # type: ignore[misc]

    @property
    def is_connected(self) -> bool:
        fresh = time.monotonic() - self._last_used < IDLE_LIMIT
        return fresh and super().is_connected  # type: ignore[misc]


class _PlainConnection(_Observed, HTTPConnection):
    pass


class _TLSConnection(_Observed, HTTPSConnection):
    pass


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _TLSPool(HTTPSConnectionPool):
    ConnectionCls = _TLSConnection


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _TLSPool}

    def proxy_manager_for(self, proxy: Any, **kwargs: Any) -> Any:
        if proxy.lower().startswith("socks"):
            # Its connections could not tell whether the request left.
            raise requests.exceptions.InvalidSchema("SOCKS proxies are not supported; give an HTTP proxy")
        manager = super().proxy_manager_for(proxy, **kwargs)
        manager.pool_classes_by_scheme = {"http": _PlainPool, "https": _TLSPool}
        return manager


class Transport:
    """Sends GETs over kept-alive connections, a pool of its own for each thread.

    `is_private_allowed(host)` tells whether `host` may have an address that is not public. Proxies and the CA bundle
    are read from the environment once, as `requests` names them (HTTPS_PROXY, NO_PROXY, REQUESTS_CA_BUNDLE).
    """

    def __init__(
        self,
        *,
        user_agent: str,
        is_private_allowed: Callable[[str], bool] = lambda _host: False,
        timeouts: Timeouts | None = None,
    ) -> None:
        self._headers = {"User-Agent": user_agent, "Accept": "*/*", "Accept-Encoding": "identity"}
        self._is_private_allowed = is_private_allowed
        self._timeouts = timeouts or Timeouts()
        self._verify = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True
        self._watchdog = Watchdog()
        self._threads = threading.local()
        self._adapters: list[_Adapter] = []
        self._proxies: dict[str, dict[str, str]] = {}

    def get(
        self, url: str, *, host: str, send_before: datetime | None = None, secrets: tuple[str, ...] = ()
    ) -> Reply | NoReply:
        """Send one GET and read the reply, 8 KiB of it at most.

        `send_before`: past this moment the request must not leave (its lease is about to expire). `secrets` are
        masked in what libraries log and in the error returned. Never raises for what the network or the other side
        does.
        """
        return self._guarded(
            self._open(host, send_before=send_before, secrets=secrets),
            lambda exchange: self._exchange(url, host, exchange),
        )

    def _open(self, host: str, *, send_before: datetime | None = None, secrets: tuple[str, ...] = ()) -> Exchange:
        return Exchange(
            timeouts=self._timeouts,
            peer=host,
            allows_private=self._is_private_allowed(host),
            send_before=send_before.timestamp() if send_before else None,
            secrets=secrets,
        )

    def _guarded(self, exchange: Exchange, work: Callable[[Exchange], Result]) -> Result | NoReply:
        """Do what may fail in any way under the watchdog's eye, and say in a sentence what went wrong."""
        _current.exchange = exchange
        try:
            with self._watchdog.watching(exchange):
                return work(exchange)
        except Exception as error:  # noqa: BLE001 - whatever a library raises, what counts is whether the request left
            if not isinstance(error, _FORESEEN):
                logger.error("Sending to %s failed in a way nobody foresaw: %s.", exchange.peer, type(error).__name__)
            return NoReply(_describe(error, exchange), was_sent=exchange.was_sent)
        finally:
            _current.exchange = None

    def close(self) -> None:
        """Close all connections that are not in use."""
        self._watchdog.close()
        for adapter in self._adapters:
            adapter.close()

    def _exchange(self, url: str, host: str, exchange: Exchange) -> Reply:
        response = self._send(url, host, self._headers)
        connection = response.raw.connection  # urllib3 lets go of it by itself at the body's end
        body = ""
        try:
            body, is_complete = _read(response, exchange)
        finally:
            # Without a body (1xx, 204) something may still follow, and be taken for the next request's reply.
            may_be_kept = body and not exchange.was_cut and response.raw.isclosed()
            if connection is not None and not may_be_kept:
                connection.close()
            response.raw.close()
        retry_after = read_retry_after(response.headers.get("Retry-After", ""), datetime.now(UTC))
        return Reply(response.status_code, body, is_complete, retry_after)

    def _send(self, url: str, host: str, headers: dict[str, str], *, method: str = "GET") -> requests.Response:
        return self._adapter().send(
            requests.Request(method, url, headers=headers).prepare(),
            stream=True,
            timeout=(self._timeouts.connect, self._timeouts.read),
            verify=self._verify,
            proxies=self._proxies_for(url, host),
        )

    def _pool(self, url: str, host: str) -> Any:
        """The pool that a GET of `url` would be sent through."""
        request = requests.Request("GET", url).prepare()
        return self._adapter().get_connection_with_tls_context(request, self._verify, self._proxies_for(url, host))

    def _proxies_for(self, url: str, host: str) -> dict[str, str]:
        if host not in self._proxies:
            self._proxies[host] = get_environ_proxies(url)
        return self._proxies[host]

    def _adapter(self) -> _Adapter:
        adapter: _Adapter | None = getattr(self._threads, "adapter", None)
        if adapter is None:
            adapter = self._threads.adapter = _Adapter(max_retries=0)
            self._adapters.append(adapter)
        return adapter


def _read(response: requests.Response, exchange: Exchange) -> tuple[str, bool]:
    """Read what is kept of the body, and tell whether that is all of it."""
    body = bytearray()
    is_complete = False
    try:
        while len(body) < KEPT_BODY and time.monotonic() < exchange.deadline:
            chunk = response.raw.read1(KEPT_BODY - len(body), decode_content=True)
            if not chunk:
                is_complete = not exchange.was_cut
                break
            body += chunk
        else:
            is_complete = len(body) >= KEPT_BODY  # more than enough for a verdict; the rest is not read
    except (urllib3_errors.HTTPError, HTTPException, OSError, ValueError):
        pass  # the bytes read so far may tell; without a verdict in them the outcome stays unknown
    return bytes(body).decode("utf-8", errors="replace").replace("\0", ""), is_complete


def _describe(error: BaseException, exchange: Exchange) -> str:
    """Say in a sentence why there is no reply. The words of `requests` hold the whole URL, so they are not used."""
    chain = list(_causes(error))
    timeouts, peer = exchange.timeouts, exchange.peer
    if exchange.was_cut:
        return f"no complete answer within {timeouts.whole:g} s"
    if exchange.was_sent:
        if any(isinstance(cause, TimeoutError | urllib3_errors.ReadTimeoutError) for cause in chain):
            return f"no answer within {timeouts.read:g} s"
        return "the connection broke before an answer"
    words = _CONTROL.sub(" ", mask(str(chain[-1]), *exchange.secrets))[:200]
    for cause in chain:
        match cause:
            case AddressRefusedError():
                return (
                    f"{peer} has the address {cause}, which is not public: refused. If it is a host of yours, name it "
                    "in TRACKING_POSTBACK_HOSTS"
                )
            case TooLateError():
                return "not sent: the lease was about to expire"
            case socket.gaierror():
                return f"the name {peer} cannot be resolved"
            case ssl.SSLError():
                return f"TLS with {peer} failed: {words}"
            case ConnectionRefusedError():
                return f"{peer} refused the connection"
            case TimeoutError() if exchange.sock is None:
                return f"no connection to {peer} within {timeouts.connect:g} s"
            case TimeoutError():
                return f"{peer} took the connection, but nothing more came of it within {timeouts.connect:g} s"
    return f"no connection to {peer}: {words}"


def _causes(error: BaseException) -> "Iterator[BaseException]":
    """The error and what it wraps, outermost first, as `requests` and urllib3 nest it."""
    seen: set[int] = set()
    pending: list[BaseException] = [error]
    while pending:
        current = pending.pop(0)
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        nested = [current.__cause__, current.__context__, getattr(current, "reason", None), *current.args]
        pending += [item for item in nested if isinstance(item, BaseException)]


class _SecretsFilter(logging.Filter):
    """Masks secrets in what urllib3 logs: at DEBUG it prints request targets whole."""

    def filter(self, record: logging.LogRecord) -> bool:
        exchange: Exchange | None = getattr(_current, "exchange", None)
        message = record.getMessage()
        masked = mask(message, *(exchange.secrets if exchange else ()))
        if masked != message:
            record.msg, record.args = masked, ()
        return True


for _name in ("urllib3.connectionpool", "urllib3.connection", "urllib3.util.retry", "urllib3.response"):
    logging.getLogger(_name).addFilter(_SecretsFilter())
