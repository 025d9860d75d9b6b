"""Is the click kept on the landing page, and well kept? Judges what the first shopper was given. Plain rules."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from tracking.postbacks.visits import Page
from tracking.reports.diagnose.cookies import Cookie
from tracking.reports.diagnose.flags import judge_flags
from tracking.reports.diagnose.results import Result, fault, ok, warning
from tracking.reports.diagnose.visits import Given, Names, Visits, cache_evidence
from tracking.reports.wording import count

CLICK: Final = "Click"
KEY: Final = "SECRET_KEY"
CACHING: Final = "Cache headers"
SECOND: Final = "Second page"


@dataclass(frozen=True, slots=True)
class Expected:
    """What this project's settings say, to hold against what was seen."""

    names: Names
    window_days: int
    cookie_domain: str
    asks_consent: bool
    has_middleware: bool
    is_signed: Callable[[str], bool]
    """Whether the signature of a click cookie's value fits this project's key."""
    session_has_click: Callable[[str], bool | None]
    """Whether the session of that key holds a click; None where that cannot be told."""


def judge(visits: Visits, expected: Expected, now: datetime) -> Iterator[Result]:
    """Judge the first shopper's landing, and the page that he opens next."""
    first = visits.first
    if first.click is None or first.set_by is None:
        yield from _not_kept(visits, expected)
        return
    if refusal := first.click.refusal(first.set_by.url):
        yield _refused(refusal)
        return
    yield ok(CLICK, f"Kept: the cookie {first.click.name} was set, for {first.id_given or 'nobody'}.")
    yield from _key(visits, expected)
    yield from judge_flags(
        first.click, first.set_by, cookie_domain=expected.cookie_domain, window_days=expected.window_days, now=now
    )
    yield _cache_headers(first.set_by)
    yield from _second_page(visits, first, expected, now)


def _not_kept(visits: Visits, expected: Expected) -> Iterator[Result]:
    first, names = visits.first, expected.names
    page = first.page
    what = f"No cookie {names.cookie} was set by {first.url}"
    if page is None:
        yield fault(CLICK, f"{what}: it gave no page.", "Mend that first, then run this again.")
    elif visits.script and visits.script.given and visits.script.given.is_kept:
        yield warning(
            CLICK,
            f"{what} itself; the capture script on the page keeps the click in its place{_copy(page)}.",
            "Shoppers without scripts are lost. Let the cache pass addresses with "
            f"{names.affiliate_id} on to the shop, if it can.",
        )
    elif expected.asks_consent:
        yield warning(
            CLICK,
            f"{what}: TRACKING_CONSENT is set, and this visitor has given none.",
            "Run this again with the cookie of a shopper who consented: --cookie 'NAME=VALUE'.",
        )
    elif cache_evidence(page) or any(given.click for given in visits.all):
        evidence = cache_evidence(page) or "other visits were given one"
        yield fault(CLICK, f"{what}: a cache answered in the shop's place ({evidence}).", past_the_cache(names))
    elif _is_ours(page):
        past = past_the_cache(names)
        also = "; so does the page without the parameter, as if a cache kept this one" if _is_ours(visits.plain) else ""
        yield fault(
            CLICK,
            f"{what}, though the page says “{page.header('Cache-Control')}” as it does when the middleware keeps a "
            f"click{also}: something between the shop and the visitor takes Set-Cookie away.",
            "Look in the proxy or CDN for what drops it (nginx: proxy_hide_header Set-Cookie; Varnish: unset "
            "beresp.http.Set-Cookie; a CDN's “remove cookies”), and take that out. A page cache does well to strip "
            f"them; there {past[0].lower()}{past[1:]}",
        )
    else:
        yield fault(CLICK, f"{what}: the shop did not capture it.", _why_not_captured(expected))


def past_the_cache(names: Names) -> str:
    """How to let landings through a cache."""
    return (
        "Put the capture script into the base template ({% load tracking %} {% capture_script %}) and include "
        "tracking.urls; or let the cache pass on addresses with the parameter (nginx: proxy_cache_bypass "
        f"$arg_{names.affiliate_id}; proxy_no_cache $arg_{names.affiliate_id}; elsewhere: put {names.affiliate_id} "
        "into the cache key and honour Cache-Control)."
    )


def _why_not_captured(expected: Expected) -> str:
    if not expected.has_middleware:
        return (
            "Add 'tracking.middleware.AffiliateMiddleware' to MIDDLEWARE, right after SessionMiddleware, and restart "
            "the web processes."
        )
    return (
        "The middleware is in the settings that this command reads. Run this once more with the address of the shop's "
        "own process in --url, past every proxy (such as http://127.0.0.1:8000/…). If the click is kept there, a cache "
        "or firewall in front answers in the shop's place: let it pass landings. If it is not, the process runs other "
        f"settings or older code, or calls the parameter otherwise (here it is {expected.names.affiliate_id}): restart "
        "it, and see its log for “A landing could not be captured”."
    )


