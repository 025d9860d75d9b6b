"""Where clicks are kept: in the session, and in a signed cookie that outlives it."""

import logging
import math
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from django.core import signing
from django.core.exceptions import DisallowedHost
from django.utils import timezone
from django.utils.cache import patch_vary_headers

from tracking.capture.clicks import Click, Held, KeptClick, add_click, choose, from_text, to_text
from tracking.capture.consent import PENDING_KEY, SESSION_KEY, WITHHELD, Consent, consent_of, known_session
from tracking.conf import conf

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponseBase

CAPTURED: Final = (
    "_tracking_captured"  # attribute of the landing request itself: its click, whose cookie is not set yet
)
PRIVATE: Final = "_tracking_private"  # another, of a request whose response no cache may keep
_KEPT_TEXT: Final = "_tracking_kept_text"  # another: what session and cookie are to hold from now on

_JUST_NOW: Final = timedelta(minutes=1)

logger = logging.getLogger(__name__)

# The keys are SECRET_KEY and, for reading, SECRET_KEY_FALLBACKS.
_signer = signing.Signer


def held_clicks(request: "HttpRequest") -> list[Held]:
    """Every click that the shopper's cookie and session hold, also those past their window, by place.

    Without consent there is none. A cookie that was tampered with counts as none. A visitor without a session costs no
    session access.
    """
    if consent_of(request) is not Consent.GIVEN:
        return []
    captured: KeptClick | None = getattr(request, CAPTURED, None) or getattr(request, WITHHELD, None)
    held = [Held("landing", captured)] if captured else []
    for place, read in (("cookie", _from_cookie), ("session", _from_session), ("session", _pending)):
        held += [Held(place, kept) for kept in from_text(read(request) or "")]
    return held


def kept_clicks(request: "HttpRequest") -> list[KeptClick]:
    """The clicks of `held_clicks`, wherever they were found."""
    return [held.kept for held in held_clicks(request)]


def choose_kept(clicks: list[KeptClick], now: datetime) -> Click | None:
    """The click that counts among those kept: a valid one by TRACKING_ATTRIBUTION, else the latest gone by."""
    valid = [kept.click for kept in clicks if kept.until >= now]
    if valid:
        return choose(valid, attribution=conf.attribution)
    return choose((kept.click for kept in clicks), attribution="last")


def valid_click(request: "HttpRequest") -> Click | None:
    """The click that the shopper holds, None if there is none within its window."""
    kept = counting_click(request)
    return kept.click if kept else None


def counting_click(request: "HttpRequest") -> KeptClick | None:
    """The same with the end of its window; a page that asks depends on the shopper."""
    request._cache_update_cache = False  # type: ignore[attr-defined]  # Django's caches keep no page that depends on it
    now = timezone.now()
    valid = [kept for kept in kept_clicks(request) if kept.until >= now]
    chosen = choose_kept(valid, now)
    return next((kept for kept in valid if kept.click == chosen), None)


def click_with(request: "HttpRequest", kept: KeptClick) -> Click | None:
    """The click that counts now that this request has brought `kept`, whatever becomes of the session."""
    return choose_kept(from_text(_text_with(request, kept)), timezone.now())


def keep_in_session(request: "HttpRequest", kept: KeptClick) -> None:
    """Keep the click in the session, where the project has sessions."""
    if hasattr(request, "session"):
        request.session[SESSION_KEY] = _text_with(request, kept)


def keep_in_cookie(request: "HttpRequest", response: "HttpResponseBase", kept: KeptClick) -> None:
    """Keep the click in the signed cookie, and the response out of every shared cache."""
    text = _text_with(request, kept)
    now, clicked_at = timezone.now(), kept.click.clicked_at
    kept_at = clicked_at if now - clicked_at < _JUST_NOW else now  # a click that was handed over is older
    left = max(one.until for one in from_text(text)) - kept_at
    response.set_cookie(
        conf.cookie_name,
        _signer(salt=SESSION_KEY).sign(text),
        max_age=math.ceil(left.total_seconds()),
        domain=_cookie_domain(request),
        secure=request.is_secure() or conf.has_secure_sessions,
        httponly=True,
        samesite="Lax",
    )
    keep_private(response)


def drop_cookie(request: "HttpRequest", response: "HttpResponseBase") -> None:
    """Have the browser forget the click."""
    response.delete_cookie(conf.cookie_name, domain=_cookie_domain(request), samesite="Lax")
    keep_private(response)


def keep_private(response: "HttpResponseBase") -> None:
    """Keep a response that is for one shopper alone out of every shared cache."""
    response.headers["Cache-Control"] = "private, no-store"  # in place of what the view said, s-maxage included
    patch_vary_headers(response, ["Cookie"])


def forget_landing(request: "HttpRequest") -> None:
    """Have what is to be kept worked out anew: the session came only after the landing was read."""
    request.__dict__.pop(_KEPT_TEXT, None)


def _cookie_domain(request: "HttpRequest") -> str | None:
    """TRACKING_COOKIE_DOMAIN where the host lies in it: a browser refuses a cookie for the domain of another."""
    domain = conf.cookie_domain
    if domain is None:
        return None
    try:
        host = (urlsplit(f"//{request.get_host()}").hostname or "").lower()
    except (DisallowedHost, ValueError):
        return None
    name = domain.lstrip(".").lower()
    return domain if host == name or host.endswith(f".{name}") else None


def _text_with(request: "HttpRequest", new: KeptClick) -> str:
    """What session and cookie are to hold now that `new` has come: worked out once, before either is written."""
    text: str | None = getattr(request, _KEPT_TEXT, None)
    if text is None:
        try:
            held = kept_clicks(request)
        except Exception:
            logger.exception("The session cannot be read; the click of a landing takes the place of those in it.")
            held = from_text(_from_cookie(request) or "")
        others = [kept for kept in held if kept != new]
        text = to_text(add_click(others, new, attribution=conf.attribution, now=timezone.now()))
        setattr(request, _KEPT_TEXT, text)
    return text


def _from_cookie(request: "HttpRequest") -> str | None:
    signed = request.COOKIES.get(conf.cookie_name)
    if not signed:
        return None
    try:
        return _signer(salt=SESSION_KEY).unsign(signed)
    except signing.BadSignature:
        return None


def _from_session(request: "HttpRequest") -> str | None:
    return _session_text(request, SESSION_KEY)


def _pending(request: "HttpRequest") -> str | None:
    return _session_text(request, PENDING_KEY) if conf.consent else None


def _session_text(request: "HttpRequest", key: str) -> str | None:
    session = known_session(request)
    text = session.get(key) if session is not None else None
    return text if isinstance(text, str) else None
