"""Handing a click over to another domain of the merchant's: a signed token in the address, valid for minutes."""

from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import SplitResult, unquote_plus, urlencode, urlsplit, urlunsplit

from django.core import signing

from tracking.capture.clicks import KeptClick
from tracking.conf import conf

PARAM: Final = "click_token"
LIFETIME: Final = timedelta(minutes=5)
_SKEW: Final = timedelta(minutes=1)  # that the clocks of two sites may be apart
_LONGEST: Final = 500  # characters of a token


def make_token(kept: KeptClick, *, now: datetime) -> str:
    """A text that lets another domain take the click over, within LIFETIME from `now`."""
    return _signer().sign(f"{int(now.timestamp())}~{kept.to_text()}")


def read_token(token: str, *, now: datetime) -> KeptClick | None:
    """The click that a token of ours hands over, with its original time and end; None for anything else.

    The moment of issue, the click's time and its end are all signed, so none of them can be moved.
    """
    if len(token) > _LONGEST:
        return None
    try:
        issued, _, text = _signer().unsign(token).partition("~")
        issued_at = datetime.fromtimestamp(int(issued), UTC)
    except (signing.BadSignature, ValueError, OverflowError, OSError):
        return None
    kept = KeptClick.from_text(text)
    if kept is None or not -_SKEW <= now - issued_at <= LIFETIME or kept.click.clicked_at > now + _SKEW:
        return None
    return kept if kept.until >= now else None


def add_token(url: str, token: str) -> str:
    """The same address with the token, in place of one it may have."""
    parts = urlsplit(url)
    query = "&".join(filter(None, (strip_token(parts.query), urlencode({PARAM: token}))))
    return urlunsplit(parts._replace(query=query))


def strip_token(query: str) -> str:
    """The query without any token; the rest stays as it was written."""
    return "&".join(part for part in query.split("&") if unquote_plus(part.partition("=")[0]) != PARAM)


def leads_to_sibling(url: str, *, host: str) -> bool:
    """Tell whether the address is one of another of TRACKING_DOMAINS, seen from `host` (with or without a port)."""
    try:
        parts = urlsplit(url)
        name = (parts.hostname or "").lower()
    except ValueError:
        return False
    if not _is_plain(url, parts):
        return False
    here = _domain_of((urlsplit(f"//{host}").hostname or "").lower())
    there = _domain_of(name)
    return there is not None and there != here


def _is_plain(url: str, parts: SplitResult) -> bool:
    """Browsers read a backslash as a slash, and a name before @ hides the host: neither is for us to sign."""
    return parts.scheme in {"", "http", "https"} and "\\" not in url and "@" not in parts.netloc


def _domain_of(name: str) -> str | None:
    """The domain of TRACKING_DOMAINS that a host name belongs to, the closest one."""
    found = [domain for domain in conf.domains if name == domain or name.endswith(f".{domain}")]
    return max(found, key=len, default=None)


def _signer() -> signing.Signer:
    key = conf.shared_key
    # A token signed with SECRET_KEY_FALLBACKS is read as long as SECRET_KEY signs; the shared key stands alone.
    return (
        signing.Signer(key=key, salt="tracking.handoff", sep=".", fallback_keys=[])
        if key
        else signing.Signer(salt="tracking.handoff", sep=".")
    )
