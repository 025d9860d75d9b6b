"""May a click be kept on the shopper's device? TRACKING_CONSENT answers; here is what its answers lead to."""

import logging
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from django.contrib.sessions.backends.signed_cookies import SessionStore as CookieSessions

from tracking.conf import conf

if TYPE_CHECKING:
    from django.contrib.sessions.backends.base import SessionBase
    from django.http import HttpRequest

SESSION_KEY: Final = "tracking_click"  # of the session: the clicks kept
PENDING_KEY: Final = "tracking_pending_click"  # of a session on the server: the click that waits for an answer
COST_KEY: Final = "tracking_consent_cost_click"  # of a session on the server: True, and nothing of the click
WITHHELD: Final = "_tracking_withheld"  # attribute of a request that brought a click without consent to keep it

logger = logging.getLogger(__name__)


class Consent(StrEnum):
    GIVEN = "given"
    REFUSED = "refused"
    NOT_ASKED = "not_asked"


_ANSWERS: Final = {True: Consent.GIVEN, False: Consent.REFUSED, None: Consent.NOT_ASKED}


def consent_of(request: "HttpRequest") -> Consent:
    """The shopper's answer as TRACKING_CONSENT has it now; given where the setting names nothing.

    A callable that fails, or answers something else than True, False or None, gives no consent.
    """
    ask = conf.consent
    if ask is None:
        return Consent.GIVEN
    try:
        answer = ask(request)
    except Exception:
        logger.exception("TRACKING_CONSENT failed; no click is kept.")
        return Consent.NOT_ASKED
    if answer is True or answer is False or answer is None:
        return _ANSWERS[answer]
    logger.error("TRACKING_CONSENT answered %.100r: let it answer True, False or None. No click is kept.", answer)
    return Consent.NOT_ASKED


def cost_the_click(request: "HttpRequest") -> bool:
    """Tell whether the shopper came by an affiliate's link and the lack of consent is why no click is there to earn.

    Known where the visit has a session on the server, or the request itself shows it; never once consent is given.
    """
    if conf.consent is None or consent_of(request) is Consent.GIVEN:
        return False
    if hasattr(request, WITHHELD) or conf.cookie_name in request.COOKIES:
        return True
    session = known_session(request)
    return session is not None and any(key in session for key in (SESSION_KEY, PENDING_KEY, COST_KEY))


def known_session(request: "HttpRequest") -> "SessionBase | None":
    """The session of a visitor who has one, or is being given one by the shop; reading it would else add `Vary`."""
    session: SessionBase | None = getattr(request, "session", None)
    if session is None or (session.session_key is None and not session.modified):
        return None
    return session


def server_session(request: "HttpRequest") -> "SessionBase | None":
    """The visitor's session where it lives on the server: what is written to it is not stored on the device."""
    session = known_session(request)
    if session is None or isinstance(session, CookieSessions) or session.is_empty():
        return None
    return session
