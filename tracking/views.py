"""What the scripts of a page ask for: keep this click, and hand mine over. Nothing here is for another site's pages."""

from functools import wraps
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.core.exceptions import DisallowedHost
from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from tracking.capture.consent import WITHHELD
from tracking.capture.handoff import make_token
from tracking.capture.keeping import click_with, counting_click, keep_private
from tracking.capture.landing import capture_told
from tracking.conf import conf

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest


def _for_own_pages(view: "Callable[[HttpRequest], HttpResponse]") -> "Callable[[HttpRequest], HttpResponse]":
    """Answer POST requests of the shop's own pages alone, and let no cache keep the answer.

    A cached page has no CSRF token of the shopper's; browsers say themselves which page asks.
    """

    @csrf_exempt
    @require_POST
    @wraps(view)
    def guarded(request: "HttpRequest") -> HttpResponse:
        response = view(request) if _is_own_page(request) else HttpResponse(status=HTTPStatus.FORBIDDEN)
        keep_private(response)
        return response

    return guarded


@_for_own_pages
def capture(request: "HttpRequest") -> HttpResponse:
    """Keep the click in the query; 202 while it waits for the shopper's consent, else 204.

    AffiliateMiddleware sets the cookie on the way out.
    """
    kept = capture_told(request)
    if kept:
        click_with(request, kept)  # here, where the session may be read under ASGI as well
    return HttpResponse(status=HTTPStatus.ACCEPTED if hasattr(request, WITHHELD) else HTTPStatus.NO_CONTENT)


@_for_own_pages
def token(request: "HttpRequest") -> HttpResponse:
    """The token that hands the shopper's click over to another of TRACKING_DOMAINS; 204 without a click."""
    kept = counting_click(request) if conf.domains else None
    if kept is None:
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    return HttpResponse(make_token(kept, now=timezone.now()), content_type="text/plain")


def _is_own_page(request: "HttpRequest") -> bool:
    if site := request.headers.get("Sec-Fetch-Site"):
        return site == "same-origin"
    try:
        return urlsplit(request.headers.get("Origin", "")).netloc == request.get_host()
    except (DisallowedHost, ValueError):
        return False
