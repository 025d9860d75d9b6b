"""What shoppers meet on the landing page: several come one after the other, each new, and what each was given."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from html import unescape
from secrets import randbelow
from typing import Final, Protocol
from urllib.parse import urljoin, urlsplit

from tracking.capture.clicks import Click, from_text
from tracking.postbacks.verdicts import NoReply
from tracking.postbacks.visits import Page
from tracking.reports.diagnose.cookies import Cookie, parse
from tracking.reports.diagnose.shopper import Journey, Shopper, parameters, with_parameters

OTHERS: Final = 5  # shoppers with ids of their own; enough to meet both of two processes, 31 times of 32

_SCRIPT = re.compile(r"<script\b[^>]*\btracking/capture(?:\.[0-9a-z]+)?\.js[^>]*>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""\b(src|data-url)\s*=\s*["']?([^"'\s>]+)""", re.IGNORECASE)
_CACHE_HEADERS: Final = (
    "X-Cache", "X-Cache-Status", "CF-Cache-Status", "Cache-Status", "X-Proxy-Cache", "X-Nginx-Cache", "X-Vercel-Cache",
    "X-Varnish-Cache", "X-Litespeed-Cache", "X-Drupal-Cache", "CDN-Cache", "X-Rack-Cache",
)  # fmt: skip
_HIT = re.compile(r"\b(hit|stale|updating|revalidated)\b", re.IGNORECASE)


class Visitor(Protocol):
    """The part of `tracking.postbacks.visits.Visitor` that is used here."""

    def visit(self, url: str, *, cookies: str = "") -> Page | NoReply: ...

    def call(self, url: str, *, origin: str, cookies: str = "") -> Page | NoReply: ...


@dataclass(frozen=True, slots=True)
class Names:
    """What this project calls the things that are looked for."""

    affiliate_id: str
    offer_id: str
    transaction_id: str
    cookie: str
    session: str

    @property
    def parameters(self) -> tuple[str, str, str]:
        return self.affiliate_id, self.transaction_id, self.offer_id


@dataclass(frozen=True, slots=True)
class Given:
    """What one new shopper, who came with the id `asked`, was given."""

    asked: str
    url: str
    page: Page | None
    click: Cookie | None
    """The click cookie as it was set, whether a browser keeps it or not."""
    set_by: Page | None
    """The answer that set it."""
    session: Cookie | None

    @property
    def held(self) -> Click | None:
        """The click in the cookie, read without its signature."""
        held = from_text(self.click.value.rpartition(":")[0]) if self.click else []
        return held[0].click if held else None

    @property
    def id_given(self) -> str:
        return (self.held.affiliate_id or self.held.transaction_id) if self.held else ""

    @property
    def is_kept(self) -> bool:
        return bool(self.click and self.set_by and not self.click.refusal(self.set_by.url))


@dataclass(frozen=True, slots=True)
class Script:
    """The capture script of a page, and what came of calling where it would."""

    src: str
    file: Page | NoReply
    endpoint: str
    answer: Page | NoReply | None
    given: Given | None


@dataclass(frozen=True, slots=True)
class Visits:
    """All that was seen on one landing page."""

    first: Given
    plain: Page | None
    """The page without parameters, asked for twice: where there is a cache, this is its copy."""
    others: tuple[Given, ...]
    again: Given
    """The first one's address once more, by somebody else."""
    second_page: Page | None
    shopper: Shopper
    """The first one, with the cookies kept at the end."""
    script: Script | None

    @property
    def all(self) -> tuple[Given, ...]:
        return self.first, *self.others, self.again


def cache_evidence(page: Page | None) -> str:
    """The header by which a page owns up to be a cache's copy; "" without one (nginx by itself says nothing)."""
    if page is None:
        return ""
    age = page.header("Age")
    if age.isdecimal() and int(age) > 0:
        return f"Age: {age}"
    for name in _CACHE_HEADERS:
        if _HIT.search(page.header(name)):
            return f"{name}: {page.header(name)}"
    return f"X-Varnish: {page.header('X-Varnish')}" if len(page.header("X-Varnish").split()) > 1 else ""


def gather(
    url: str, *, names: Names, visitor: Visitor, cookies: str, pause: Callable[[float], object] = time.sleep
) -> Visits:
    """Visit a landing as several new shoppers do. `url` carries an id; `cookies` go along everywhere."""
    began = time.monotonic()
    shopper = Shopper(visitor.visit, cookies)
    first, end = _land(shopper, url, names)
    plain_url = with_parameters(end, dict.fromkeys(names.parameters))
    second_page = _page(shopper.follow(plain_url))
    _page(Shopper(visitor.visit, cookies).follow(plain_url))
    plain = _page(Shopper(visitor.visit, cookies).follow(plain_url))
    others = tuple(_land(Shopper(visitor.visit, cookies), _as_other(url, names), names)[0] for _ in range(OTHERS))
    pause(max(began + 1.1 - time.monotonic(), 0))  # clicks bear the second they were made in
    again, _ = _land(Shopper(visitor.visit, cookies), url, names)
    script = _script(plain or first.page, names, visitor, cookies)
    return Visits(first, plain, others, again, second_page, shopper, script)


def _land(shopper: Shopper, url: str, names: Names) -> tuple[Given, str]:
    journey = shopper.follow(url)
    click, session = journey.last_set(names.cookie), journey.last_set(names.session)
    given = Given(
        asked=_id_in(url, names),
        url=url,
        page=_page(journey),
        click=click[1] if click else None,
        set_by=click[0].page if click else None,
        session=session[1] if session else None,
    )
    return given, journey.end.url if journey.hops else url


def _page(journey: Journey) -> Page | None:
    return journey.end.page if journey.hops and not journey.error else None


def _id_in(url: str, names: Names) -> str:
    found = parameters(url)
    return found.get(names.affiliate_id) or found.get(names.transaction_id) or ""


def _as_other(url: str, names: Names) -> str:
    """The address with an affiliate or transaction that nobody has, in digits as Aspire's are."""
    new_id = str(10**9 + randbelow(9 * 10**9))
    found = parameters(url)
    return with_parameters(url, {name: new_id for name in names.parameters[:2] if found.get(name)})


def _script(page: Page | None, names: Names, visitor: Visitor, cookies: str) -> Script | None:
    tag = _SCRIPT.search(page.body) if page else None
    if page is None or tag is None:
        return None
    attributes = {name.lower(): unescape(value) for name, value in _ATTRIBUTE.findall(tag[0])}
    src, endpoint = urljoin(page.url, attributes.get("src", "")), attributes.get("data-url", "")
    file = visitor.visit(src)
    if not endpoint:
        return Script(src, file, "", None, None)
    parts = urlsplit(page.url)
    asked = str(10**9 + randbelow(9 * 10**9))
    url = f"{urljoin(page.url, endpoint)}?{names.affiliate_id}={asked}"
    answer = visitor.call(url, origin=f"{parts.scheme}://{parts.netloc}", cookies=cookies)
    return Script(src, file, urljoin(page.url, endpoint), answer, _given_by_call(answer, url, asked, names))


def _given_by_call(answer: Page | NoReply, url: str, asked: str, names: Names) -> Given | None:
    if isinstance(answer, NoReply):
        return None
    found = {cookie.name: cookie for line in answer.all("Set-Cookie") if (cookie := parse(line, url))}
    click = found.get(names.cookie)
    return Given(asked, url, answer, click, answer if click else None, found.get(names.session))
