"""A request that may be a landing: read its parameters, keep the click, count what is none."""

import logging
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from typing import TYPE_CHECKING

from django.core.exceptions import SuspiciousOperation
from django.db import DatabaseError, InterfaceError, connection, transaction
from django.utils import timezone
from django.utils.encoding import escape_uri_path

from tracking.capture.clicks import Click, Finding, KeptClick, Landing, read_landing
from tracking.capture.keeping import CAPTURED, keep_in_session
from tracking.conf import conf
from tracking.models import LandingCount, Offer

if TYPE_CHECKING:
    from django.http import HttpRequest

logger = logging.getLogger(__name__)


def may_be_landing(request: "HttpRequest") -> bool:
    """Tell, without parsing anything, whether the address may carry an id."""
    query: str = request.META.get("QUERY_STRING", "")
    if not query or request.method != "GET":
        return False
    return conf.affiliate_id_param in query or conf.transaction_id_param in query


def capture(request: "HttpRequest") -> KeptClick | None:
    """Keep the click that the address carries, and return it for the cookie; None when there is nothing to keep.

    An id that is no id never takes the place of a click. Which of several clicks counts is decided when one is asked
    for. Never raises: the shopper came for the page.
    """
    try:
        return _capture(request)
    except Exception:
        logger.exception("A landing could not be captured; its page is served all the same.")
        return None


def _capture(request: "HttpRequest") -> KeptClick | None:
    landing = _read(request)
    if landing.unreplaced:
        _report_unreplaced(request, landing)
    if landing.click is None:
        return None
    days, is_database_up = _window_days(landing.click)
    kept = KeptClick(landing.click, landing.click.clicked_at + timedelta(days=days))
    setattr(request, CAPTURED, kept)
    if is_database_up:  # else saving the session would fail, and the page with it; the cookie keeps the click
        _keep_in_session(request, kept)
    return kept


def _keep_in_session(request: "HttpRequest", kept: KeptClick) -> None:
    try:
        keep_in_session(request, kept)
    except Exception:
        logger.exception("The session cannot be used; the click of a landing is kept in its cookie alone.")


def _read(request: "HttpRequest") -> Landing:
    try:
        get_values = request.GET.getlist
    except SuspiciousOperation:  # more fields than Django takes; a view that reads them answers 400 itself
        return Landing(Finding.ABSENT)
    return read_landing(
        get_values,
        affiliate_id_param=conf.affiliate_id_param,
        offer_id_param=conf.offer_id_param,
        transaction_id_param=conf.transaction_id_param,
        now=timezone.now().replace(microsecond=0),
    )


def _window_days(click: Click) -> tuple[int, bool]:
    """The days that the click is kept for, and whether the database could be asked."""
    try:
        with _savepoint():
            offer = Offer.objects.named_or_default(click.offer_id)
    except (DatabaseError, InterfaceError):
        logger.exception("The offer of a landing could not be read; its click is kept for the default window.")
        return conf.window_days, False
    return (offer.window_days if offer else conf.window_days), True


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
