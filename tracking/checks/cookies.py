"""The cookies that keep clicks: browsers take them, bring them back from Aspire, and show them to nobody else."""

from collections.abc import Iterable, Iterator, Sequence
from ipaddress import ip_address
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, Warning, register  # noqa: A004 - Django's own name for it
from django.core.exceptions import ImproperlyConfigured

from tracking.conf import conf


@register
def check_cookies(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> Iterable[CheckMessage]:
    """The session's cookie goes where the click's does: both hold the click."""
    return list(_session_cookie())


def _session_cookie() -> Iterator[CheckMessage]:
    cookie = conf.session_cookie
    if cookie.same_site == "none" and not cookie.is_secure:
        yield Warning(
            "SESSION_COOKIE_SAMESITE is 'None' and SESSION_COOKIE_SECURE is off: browsers throw such a session away.",
            hint="Set SESSION_COOKIE_SAMESITE = 'Lax', or SESSION_COOKIE_SECURE = True.",
            id="tracking.W005",
        )
    if cookie.same_site == "strict":
        yield Warning(
            "SESSION_COOKIE_SAMESITE is 'Strict': a shopper who comes by a creator's link arrives without the session, "
            "and loses the basket to the new one that keeps the click.",
            hint="Set SESSION_COOKIE_SAMESITE = 'Lax', Django's default.",
            id="tracking.W006",
        )
    if conf.redirects_to_https and not cookie.is_secure:
        yield Warning(
            "The shop redirects to https, and SESSION_COOKIE_SECURE is off: session and click also leave over http, "
            "where anybody on the way can read or replace them.",
            hint="Set SESSION_COOKIE_SECURE = True; the click's cookie follows it.",
            id="tracking.W007",
        )
    if not cookie.is_http_only:
        yield Warning(
            "SESSION_COOKIE_HTTPONLY is off: every script on a page can read the session, and be whoever is signed in.",
            hint="Set SESSION_COOKIE_HTTPONLY = True, Django's default.",
            id="tracking.W008",
        )


@register
def check_cookie_domain(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> Iterable[CheckMessage]:
    """TRACKING_COOKIE_DOMAIN is one that browsers take, and that the shop is served under."""
    try:
        domain = conf.cookie_domain
    except ImproperlyConfigured:  # told by check_settings
        return []
    name = (domain or "").lstrip(".").lower()
    if not name:
        return []
    if not _is_domain(name):
        return [
            Error(
                f"TRACKING_COOKIE_DOMAIN is {domain!r}: browsers refuse a cookie for it, so clicks would be kept in "
                "the session alone.",
                hint="Give the domain that your hosts share, such as '.shop.example', without scheme, port or path; or "
                "None for the host alone.",
                id="tracking.E006",
            )
        ]
    hosts = [host.lstrip(".").lower() for host in conf.allowed_hosts]
    if "*" in hosts or not hosts or any(host == name or host.endswith(f".{name}") for host in hosts):
        return []
    return [
        Warning(
            f"TRACKING_COOKIE_DOMAIN is {domain!r}, and none of ALLOWED_HOSTS lies in it: it is never used, and each "
            "host keeps clicks of its own.",
            hint="Give the domain that your hosts share, or None.",
            id="tracking.W009",
        )
    ]


def _is_domain(name: str) -> bool:
    if any(char in name for char in ":/*@? ") or ".." in name or name.endswith("."):
        return False
    try:
        ip_address(name)
    except ValueError:
        return "." in name
    return False
