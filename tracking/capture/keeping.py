"""Where a click is kept: in the session, and in a signed cookie that outlives it."""

from datetime import datetime
from typing import TYPE_CHECKING, Final

from django.core import signing
from django.utils import timezone
from django.utils.cache import patch_vary_headers

from tracking.capture.clicks import Click, KeptClick, choose
from tracking.conf import conf

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponseBase

SESSION_KEY: Final = "tracking_click"
CAPTURED: Final = "_tracking_captured"  # attribute of the landing request itself, whose cookie is not set yet

# The keys are SECRET_KEY and, for reading, SECRET_KEY_FALLBACKS.
_signer = signing.Signer


def kept_clicks(request: "HttpRequest") -> list[KeptClick]:
    """Every click that the shopper's cookie and session hold, also those past their window.

    A cookie that was tampered with counts as none. A visitor without a session costs no session access.
    """
    texts = [getattr(request, CAPTURED, None), _from_cookie(request), _from_session(request)]
    return [kept for text in texts if text and (kept := KeptClick.from_text(text))]


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


def keep_in_session(request: "HttpRequest", kept: KeptClick) -> None:
    """Keep the click in the session, where the project has sessions."""
    if hasattr(request, "session"):
        request.session[SESSION_KEY] = kept.to_text()


def keep_in_cookie(request: "HttpRequest", response: "HttpResponseBase", kept: KeptClick) -> None:
    """Keep the click in the signed cookie, and the response out of every shared cache."""
    response.set_cookie(
        conf.cookie_name,
        _signer(salt=SESSION_KEY).sign(kept.to_text()),
        max_age=kept.until - kept.click.clicked_at,
        domain=conf.cookie_domain,
        secure=request.is_secure(),
        httponly=True,
        samesite="Lax",
    )
    response.headers["Cache-Control"] = "private, no-store"  # in place of what the view said, s-maxage included
    patch_vary_headers(response, ["Cookie"])


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
