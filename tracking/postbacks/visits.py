"""The transport's side door, for diagnosis: a page asked for as a browser would, and a host reached without asking.

Nothing is followed and nothing is kept; no visit carries an order, so none can count as a sale.
"""

import socket
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from tracking.postbacks.addresses import is_public
from tracking.postbacks.exchanges import Exchange, Timeouts
from tracking.postbacks.transport import Transport
from tracking.postbacks.verdicts import NoReply

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

KEPT_PAGE: Final = 512 * 1024  # bytes of a page that are read at most
PATIENCE: Final = Timeouts(connect=5, read=15, whole=20)

# What a browser says when somebody follows a link; without it a firewall may answer otherwise than to shoppers.
BROWSER: Final = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Safari/537.36",
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language": "en-US,en;q=0.9",
    "Accept-Encoding": "gzip",
    "Sec-Fetch-Dest": "document",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-Site": "cross-site",
    "Connection": "close",  # the next visit may meet another process of the shop, as the next shopper does
}
SCRIPT: Final = {"Accept": "*/*", "Sec-Fetch-Dest": "empty", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Site": "same-origin"}


@dataclass(frozen=True, slots=True)
class Page:
    """What one address answered; nothing of it is followed."""

    url: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: str

    def header(self, name: str) -> str:
        """The header's values, joined as RFC 9110 has it; "" when there is none."""
        return ", ".join(self.all(name))

    def all(self, name: str) -> tuple[str, ...]:
        """Each value of a header that may come more than once."""
        return tuple(value for key, value in self.headers if key.lower() == name.lower())


@dataclass(frozen=True, slots=True)
class Reached:
    """A host that took the connection: over which TLS version ("" for plain HTTP), and through which proxy."""

    tls: str
    proxy: str


class Visitor(Transport):
    """Asks for pages as a browser that follows a link, and reaches hosts without asking for anything.

    `is_private_allowed(host)` tells whether a host may have an address that is not public.
    """

    def __init__(self, *, is_private_allowed: "Callable[[str], bool]", timeouts: Timeouts = PATIENCE) -> None:
        super().__init__(user_agent=BROWSER["User-Agent"], is_private_allowed=is_private_allowed, timeouts=timeouts)

    def visit(self, url: str, *, cookies: str = "") -> Page | NoReply:
        """GET one address. Never raises for what the network or the other side does."""
        return self._ask("GET", url, {**BROWSER, "Cookie": cookies} if cookies else BROWSER)

    def call(self, url: str, *, origin: str, cookies: str = "") -> Page | NoReply:
        """POST nothing to an address, as a script does on a page of `origin` (scheme and host)."""
        headers = {**BROWSER, **SCRIPT, "Origin": origin}
        return self._ask("POST", url, {**headers, "Cookie": cookies} if cookies else headers)

    def _ask(self, method: str, url: str, headers: dict[str, str]) -> Page | NoReply:
        host = urlsplit(url).hostname or ""
        return self._guarded(self._open(host), lambda exchange: self._page(method, url, headers, exchange))

    def reach(self, url: str, *, host: str) -> Reached | NoReply:
        """Connect to where `url` would be sent, as far as TLS, and hang up: no request leaves."""
        return self._guarded(self._open(host), lambda _exchange: self._reach(url, host))

    def _page(self, method: str, url: str, headers: dict[str, str], exchange: Exchange) -> Page:
        response = self._send(url, exchange.peer, headers, method=method)
        try:
            body = bytearray()
            while len(body) < KEPT_PAGE and time.monotonic() < exchange.deadline:
                chunk = response.read1(KEPT_PAGE - len(body), decode_content=True)
                if not chunk:
                    break
                body += chunk
        finally:
            response.close()
        return Page(url, response.status, tuple(response.headers.items()), body.decode(errors="replace"))

    def _reach(self, url: str, host: str) -> Reached:
        pool = self._pool(url, host)
        connection = pool._get_conn()  # urllib3 has no public way to connect without a request
        try:
            if pool.proxy and pool.scheme == "https":
                pool._prepare_proxy(connection)
            else:
                connection.connect()
            version = getattr(connection.sock, "version", lambda: "")()
            return Reached(version or "", pool.proxy.host or "" if pool.proxy else "")
        finally:
            connection.close()


def is_private(host: str) -> bool:
    """Tell whether a host has an address that is not public; False as well for a name that has none."""
    try:
        found: Sequence[tuple[object, ...]] = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        return False
    return any(not is_public(str(address[0])) for *_rest, address in found)  # type: ignore[index]
