"""Is the click cookie as it was sent: Secure, HttpOnly, SameSite, path, domain, lifetime? Plain rules."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from tracking.postbacks.addresses import is_loopback_name
from tracking.postbacks.visits import Page
from tracking.reports.diagnose.cookies import Cookie, covers
from tracking.reports.diagnose.results import Result, fault, ok, warning

FLAGS: Final = "Cookie flags"

_REWRITING: Final = "Something rewrites it on the way (nginx: proxy_cookie_flags, proxy_cookie_path): take that out."


def judge_flags(cookie: Cookie, page: Page, *, cookie_domain: str, window_days: int, now: datetime) -> Iterator[Result]:
    """Judge the cookie that `page` set. `cookie_domain` is TRACKING_COOKIE_DOMAIN ("" for none)."""
    problems = [
        *_protection_problems(cookie, page),
        *_reach_problems(cookie, cookie_domain),
        *_lifetime_problem(cookie.lifetime(now), window_days),
    ]
    yield from problems
    if not problems:
        days = (cookie.lifetime(now) or 0) / 86400
        host = f"Domain={cookie.domain}" if cookie.domain else f"for {cookie.host} alone"
        secure = "Secure, " if cookie.is_secure else "not Secure (plain http), "
        yield ok(
            FLAGS, f"{secure}HttpOnly, SameSite={cookie.attributes.get('samesite')}, {host}, kept for {days:.0f} days."
        )


def _protection_problems(cookie: Cookie, page: Page) -> Iterator[Result]:
    if urlsplit(page.url).scheme == "https" and not cookie.is_secure:
        yield fault(
            FLAGS,
            "The cookie lacks Secure on an https page: Django believes that the shopper came by http.",
            "Where a proxy ends TLS, let it set X-Forwarded-Proto on every request, and set SECURE_PROXY_SSL_HEADER = "
            "('HTTP_X_FORWARDED_PROTO', 'https') (the reference shop: BEHIND_TLS_PROXY=1).",
        )
    if urlsplit(page.url).scheme == "http" and not is_loopback_name(cookie.host):
        yield warning(
            FLAGS,
            f"The landing is plain http ({page.url}): whoever is on the way can read and change the cookie.",
            "Serve the shop by https, and redirect to it with the query kept.",
        )
    if "httponly" not in cookie.attributes:
        yield fault(FLAGS, "The cookie lacks HttpOnly: any script on the page can read it.", _REWRITING)
    if cookie.same_site not in {"lax", "none"}:
        given = cookie.attributes.get("samesite", "") or "missing"
        yield warning(FLAGS, f"SameSite is {given}, where Lax was sent.", _REWRITING)


def _reach_problems(cookie: Cookie, cookie_domain: str) -> Iterator[Result]:
    if cookie.path != "/":
        yield fault(FLAGS, f"Its Path is {cookie.path}: the cookie is not sent to the rest of the shop.", _REWRITING)
    wanted = cookie_domain.lstrip(".").lower()
    if wanted and not covers(wanted, cookie.host):
        wanted = ""  # a host outside of it is given a cookie of its own
    if cookie.domain != wanted:
        yield warning(
            FLAGS,
            f"Its Domain is {cookie.domain or 'not given'}; by TRACKING_COOKIE_DOMAIN as this command reads it, it "
            f"would be {wanted or 'not given'}.",
            "The web processes run other settings: restart them. Or a proxy rewrites it (nginx: proxy_cookie_domain).",
        )


def _lifetime_problem(lifetime: float | None, window_days: int) -> Iterator[Result]:
    if lifetime is None:
        yield fault(
            FLAGS,
            "It has no Max-Age: the click is lost as soon as the browser is closed.",
            "Something takes Max-Age off on the way (a proxy or a consent tool): take that out.",
        )
    elif abs(lifetime / 86400 - window_days) > 1:
        yield warning(
            FLAGS,
            f"It is kept for {lifetime / 86400:.1f} days, but the window of its offer here is {window_days} days.",
            "The web processes use another database or other settings than this command, or something on the way "
            "shortens the cookie: compare DATABASE_URL and the offers.",
        )
