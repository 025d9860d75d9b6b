"""A request that may be a landing: read what it brings, keep the click, count what is none."""

import logging
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from django.core.exceptions import SuspiciousOperation
from django.db import DatabaseError, InterfaceError, connection, transaction
from django.http import QueryDict
from django.utils import timezone
from django.utils.encoding import escape_uri_path

from tracking.capture import counted, handoff, tally
from tracking.capture.clicks import Click, Finding, KeptClick, Landing, read_landing
from tracking.capture.consent import WITHHELD, Consent, consent_of
from tracking.capture.keeping import CAPTURED, PRIVATE, forget_landing, keep_in_session, kept_clicks
from tracking.capture.visitors import is_loaded_ahead, is_program
from tracking.conf import conf
from tracking.models import LandingCount, Offer

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest

_SESSION_TO_COME: Final = "_tracking_session_to_come"  # attribute of a request whose session is made further in

_WINDOW_KNOWN: Final = 10.0  # seconds
_MOST_WINDOWS: Final = 1000
windows: dict[str, tuple[float, int]] = {}  # by offer id: until when it is known, and the days

logger = logging.getLogger(__name__)


def may_be_landing(request: "HttpRequest") -> bool:
    """Tell, without parsing anything, whether the request may bring a click.

    A click that waits for consent may also be in the address of the page before: nothing else holds it.
    """
    query: str = request.META.get("QUERY_STRING", "")
    if query and (
        (request.method == "GET" and _may_carry_id(query))
        or (handoff.PARAM in query and request.method in {"GET", "POST"} and conf.domains)
    ):
        return True
    referer: str | None = request.META.get("HTTP_REFERER")
    return (
        referer is not None
        and "?" in referer
        and conf.consent is not None
        and (_may_carry_id(referer) or handoff.PARAM in referer)
    )


def capture(request: "HttpRequest") -> KeptClick | None:
    """Keep the click that the request brings, and return it for the cookie; None when there is nothing to keep.

    An id that is no id never takes the place of a click. Which of several clicks counts is decided when one is asked
    for. Never raises: the shopper came for the page.
    """
    try:
        if is_loaded_ahead(request.META):
            setattr(request, PRIVATE, True)  # else the browser shows it at the click, and never asks with the click
        if request.method == "HEAD" or _is_nobody(request):
            return None
        query = _query_of(request)
        # A form that posts to its own address, as the landing page's may, is no second click.
        clicked = _clicked(query, request) if request.method == "GET" else None
        return _keep(request, clicked or _handed_over(query) or _brought_before(request))
    except Exception:
        logger.exception("A landing could not be captured; its page is served all the same.")
        return None


def capture_told(request: "HttpRequest") -> KeptClick | None:
    """Keep the click that a page from a cache tells of, in the cookie alone: the session would cost a write.

    Never raises.
    """
    try:
        query = _query_of(request)
        if _is_nobody(request):
            return None
        brought = _clicked(query, request, _known_window) or _handed_over(query)
        return _keep(request, brought, in_session=False)
    except Exception:
        logger.exception("A click that a page told of could not be captured.")
        return None


def capture_in_session(request: "HttpRequest") -> bool:
    """Keep the click of a landing in a session that was not there yet when it was captured; tells whether it did."""
    if not request.__dict__.pop(_SESSION_TO_COME, False) or not hasattr(request, "session"):
        return False
    forget_landing(request)
    _keep_in_session(request, getattr(request, CAPTURED))
    return True


def _keep(request: "HttpRequest", brought: "_Brought | None", in_session: bool = True) -> KeptClick | None:
    if brought is None:
        return None
    if consent_of(request) is not Consent.GIVEN:
        setattr(request, WITHHELD, brought.kept)
        return None
    setattr(request, CAPTURED, brought.kept)
    if in_session and brought.is_database_up:  # else saving the session would fail, and the page with it
        if hasattr(request, "session"):
            _keep_in_session(request, brought.kept)
        else:
            setattr(request, _SESSION_TO_COME, True)
    return brought.kept


@dataclass(frozen=True, slots=True)
class _Brought:
    """A click that a request brings, and whether the database could be asked about it."""

    kept: KeptClick
    is_database_up: bool


