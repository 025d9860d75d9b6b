"""A small shop to land in: pages that do one thing each. Use it with `pytest.mark.urls("tests.tracking.pages")`."""

from asgiref.sync import sync_to_async
from django.contrib.auth import get_user_model, login, logout
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect
from django.template import engines
from django.urls import include, path
from django.views.decorators.cache import cache_control

from tracking.attribution import aremember, remember
from tracking.capture.serving import served_request


def plain(request: HttpRequest) -> HttpResponse:
    return HttpResponse("hello")


def shown(request: HttpRequest) -> HttpResponse:
    """The click that the page sees, as affiliate/offer/transaction."""
    click = request.affiliate_click  # type: ignore[attr-defined]
    return HttpResponse("None" if click is None else f"{click.affiliate_id}/{click.offer_id}/{click.transaction_id}")


@cache_control(public=True, max_age=600, s_maxage=600)
def public(request: HttpRequest) -> HttpResponse:
    return HttpResponse("hello")


def missing(request: HttpRequest) -> HttpResponse:
    raise Http404


def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("a bug in the shop")


def moved(request: HttpRequest) -> HttpResponse:
    return redirect("/plain/")


def streamed(request: HttpRequest) -> HttpResponseBase:
    return StreamingHttpResponse(iter(["hello"]))


def fields(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(len(request.GET)))


def log_in(request: HttpRequest) -> HttpResponse:
    login(request, get_user_model().objects.get_or_create(username="ada")[0])
    return HttpResponse("in")


def log_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return HttpResponse("out")


def place(request: HttpRequest, order_id: str) -> HttpResponse:
    remember(request, order_id)
    return HttpResponse("placed")


def cart(request: HttpRequest) -> HttpResponse:
    """The shop's own reason for a session."""
    request.session["cart"] = [1]
    return HttpResponse("in the cart")


def consent(request: HttpRequest) -> HttpResponse:
    """Where the shopper says yes: whoever asks from now on is told so."""
    request.META["HTTP_ANSWER"] = "yes"
    del request.headers  # is worked out once
    return HttpResponse("thank you")


def links(request: HttpRequest) -> HttpResponse:
    """A page that leads to the address in `to`, with what the template tags make of it."""
    template = engines["django"].from_string(
        "{% load tracking %}{% capture_script nonce=nonce %}{% handoff_script nonce=nonce %}"
        '<a href="{% handoff_url to %}">there</a>'
    )
    return HttpResponse(
        template.render({"to": request.GET.get("to", ""), "nonce": request.GET.get("nonce", "")}, request)
    )


def timed(request: HttpRequest) -> HttpResponse:
    """A page that says itself where its time went."""
    return HttpResponse("timed", headers={"Server-Timing": "db;dur=5"})


def served(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(served_request.get() is request))


async def served_async(request: HttpRequest) -> HttpResponse:
    inside_thread = await sync_to_async(served_request.get)()
    return HttpResponse(str(served_request.get() is request and inside_thread is request))


async def place_async(request: HttpRequest, order_id: str) -> HttpResponse:
    await aremember(request, order_id)
    return HttpResponse("placed")


async def plain_async(request: HttpRequest) -> HttpResponse:
    return HttpResponse("hello")


async def shown_async(request: HttpRequest) -> HttpResponse:
    return await sync_to_async(shown)(request)


async def broken_async(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("a bug in the shop")


def handler404(request: HttpRequest, exception: Exception) -> HttpResponse:
    return HttpResponse("missing", status=404)


def handler500(request: HttpRequest) -> HttpResponse:
    return HttpResponse("broken", status=500)


urlpatterns = [
    path("tracking/", include("tracking.urls")),
    path("links/", links),
    path("timed/", timed),
    path("plain/", plain),
    path("shown/", shown),
    path("public/", public),
    path("missing/", missing),
    path("broken/", broken),
    path("moved/", moved),
    path("streamed/", streamed),
    path("fields/", fields),
    path("login/", log_in),
    path("logout/", log_out),
    path("place/<order_id>/", place),
    path("cart/", cart),
    path("consent/", consent),
    path("served/", served),
    path("async/place/<order_id>/", place_async),
    path("async/served/", served_async),
    path("async/plain/", plain_async),
    path("async/shown/", shown_async),
    path("async/broken/", broken_async),
]
