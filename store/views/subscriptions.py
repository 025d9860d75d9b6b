"""A subscription's page, found by its unguessable token: what it sends, when, where to; skip, pause, resume, cancel."""

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from store import subscriptions
from store.account_forms import SubscriptionAddressForm, read_address
from store.models import Subscription

_CHANGES: dict[str, Callable[[Subscription], bool]] = {
    "pause": subscriptions.pause,
    "resume": subscriptions.resume,
    "cancel": subscriptions.cancel,
}


@never_cache
@require_safe
def subscription(request: HttpRequest, token: str) -> HttpResponse:
    own = _find(token)
    context = {"subscription": own, "orders": own.orders.prefetch_related("lines"), "waiting": own.waiting_order()}
    return render(request, "store/account/subscription.html", context)


@require_POST
def change_subscription(request: HttpRequest, token: str, change: str) -> HttpResponse:
    if change not in _CHANGES:
        raise Http404
    own = _find(token)
    return _answer(request, own, is_done=_CHANGES[change](own))


@require_POST
def skip_parcel(request: HttpRequest, token: str) -> HttpResponse:
    own = _find(token)
    return _answer(request, own, is_done=subscriptions.skip(own, request.POST.get("day", "")))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def subscription_address(request: HttpRequest, token: str) -> HttpResponse:
    own = _find(token)
    form = read_address(SubscriptionAddressForm, request, own)
    if form.is_valid():
        form.save()
        messages.success(request, "The next parcel goes there.")
        return redirect(own)
    context = {"form": form, "heading": "Where the parcels go", "back": own.get_absolute_url()}
    return render(request, "store/account/address.html", context)


def _answer(request: HttpRequest, own: Subscription, *, is_done: bool) -> HttpResponse:
    if not is_done:
        messages.warning(request, "Nothing was changed: see below how it stands.")
    return redirect(own)


def _find(token: str) -> Subscription:
    return get_object_or_404(Subscription.objects.select_related("first_order"), token=token)
