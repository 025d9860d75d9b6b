"""Pages of words, and what search engines ask for."""

from django.contrib.sitemaps.views import sitemap as sitemap_view
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from store.currencies import currency_of
from store.sitemaps import sitemaps_in

from .public import public_page


@public_page
@require_safe
def words(request: HttpRequest, template: str) -> HttpResponse:
    return render(request, template)


@public_page
@require_safe
def sitemap(request: HttpRequest) -> HttpResponse:
    return sitemap_view(request, sitemaps_in(currency_of(request)))


@public_page
@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    return render(request, "store/robots.txt", content_type="text/plain")
