"""Captures a creator's click where the shopper lands, on whatever page that is."""

from functools import cached_property
from typing import TYPE_CHECKING

from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.http import HttpRequest
from django.utils.cache import patch_vary_headers

from tracking.capture.keeping import click_with, keep_in_cookie, valid_click
from tracking.capture.landing import capture, may_be_landing
from tracking.capture.serving import served_request

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from django.http import HttpResponseBase

    from tracking.capture.clicks import KeptClick


class AffiliateMiddleware:
    """Keeps the id that a landing address carries in the session and in a signed cookie.

    Put it after SessionMiddleware and before CommonMiddleware, so that the click is kept before anything redirects.
    Works under WSGI and ASGI. A request without the parameter touches neither session nor cookies.

    It gives each request the lazy attribute `affiliate_click`: the shopper's `Click`, or None without a valid one. In
    async views read it with `sync_to_async`, because it may have to read the session.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: "Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]") -> None:
        self.get_response = get_response
        self._is_async = iscoroutinefunction(get_response)
        if self._is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> "HttpResponseBase | Awaitable[HttpResponseBase]":
        if self._is_async:
            return self._call_async(request)
        kept = _capture(request) if may_be_landing(request) else None
        token = served_request.set(request)
        try:
            response: HttpResponseBase = self.get_response(request)  # type: ignore[assignment]
        finally:
            served_request.reset(token)
        return _finish(request, response, kept)

    async def _call_async(self, request: HttpRequest) -> "HttpResponseBase":
        kept = await sync_to_async(_capture)(request) if may_be_landing(request) else None
        token = served_request.set(request)
        try:
            response: HttpResponseBase = await self.get_response(request)  # type: ignore[misc]
        finally:
            served_request.reset(token)
        return _finish(request, response, kept)


def _capture(request: HttpRequest) -> "KeptClick | None":
    kept = capture(request)
    if kept:
        request.affiliate_click = click_with(request, kept)  # type: ignore[attr-defined]
    return kept


def _finish(request: HttpRequest, response: "HttpResponseBase", kept: "KeptClick | None") -> "HttpResponseBase":
    if kept:
        keep_in_cookie(request, response, kept)
    elif "affiliate_click" in request.__dict__:  # it was read, so the page may depend on it
        patch_vary_headers(response, ["Cookie"])
    return response


def add_affiliate_click() -> None:
    """Give `HttpRequest` its lazy attribute: on the class, so that a request that nobody asks pays nothing."""
    attribute = cached_property(valid_click)
    attribute.__set_name__(HttpRequest, "affiliate_click")
    HttpRequest.affiliate_click = attribute  # type: ignore[attr-defined]
