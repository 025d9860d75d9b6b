"""Who may ask: a machine with the token, or somebody on the staff."""

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING

from django.db import DatabaseError, InterfaceError
from django.http import HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from tracking.conf import conf

if TYPE_CHECKING:
    from django.http import HttpRequest

View = Callable[["HttpRequest"], HttpResponse]


def for_monitoring(view: View) -> View:
    """Answer who brings the token (`Authorization: Bearer …`), or is on the staff; nothing keeps the answer.

    A wrong token is told (403); nobody else is told that there is anything (404).
    """

    @never_cache
    @require_safe
    @wraps(view)
    def guarded(request: "HttpRequest") -> HttpResponse:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            if _is_right(token.strip()):
                return view(request)
            return HttpResponse("The token is not TRACKING_MONITORING_TOKEN.\n", "text/plain", 403)
        if _is_staff(request):
            return view(request)
        return HttpResponse("Not found.\n", "text/plain", 404)

    return guarded


def _is_right(token: str) -> bool:
    expected = conf.monitoring_token
    return bool(expected) and constant_time_compare(token.encode(), expected.encode())


def _is_staff(request: "HttpRequest") -> bool:
    """With the database away nobody can be known; the token needs none."""
    try:
        user = getattr(request, "user", None)
        return bool(user and user.is_active and user.is_staff)
    except (DatabaseError, InterfaceError):
        return False
