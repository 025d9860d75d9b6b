"""The one door to the network: one GET or POST, bounded in time and size, and whether it left.

Nothing is followed, nothing repeated, no cookie kept. Private addresses are refused on the address connected to.
"""

import logging
import os
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPException
from typing import TYPE_CHECKING, Any, Final, TypeVar

import requests
from requests.utils import get_environ_proxies
from urllib3 import HTTPConnectionPool
from urllib3 import exceptions as urllib3_errors
from urllib3.response import HTTPResponse
from urllib3.util import Timeout

from tracking.postbacks.connections import Adapter, current
from tracking.postbacks.exchanges import Exchange, Timeouts, Watchdog
from tracking.postbacks.failures import FORESEEN, describe, was_too_late
from tracking.postbacks.retries import read_retry_after
from tracking.postbacks.verdicts import NoReply, Reply

if TYPE_CHECKING:
    from collections.abc import Mapping

logger = logging.getLogger(__name__)

Result = TypeVar("Result")

KEPT_BODY: Final = 8 * 1024  # bytes of a reply that are read at most


@dataclass(frozen=True, slots=True)
class _Route:
    """How a thread reaches one origin."""

    pool: HTTPConnectionPool
    wants_whole_url: bool
    """A proxy for plain HTTP has to be told where the request is to go."""


class Transport:
    """Sends requests over kept-alive connections, a pool of its own for each thread.

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
        self._limits = Timeout(connect=self._timeouts.connect, read=self._timeouts.read)
        self._verify = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True
        self._watchdog = Watchdog()
        self._threads = threading.local()
        self._adapters: list[Adapter] = []
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
            lambda exchange: self._exchange(self._send(url, host, self._headers), exchange),
        )

    def post(
        self,
        url: str,
        body: bytes,
        *,
        host: str,
        headers: "Mapping[str, str]",
        send_before: datetime | None = None,
        secrets: tuple[str, ...] = (),
    ) -> Reply | NoReply:
        """Send one POST, as `get` sends a GET. `headers` come on top of those of every request."""
        sent = {**self._headers, **headers}
        return self._guarded(
            self._open(host, send_before=send_before, secrets=secrets),
            lambda exchange: self._exchange(self._send(url, host, sent, method="POST", body=body), exchange),
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
        current.exchange = exchange
        try:
            with self._watchdog.watching(exchange):
                return work(exchange)
        except Exception as error:  # noqa: BLE001 - whatever a library raises, what counts is whether the request left
            if not isinstance(error, FORESEEN):
                logger.error("Sending to %s failed in a way nobody foresaw: %s.", exchange.peer, type(error).__name__)
            is_too_late = was_too_late(error) and not exchange.was_sent
            return NoReply(describe(error, exchange), was_sent=exchange.was_sent, is_too_late=is_too_late)
        finally:
            current.exchange = None

    def close(self) -> None:
        """Close all connections that are not in use."""
        self._watchdog.close()
        for adapter in self._adapters:
            adapter.close()

    def _exchange(self, response: HTTPResponse, exchange: Exchange) -> Reply:
        connection = response.connection  # urllib3 lets go of it by itself at the body's end
        body = ""
        try:
            body, is_complete = _read(response, exchange)
        finally:
            # Without a body (1xx, 204) something may still follow, and be taken for the next request's reply.
            may_be_kept = body and not exchange.was_cut and response.isclosed()
            if connection is not None and not may_be_kept:
                connection.close()
            response.close()
        retry_after = read_retry_after(response.headers.get("Retry-After", ""), datetime.now(UTC))
        return Reply(response.status, body, is_complete, retry_after)

    def _send(
        self, url: str, host: str, headers: "Mapping[str, str]", *, method: str = "GET", body: bytes | None = None
    ) -> HTTPResponse:
        """Send one request over this thread's connections; the body is the caller's to read."""
        origin, target = _split(url)
        route = self._route(origin, host)
        response = route.pool.urlopen(
            method,
            url if route.wants_whole_url else target,
            body,
            headers=headers,
            retries=False,
            redirect=False,
            assert_same_host=False,
            timeout=self._limits,
            preload_content=False,
            decode_content=False,
        )
        assert isinstance(response, HTTPResponse)  # noqa: S101 - urllib3 promises only what all its versions have
        return response

    def _pool(self, url: str, host: str) -> Any:
        """The connections that a GET of `url` would be sent over."""
        return self._route(_split(url)[0], host).pool

    def _route(self, origin: str, host: str) -> _Route:
        """This thread's connections to an origin.

        `requests` sees to proxies and certificates, once. Its way to send a request would cost more than the request.
        """
        routes: dict[str, _Route] | None = getattr(self._threads, "routes", None)
        if routes is None:
            routes = self._threads.routes = {}
            self._threads.adapter = Adapter(max_retries=0)
            self._adapters.append(self._threads.adapter)
        if origin not in routes:
            adapter: Adapter = self._threads.adapter
            request = requests.Request("GET", f"{origin}/").prepare()
            proxies = self._proxies_for(origin, host)
            pool = adapter.get_connection_with_tls_context(request, self._verify, proxies=proxies)
            adapter.cert_verify(pool, request.url, self._verify, None)  # type: ignore[no-untyped-call]
            wants_whole_url = adapter.request_url(request, proxies) == request.url
            routes[origin] = _Route(pool, wants_whole_url)  # type: ignore[arg-type]  # types-requests knows less
        return routes[origin]

    def _proxies_for(self, origin: str, host: str) -> dict[str, str]:
        if host not in self._proxies:
            self._proxies[host] = get_environ_proxies(origin)
        return self._proxies[host]


_ORIGIN: Final = re.compile(r"[a-z]+://[^/?#]+", re.IGNORECASE)


def _split(url: str) -> tuple[str, str]:
    """Part a URL into scheme with host, and what the request line names. Raises ValueError for what is no URL."""
    found = _ORIGIN.match(url)
    if not found:
        raise ValueError("a URL without scheme and host")
    rest = url[found.end() :]
    return found[0], rest if rest.startswith("/") else f"/{rest}"


def _read(response: HTTPResponse, exchange: Exchange) -> tuple[str, bool]:
    """Read what is kept of the body, and tell whether that is all of it."""
    body = bytearray()
    is_complete = False
    try:
        while len(body) < KEPT_BODY and time.monotonic() < exchange.deadline:
            chunk = response.read1(KEPT_BODY - len(body), decode_content=True)
            if not chunk:
                is_complete = not exchange.was_cut
                break
            body += chunk
        else:
            is_complete = len(body) >= KEPT_BODY  # more than enough for a verdict; the rest is not read
    except (urllib3_errors.HTTPError, HTTPException, OSError, ValueError):
        pass  # the bytes read so far may tell; without a verdict in them the outcome stays unknown
    return bytes(body).decode("utf-8", errors="replace").replace("\0", ""), is_complete
