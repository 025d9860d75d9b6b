"""A shopper: keeps cookies as a browser does, and follows redirects one at a time."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl, urldefrag, urlencode, urljoin, urlsplit, urlunsplit

from django.utils import timezone

from tracking.postbacks.verdicts import NoReply
from tracking.postbacks.visits import Page
from tracking.reports.diagnose.cookies import Cookie, parse

MOST_HOPS: Final = 15  # browsers give up after 20
REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})

Visit = Callable[..., Page | NoReply]
"""`Visitor.visit`."""


@dataclass(frozen=True, slots=True)
class Hop:
    """One answer on the way: what it set, and where it led (empty at the end)."""

    page: Page
    cookies: tuple[Cookie, ...]
    next_url: str

    @property
    def url(self) -> str:
        return self.page.url


@dataclass(frozen=True, slots=True)
class Journey:
    """The way from a link to a page, answer by answer."""

    hops: tuple[Hop, ...]
    error: str = ""
    """Why the way ended without a page."""
    failed_url: str = ""
    """The address that gave no answer."""

    @property
    def end(self) -> Hop:
        return self.hops[-1]

    def last_set(self, name: str) -> tuple[Hop, Cookie] | None:
        """The last cookie of that name that was set on the way, and the answer that set it."""
        found = [(hop, cookie) for hop in self.hops for cookie in hop.cookies if cookie.name == name]
        return found[-1] if found else None


@dataclass(slots=True)
class Shopper:
    """Somebody who comes without cookies, but for those given."""

    visit: Visit
    extra: str = ""
    """Cookies to send everywhere, such as the one that says the shopper consented: `name=value; name=value`."""
    jar: list[Cookie] = field(default_factory=list)

    def follow(self, url: str) -> Journey:
        """Open an address and follow every redirect."""
        hops: list[Hop] = []
        seen: set[tuple[str, str]] = set()
        while True:
            cookies = self._cookies_for(url)
            if (url, cookies) in seen:
                return Journey(tuple(hops), f"the redirects lead in a circle, back to {url}", url)
            if len(hops) >= MOST_HOPS:
                return Journey(tuple(hops), f"{MOST_HOPS} redirects, and no page yet", url)
            seen.add((url, cookies))
            answer = self.visit(url, cookies=cookies)
            if isinstance(answer, NoReply):
                return Journey(tuple(hops), answer.error, url)
            hop = Hop(answer, self._take(answer), _location(answer))
            hops.append(hop)
            if not hop.next_url:
                return Journey(tuple(hops))
            url = hop.next_url
            if urlsplit(url).scheme not in {"http", "https"}:
                return Journey(tuple(hops), f"a redirect leads to {url}, which no browser opens", url)

    def holds(self, name: str, url: str) -> Cookie | None:
        """The cookie of that name that is sent along to `url`."""
        return next((cookie for cookie in self.jar if cookie.name == name and cookie.is_sent_to(url)), None)

    def _take(self, page: Page) -> tuple[Cookie, ...]:
        cookies = tuple(filter(None, (parse(line, page.url) for line in page.all("Set-Cookie"))))
        now = timezone.now()
        for cookie in cookies:
            if cookie.refusal(page.url):
                continue
            key = (cookie.name, cookie.domain or cookie.host, cookie.path)
            self.jar = [kept for kept in self.jar if (kept.name, kept.domain or kept.host, kept.path) != key]
            if not cookie.is_deletion(now):
                self.jar.append(cookie)
        return cookies

    def _cookies_for(self, url: str) -> str:
        kept = [f"{cookie.name}={cookie.value}" for cookie in self.jar if cookie.is_sent_to(url)]
        return "; ".join(filter(None, [self.extra, *kept]))


def _location(page: Page) -> str:
    location = page.header("Location")
    return urldefrag(urljoin(page.url, location)).url if page.status in REDIRECTS and location else ""


def parameters(url: str) -> dict[str, str]:
    """The parameters of an address; of one that stands there twice the last, as Django takes it."""
    return dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))


def with_parameters(url: str, changes: dict[str, str | None]) -> str:
    """The address with parameters changed, or left out where the new value is None. The rest stays as it is."""
    parts = urlsplit(url)
    kept = [(name, changes.get(name, value)) for name, value in parse_qsl(parts.query, keep_blank_values=True)]
    query = urlencode([(name, value) for name, value in kept if value is not None])
    return urlunsplit(parts._replace(query=query, fragment=""))
