"""Requests from our own pages, told without a token: pages that everybody shares can carry none."""

from functools import wraps
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

if TYPE_CHECKING:
    from collections.abc import Callable


def is_from_here(request: HttpRequest) -> bool:
    """Whether a page of this host sent the request. What names no origin is no browser, or one that lost its cookies.

    Every browser says where a POST comes from, in `Sec-Fetch-Site` or in `Origin`, and no page can change that. The
    session's cookie is SameSite=Lax besides, so another site's POST comes without it.
    """
    if site := request.headers.get("Sec-Fetch-Site"):
        return site in {"same-origin", "none"}
    origin = request.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc == request.get_host()


def from_our_pages(view: "Callable[..., HttpResponseBase]") -> "Callable[..., HttpResponseBase]":
    """Guard a view by where its requests come from, in place of the CSRF token."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        if not is_from_here(request):
            raise PermissionDenied("This form was sent from another site.")
        return view(request, *args, **kwargs)

    return csrf_exempt(guarded)
