"""Where clicks are kept: in the session, and in a signed cookie that outlives it."""

import logging
from datetime import datetime
from typing import TYPE_CHECKING, Final

from django.core import signing
from django.utils import timezone
from django.utils.cache import patch_vary_headers

from tracking.capture.clicks import Click, Held, KeptClick, add_click, choose, from_text, to_text
from tracking.conf import conf

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponseBase

SESSION_KEY: Final = "tracking_click"
CAPTURED: Final = (
    "_tracking_captured"  # attribute of the landing request itself: its click, whose cookie is not set yet
)
_KEPT_TEXT: Final = "_tracking_kept_text"  # another: what session and cookie are to hold from now on

logger = logging.getLogger(__name__)

# The keys are SECRET_KEY and, for reading, SECRET_KEY_FALLBACKS.
_signer = signing.Signer


def held_clicks(request: "HttpRequest") -> list[Held]:
    """Every click that the shopper's cookie and session hold, also those past their window, by place.

    A cookie that was tampered with counts as none. A visitor without a session costs no session access.
    """
    captured: KeptClick | None = getattr(request, CAPTURED, None)
    held = [Held("landing", captured)] if captured else []
    for place, read in (("cookie", _from_cookie), ("session", _from_session)):
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
    now = timezone.now()
    return choose_kept([kept for kept in kept_clicks(request) if kept.until >= now], now)


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
    response.set_cookie(
        conf.cookie_name,
        _signer(salt=SESSION_KEY).sign(text),
        max_age=max(one.until for one in from_text(text)) - kept.click.clicked_at,
        domain=conf.cookie_domain,
        secure=request.is_secure(),
        httponly=True,
        samesite="Lax",
    )
    response.headers["Cache-Control"] = "private, no-store"  # in place of what the view said, s-maxage included
    patch_vary_headers(response, ["Cookie"])


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
    session = getattr(request, "session", None)
    if session is None or (session.session_key is None and not session.modified):
        return None  # nothing can be in it, and reading it would add `Vary: Cookie`
    text = session.get(SESSION_KEY)
    return text if isinstance(text, str) else None
