"""Which currency a visitor sees is part of the address, never of a cookie, so that caches may keep every page; and what
is worth compressing."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.urls import get_script_prefix, reverse, set_script_prefix
from django.utils.encoding import escape_uri_path

from .currencies import split_address


class CurrencyMiddleware:
    """Mounts the shop below `/eur/` for each currency but the default one, and sets `request.currency`.

    Within such a request every address that Django reverses starts with `/eur/`. Put it before everything that looks
    at the path: CommonMiddleware and what follows it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        currency, path = split_address(request.path_info)
        request.currency = currency  # type: ignore[attr-defined]
        if path == request.path_info:
            return self.get_response(request)
        prefix = get_script_prefix()
        plain = prefix + path.removeprefix("/")
        if plain.startswith(reverse("admin:index")):  # the back office is for all currencies
            query = request.META.get("QUERY_STRING", "")
            return HttpResponseRedirect(escape_uri_path(plain) + (f"?{query}" if query else ""))
        request.path_info = path
        set_script_prefix(f"{prefix}{currency.lower()}/")
        try:
            return self.get_response(request)
        finally:
            set_script_prefix(prefix)


class TextCompressionMiddleware(GZipMiddleware):
    """Compresses pages, and leaves alone what is compressed already."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if response.get("Content-Type", "").startswith("image/"):
            return response
        return super().process_response(request, response)
