"""The number beside the cart's link: a cookie that a script may read, so that pages are the same for everybody."""

from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from .cart import Cart

COOKIE = "cart_count"


def tells_cart_count(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Let the view's answer carry the number of pieces in the cart, where the browser has another one."""

    @wraps(view)
    def counted(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        count = str(Cart(request.session).count or "")
        if count and request.COOKIES.get(COOKIE) != count:
            response.set_cookie(
                COOKIE,
                count,
                max_age=settings.SESSION_COOKIE_AGE,
                secure=settings.SESSION_COOKIE_SECURE,
                samesite="Lax",
            )
        elif not count and COOKIE in request.COOKIES:
            response.delete_cookie(COOKIE, samesite="Lax")
        return response

    return counted
