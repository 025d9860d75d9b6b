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
    from collections.abc import Sequence

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

    `may_be_private` tells whether addresses that are not public are asked for: only where the operator named one.
    """

    def __init__(self, *, may_be_private: bool, timeouts: Timeouts = PATIENCE) -> None:
        super().__init__(
            user_agent=BROWSER["User-Agent"], is_private_allowed=lambda _host: may_be_private, timeouts=timeouts
        )

    def visit(self, url: str, *, cookies: str = "", headers: "dict[str, str] | None" = None) -> Page | NoReply:
        """GET one address. Never raises for what the network or the other side does."""
        host = urlsplit(url).hostname or ""
        sent = {**BROWSER, **(headers or {}), **({"Cookie": cookies} if cookies else {})}
        return self._guarded(self._open(host), lambda exchange: self._page(url, host, sent, exchange))

    def reach(self, url: str, *, host: str) -> Reached | NoReply:
        """Connect to where `url` would be sent, as far as TLS, and hang up: no request leaves."""
        return self._guarded(self._open(host), lambda _exchange: self._reach(url, host))

    def _page(self, url: str, host: str, headers: dict[str, str], exchange: Exchange) -> Page:
        response = self._send(url, host, headers)
        try:
            body = bytearray()
            while len(body) < KEPT_PAGE and time.monotonic() < exchange.deadline:
                chunk = response.raw.read1(KEPT_PAGE - len(body), decode_content=True)
                if not chunk:
                    break
                body += chunk
        finally:
            response.raw.close()
        return Page(url, response.status_code, tuple(response.raw.headers.items()), body.decode(errors="replace"))

    def _reach(self, url: str, host: str) -> Reached:
        pool = self._pool(url, host)
        connection = pool._get_conn()  # noqa: SLF001 - urllib3 has no public way to connect without a request
        try:
            if pool.proxy and pool.scheme == "https":
                pool._prepare_proxy(connection)  # noqa: SLF001 - likewise
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