def _refused(refusal: str) -> Result:
    if "is not https" in refusal:
        remedy = (
            "Redirect http to https before the shop answers, with the query kept; and see that Django knows which is "
            "which (SECURE_PROXY_SSL_HEADER)."
        )
    elif "Domain" in refusal:
        remedy = (
            "Set TRACKING_COOKIE_DOMAIN to a domain that this host belongs to, or leave it out; or stop the proxy from "
            "rewriting it (nginx: proxy_cookie_domain)."
        )
    else:
        remedy = "Stop the proxy from rewriting the cookie (nginx: proxy_cookie_flags)."
    return fault(CLICK, f"The cookie was set, and every browser throws it away: {refusal}.", remedy)


def _key(visits: Visits, expected: Expected) -> Iterator[Result]:
    values = [given.click.value for given in visits.all if given.click]
    good = sum(map(expected.is_signed, values))
    bad = len(values) - good
    if not bad:
        yield ok(KEY, f"{count(good, 'click cookie')} looked at, signed with this project's key.")
    elif good:
        yield fault(
            KEY,
            f"{bad} of {len(values)} click cookies {'bears' if bad == 1 else 'bear'} another signature: the shop's "
            "processes do not share one SECRET_KEY, so what one of them keeps the next throws away.",
            "Give every process the same SECRET_KEY (not one made up at the start), and restart them all.",
        )
    else:
        yield fault(
            KEY,
            "No click cookie bears the signature of this project's SECRET_KEY: the shop makes them with another, or "
            "each process with its own.",
            "Run this command with the environment of the web processes. If it has that, give them all the same "
            "SECRET_KEY, fixed and not made up at the start, and restart them; old keys go to SECRET_KEY_FALLBACKS.",
        )


def _cache_headers(page: Page) -> Result:
    header = page.header("Cache-Control")
    directives = {part.strip().partition("=")[0].lower() for part in header.split(",")}
    cdn = {name: page.header(name) for name in ("CDN-Cache-Control", "Surrogate-Control") if page.header(name)}
    is_kept_out = directives & {"no-store", "private"} and not directives & {"public", "s-maxage"}
    if is_kept_out and not any("max-age" in value for value in cdn.values()):
        return ok(CACHING, f"Caches are told not to keep the landing (Cache-Control: {header}).")
    told = "; ".join([f"Cache-Control: {header or 'missing'}", *(f"{name}: {value}" for name, value in cdn.items())])
    return fault(
        CACHING,
        f"A shared cache may keep the landing together with its cookie ({told}).",
        "The middleware says “private, no-store”: stop what overwrites that, a middleware that stands before it in "
        "MIDDLEWARE or the proxy (nginx: expires, add_header Cache-Control; a CDN's cache rule for all pages).",
    )


def _second_page(visits: Visits, first: Given, expected: Expected, now: datetime) -> Iterator[Result]:
    page, names = visits.second_page, expected.names
    if page is None:
        yield warning(SECOND, "The page without its parameters gave no answer.", "Open it in a browser.")
        return
    if not visits.shopper.holds(names.cookie, page.url):
        yield _cookie_is_gone(page, first.click, names)
        return
    if first.session and _session_was_replaced(visits, first.session, names):
        yield fault(
            SECOND,
            f"The session did not survive to the second page: the shop did not know the cookie {names.session} that it "
            "had set.",
            "Let all web processes share one session store (not the engine `cache` on local memory, nor a database "
            "file of each machine) and one SECRET_KEY.",
        )
        return
    yield from _session(first, expected)


def _cookie_is_gone(page: Page, cookie: Cookie | None, names: Names) -> Result:
    if any(line.startswith(f"{names.cookie}=") for line in page.all("Set-Cookie")):
        return fault(
            SECOND,
            f"{page.url} takes the click cookie back.",
            "See what in the shop deletes cookies there: a consent tool or a middleware; or TRACKING_CONSENT, which "
            "takes it back where the shopper has not consented.",
        )
    where = f"{cookie.domain or cookie.host}{cookie.path}" if cookie else "another page"
    return fault(
        SECOND,
        f"The click cookie is not sent to {page.url}: it is for {where} alone.",
        "Let the landing and the shop share one host, or set TRACKING_COOKIE_DOMAIN to a domain that both belong to; "
        "its path has to be /.",
    )


def _session_was_replaced(visits: Visits, session: Cookie, names: Names) -> bool:
    held = next((cookie for cookie in visits.shopper.jar if cookie.name == names.session), None)
    return held is None or held.value != session.value


def _session(first: Given, expected: Expected) -> Iterator[Result]:
    name = expected.names.cookie
    if first.session is None:
        yield ok(SECOND, f"{name} goes along to the next page. The shop set no session cookie; the click needs none.")
        return
    is_readable = first.click is not None and expected.is_signed(first.click.value)
    found = expected.session_has_click(first.session.value) if is_readable else None
    if found is False:
        yield warning(
            SECOND,
            f"{name} goes along to the next page, but the session that the shop made is not in the store that this "
            "command reads.",
            "Run this command with the web processes' environment, on their machine. If it has that, they keep "
            "sessions each for themselves (local memory): give them one store.",
        )
        return
    where = ", and the session in the store holds the click as well" if found else ""
    yield ok(SECOND, f"{name} and {expected.names.session} go along to the next page{where}.")


def _is_ours(page: Page | None) -> bool:
    return page is not None and page.header("Cache-Control").replace(" ", "").lower() == "private,no-store"


def _copy(page: Page) -> str:
    evidence = cache_evidence(page)
    return f" (a cache's copy: {evidence})" if evidence else ""
