"""A shop in two languages with a page behind a login, and redirects all over."""

from django.conf.urls.i18n import i18n_patterns
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path


@login_not_required
def open_page(request: HttpRequest) -> HttpResponse:
    return HttpResponse("open")


def closed_page(request: HttpRequest) -> HttpResponse:
    return HttpResponse("closed")


@login_not_required
def gone(request: HttpRequest) -> HttpResponse:
    return redirect("/de/open/")


@login_not_required
def shown(request: HttpRequest) -> HttpResponse:
    click = request.affiliate_click  # type: ignore[attr-defined]
    return HttpResponse(click.affiliate_id if click else "None")


def handler404(request: HttpRequest, exception: Exception) -> HttpResponse:
    return HttpResponse("missing", status=404)


urlpatterns = [
    path("accounts/login/", open_page),
    path("gone/", gone),
    *i18n_patterns(path("open/", open_page), path("closed/", closed_page), path("shown/", shown)),
]