def _clicked(
    query: QueryDict,
    request: "HttpRequest | None" = None,
    window_days: "Callable[[Click], tuple[int, bool]] | None" = None,
) -> _Brought | None:
    """The click whose ids a query carries; an unreplaced macro is reported where the request is given."""
    landing = read_landing(
        query.getlist,
        affiliate_id_param=conf.affiliate_id_param,
        offer_id_param=conf.offer_id_param,
        transaction_id_param=conf.transaction_id_param,
        now=timezone.now().replace(microsecond=0),
    )
    if request is not None and not counted.is_counted(request):
        setattr(request, counted.MARK, landing.finding is not Finding.ABSENT)
        tally.count(landing)
        if landing.unreplaced:
            _report_unreplaced(request, landing)
    if landing.click is None:
        return None
    days, is_database_up = (window_days or _window_days)(landing.click)
    return _Brought(KeptClick(landing.click, landing.click.clicked_at + timedelta(days=days)), is_database_up)


def _handed_over(query: QueryDict) -> _Brought | None:
    """The click that a token of another domain of the merchant's hands over, as old as it is."""
    token = query.get(handoff.PARAM) if conf.domains else None
    kept = handoff.read_token(token, now=timezone.now()) if token else None
    return _Brought(kept, _window_days(kept.click)[1]) if kept else None


def _brought_before(request: "HttpRequest") -> _Brought | None:
    """The click in the address of the page before, for a shopper who had not given consent there.

    Only for one who holds no click: else going on from a landing would make its click anew.
    """
    if conf.consent is None:
        return None
    try:
        parts = urlsplit(request.META.get("HTTP_REFERER", ""))
        query = QueryDict(parts.query) if parts.netloc == request.get_host() else QueryDict()
    except (SuspiciousOperation, ValueError):
        return None
    brought = _clicked(query) or _handed_over(query)
    now = timezone.now()
    return None if brought and any(held.until >= now for held in kept_clicks(request)) else brought


def _is_nobody(request: "HttpRequest") -> bool:
    """Tell whether no person asked for the page."""
    return is_program(request.META.get("HTTP_USER_AGENT", "")) or is_loaded_ahead(request.META)


def _may_carry_id(text: str) -> bool:
    return conf.affiliate_id_param in text or conf.transaction_id_param in text


def _query_of(request: "HttpRequest") -> QueryDict:
    try:
        return request.GET
    except SuspiciousOperation:  # more fields than Django takes; a view that reads them answers 400 itself
        return QueryDict()


def _keep_in_session(request: "HttpRequest", kept: KeptClick) -> None:
    try:
        keep_in_session(request, kept)
    except Exception:
        logger.exception("The session cannot be used; the click of a landing is kept in its cookie alone.")


def _window_days(click: Click) -> tuple[int, bool]:
    """The days that the click is kept for, and whether the database could be asked."""
    try:
        with _savepoint():
            offer = Offer.objects.named_or_default(click.offer_id)
    except (DatabaseError, InterfaceError):
        logger.exception("The offer of a landing could not be read; its click is kept for the default window.")
        return conf.window_days, False
    return (offer.window_days if offer else conf.window_days), True


def _known_window(click: Click) -> tuple[int, bool]:
    """The same from memory, where this process has asked for the offer a moment ago."""
    now = monotonic()
    known = windows.get(click.offer_id)
    if known and now < known[0]:
        return known[1], True
    days, is_database_up = _window_days(click)
    if is_database_up:
        if len(windows) >= _MOST_WINDOWS:  # the visitor names the offer
            windows.clear()
        windows[click.offer_id] = (now + _WINDOW_KNOWN, days)
    return days, is_database_up


def _savepoint() -> AbstractContextManager[None]:
    """A savepoint inside a transaction, which must survive an error here.

    None outside of one: a transaction would take SQLite's write lock to read a row, and MySQL's gap locks to count.
    """
    return transaction.atomic() if connection.in_atomic_block else nullcontext()


def _report_unreplaced(request: "HttpRequest", landing: Landing) -> None:
    """Log and count an unreplaced macro: the Offer URL in Aspire is wrong, and clicks are being lost."""
    logger.warning(
        "Landing on %s with an unreplaced macro in %s: check the Offer URL in Aspire (or it was opened by hand).",
        escape_uri_path(request.path),  # a path can hold line breaks
        ", ".join(landing.unreplaced),
    )
    try:
        with _savepoint():
            for parameter in landing.unreplaced:
                LandingCount.objects.add(
                    day=timezone.now().date(), finding=Finding.UNREPLACED_MACRO, parameter=parameter
                )
    except (DatabaseError, InterfaceError):
        logger.exception("A landing with an unreplaced macro could not be counted.")
