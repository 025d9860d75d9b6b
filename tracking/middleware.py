"""Captures a creator's click where the shopper lands, on whatever page that is."""

from functools import cached_property
from typing import TYPE_CHECKING, Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.http import HttpRequest
from django.utils.cache import patch_vary_headers

from tracking.capture import counted
from tracking.capture.arriving import clean_address
from tracking.capture.customers import keep_with_customer
from tracking.capture.keeping import CAPTURED, PRIVATE, click_with, keep_in_cookie, keep_private, valid_click
from tracking.capture.landing import capture, capture_in_session, may_be_landing
from tracking.capture.serving import served_request
from tracking.capture.settling import is_unsettled, settle
from tracking.conf import conf

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from django.http import HttpResponseBase

    from tracking.capture.clicks import KeptClick


class AffiliateMiddleware:
    """Keeps the id that a landing address carries in the session and in a signed cookie.

    It may stand anywhere in MIDDLEWARE; first is best: then the click is kept before anything redirects. Works under
    WSGI and ASGI. A request without the parameter touches neither session nor cookies.

    It gives each request the lazy attribute `affiliate_click`: the shopper's `Click`, or None without a valid one. In
    async views read it with `sync_to_async`, because it may have to read the session.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: "Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]") -> None:
        self.get_response = get_response
        self._is_async = iscoroutinefunction(get_response)
        # Of the kind that Django need not adapt: adapting costs each request a change of threads.
        self.process_view = _process_view_async if self._is_async else _process_view
        if self._is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> "HttpResponseBase | Awaitable[HttpResponseBase]":
        if self._is_async:
            return self._call_async(request)
        arrived = _arrive(request) if may_be_landing(request) else None
        response = self._serve(request) if arrived is None else arrived
        if _is_unsettled(request):
            _settle(request, response)
        return _finish(request, response)

    async def _call_async(self, request: HttpRequest) -> "HttpResponseBase":
        arrived = await sync_to_async(_arrive)(request) if may_be_landing(request) else None
        response = await self._serve_async(request) if arrived is None else arrived
        if _is_unsettled(request):
            await sync_to_async(_settle)(request, response)
        return _finish(request, response)

    def _serve(self, request: HttpRequest) -> "HttpResponseBase":
        token = served_request.set(request)
        try:
            return self.get_response(request)  # type: ignore[return-value]
        finally:
            served_request.reset(token)

    async def _serve_async(self, request: HttpRequest) -> "HttpResponseBase":
        token = served_request.set(request)
        try:
            return await self.get_response(request)  # type: ignore[misc,no-any-return]
        finally:
            served_request.reset(token)


def _arrive(request: HttpRequest) -> "HttpResponseBase | None":
    """Keep the click that the request brings; the redirect to the clean address where it was handed over."""
    kept = capture(request)
    if kept:
        request.affiliate_click = click_with(request, kept)  # type: ignore[attr-defined]
    return clean_address(request)


def _process_view(request: HttpRequest, *_view: Any) -> None:
    """Where this middleware stands before the sessions', the session is there only now."""
    kept = request.__dict__.get(CAPTURED)
    if kept and capture_in_session(request):
        request.affiliate_click = click_with(request, kept)  # type: ignore[attr-defined]


async def _process_view_async(request: HttpRequest, *_view: Any) -> None:
    if CAPTURED in request.__dict__:
        await sync_to_async(_process_view)(request)


def _is_unsettled(request: HttpRequest) -> bool:
    return is_unsettled(request) or (CAPTURED in request.__dict__ and conf.customers)


def _settle(request: HttpRequest, response: "HttpResponseBase") -> None:
    """What follows from the shopper's consent, and from being signed in: both are known for certain only now."""
    kept: KeptClick | None = request.__dict__.get(CAPTURED) or settle(request, response)
    if kept:
        keep_with_customer(request, kept)


def _finish(request: HttpRequest, response: "HttpResponseBase") -> "HttpResponseBase":
    counted.mark(request, response)
    kept: KeptClick | None = request.__dict__.get(CAPTURED)
    if kept:
        keep_in_cookie(request, response, kept)
    elif PRIVATE in request.__dict__:
        keep_private(response)
    elif "affiliate_click" in request.__dict__:  # it was read, so the page may depend on it
        patch_vary_headers(response, ["Cookie"])
    return response


def add_affiliate_click() -> None:
    """Give `HttpRequest` its lazy attribute: on the class, so that a request that nobody asks pays nothing."""
    attribute = cached_property(valid_click)
    attribute.__set_name__(HttpRequest, "affiliate_click")
    HttpRequest.affiliate_click = attribute  # type: ignore[attr-defined]
