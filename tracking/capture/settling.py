"""What becomes of a click once the shopper answers the question for consent; nothing where none is asked."""

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.utils import timezone

from tracking.capture.clicks import KeptClick, add_click, from_text, to_text
from tracking.capture.consent import (
    COST_KEY,
    PENDING_KEY,
    SESSION_KEY,
    WITHHELD,
    Consent,
    consent_of,
    known_session,
    server_session,
)
from tracking.capture.customers import forget_customer
from tracking.capture.keeping import drop_cookie, keep_in_cookie, keep_in_session
from tracking.conf import conf

if TYPE_CHECKING:
    from django.contrib.sessions.backends.base import SessionBase
    from django.http import HttpRequest, HttpResponseBase

logger = logging.getLogger(__name__)


def is_unsettled(request: "HttpRequest") -> bool:
    """Tell, without reading the session on its own account, whether an answer may change anything."""
    if conf.consent is None:
        return False
    return hasattr(request, WITHHELD) or conf.cookie_name in request.COOKIES or _has_read_session(request)


def settle(request: "HttpRequest", response: "HttpResponseBase") -> KeptClick | None:
    """Keep the click that waited, forget what was kept, or let a click wait. Returns a click that is now kept.

    Never raises: the page is there already.
    """
    try:
        match consent_of(request):
            case Consent.GIVEN:
                return _keep_pending(request, response)
            case Consent.REFUSED:
                _forget(request, response)
            case Consent.NOT_ASKED:
                _let_wait(request)
    except Exception:
        logger.exception(
            "The answer to the question for consent could not be followed; its page is served all the same."
        )
    return None


def _keep_pending(request: "HttpRequest", response: "HttpResponseBase") -> KeptClick | None:
    withheld: KeptClick | None = getattr(request, WITHHELD, None)
    session = known_session(request) if withheld or _has_read_session(request) else None
    waiting = from_text(str(session.get(PENDING_KEY, ""))) if session is not None else []
    latest = max(
        (kept for kept in (withheld, *waiting) if kept and kept.until >= timezone.now()),
        key=lambda kept: kept.click.clicked_at,
        default=None,
    )
    if latest:
        keep_in_cookie(request, response, latest)
        keep_in_session(request, latest)
    if session is not None:
        _change(session, {}, drop=(PENDING_KEY, COST_KEY), also=latest is not None)
    return latest


def _forget(request: "HttpRequest", response: "HttpResponseBase") -> None:
    has_cookie = conf.cookie_name in request.COOKIES
    if has_cookie:
        drop_cookie(request, response)
    known = known_session(request)
    had_click = has_cookie or hasattr(request, WITHHELD) or (known is not None and _holds_click(known))
    if had_click:
        forget_customer(request)
    if known is not None:
        mark = {COST_KEY: True} if had_click and server_session(request) is not None else {}
        _change(known, mark, drop=(SESSION_KEY, PENDING_KEY))


def _let_wait(request: "HttpRequest") -> None:
    withheld: KeptClick | None = getattr(request, WITHHELD, None)
    session = server_session(request)
    if withheld is None or session is None:
        return
    waiting = from_text(str(session.get(PENDING_KEY, "")))
    others = [kept for kept in waiting if kept.click.clicked_at != withheld.click.clicked_at]
    pending = add_click(others, withheld, attribution=conf.attribution, now=timezone.now())
    _change(session, {PENDING_KEY: to_text(pending)})


def _holds_click(session: "SessionBase") -> bool:
    return SESSION_KEY in session or PENDING_KEY in session


def _has_read_session(request: "HttpRequest") -> bool:
    session = getattr(request, "session", None)
    return session is not None and session.accessed and known_session(request) is not None


def _change(
    session: "SessionBase", values: Mapping[str, object], *, drop: tuple[str, ...] = (), also: bool = False
) -> None:
    """Change what the session holds, and save it here: SessionMiddleware may be done, or send its cookie once more."""
    changed = {key: value for key, value in values.items() if session.get(key) != value}
    dropped = [key for key in drop if key in session]
    if not (changed or dropped or also):
        return
    was_modified = session.modified
    session.update(changed)
    for key in dropped:
        del session[key]
    if session.session_key is not None:
        session.save()
        session.modified = was_modified
