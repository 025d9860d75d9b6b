"""Checkout on one page: contact, address, delivery and payment, with the order and its coupon beside them."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from store.addresses import guess_country
from store.cart import Cart
from store.cart_count import tells_cart_count
from store.checkout import (
    CouponUsedError,
    OutOfStockError,
    checkout_token,
    find_order,
    forget_token,
    place_order,
)
from store.countries import COUNTRIES
from store.coupons import typed_code
from store.currencies import currency_of
from store.customers import address_for
from store.forms import CheckoutForm
from store.models import Order
from store.payments import ways_to_pay
from store.quotes import Quote, quote

_DRAFT = "checkout_draft"  # in the session: what was typed, for a shopper who looks at the cart again
_LONGEST = 254  # characters
_KEPT = ("email", "country", "name", "address1", "address2", "city", "region", "postcode", "delivery", "payment")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@tells_cart_count
def checkout(request: HttpRequest) -> HttpResponse:
    if request.method == "POST" and (earlier := _earlier_order(request)):
        return redirect(earlier)
    typed = _typed(request)
    cart = Cart(request.session)
    _take_coupon(request, cart)
    shown = _quote(request, cart, typed)
    if request.method == "POST" and not shown.lines:
        messages.warning(request, "Nothing was ordered: your cart is empty by now.")
    if not shown.lines or shown.has_problem:
        return redirect("store:cart")
    form = _form(request, shown, typed)
    if form.is_bound and form.is_valid() and _is_settled(form, shown, cart) and form.accepts(shown):
        return _place(request, form, cart, shown)
    context = {
        "form": form,
        "quote": shown,
        "lines": shown.lines,
        "totals": shown.totals,
        "coupon_code": cart.coupon_code,
        "checkout_token": checkout_token(request.session),
        "ways": ways_to_pay(),
    }
    return render(request, "store/checkout.html", context)


def _earlier_order(request: HttpRequest) -> Order | None:
    """The order that this very form made before: a double click, the back button, a second tab."""
    try:
        token = CheckoutForm.base_fields["checkout_token"].clean(request.POST.get("checkout_token"))
    except forms.ValidationError:
        return None
    return find_order(token)


def _typed(request: HttpRequest) -> dict[str, Any]:
    """What the fields hold: as sent, else as typed before, else what we know of the customer."""
    if request.method == "POST":
        typed = {name: request.POST[name][:_LONGEST] for name in _KEPT if name in request.POST}
        request.session[_DRAFT] = typed
        return typed
    known = request.session.get(_DRAFT) or address_for(request.user)
    return {"country": guess_country(request.headers.get("Accept-Language", "")), **known}


def _quote(request: HttpRequest, cart: Cart, typed: dict[str, Any]) -> Quote:
    country = typed.get("country", "")
    return quote(
        cart,
        currency=currency_of(request),
        country=country if country in dict(COUNTRIES) else COUNTRIES[0][0],
        region=typed.get("region", ""),
        method_id=typed.get("delivery", ""),
        email=typed.get("email", "").replace("\0", ""),  # no database takes it
        now=timezone.now(),
    )


def _form(request: HttpRequest, shown: Quote, typed: dict[str, Any]) -> CheckoutForm:
    """The form, bound only when the order is to be placed: other buttons keep what was typed and find no fault."""
    is_order = request.method == "POST" and not {"update", "coupon_button"} & request.POST.keys()
    ways = ways_to_pay()
    chosen = {
        "delivery": str(shown.delivery.method.pk) if shown.delivery else "",
        "payment": typed.get("payment") or (ways[0].key if ways else ""),
    }
    return CheckoutForm(request.POST if is_order else None, initial={**typed, **chosen}, quote=shown, ways=ways)


def _take_coupon(request: HttpRequest, cart: Cart) -> None:
    """Take a code that was typed, also when another button than its own was pressed; or take the one there is away."""
    if request.POST.get("coupon_button") == "remove":
        cart.coupon_code = ""
    elif code := typed_code(request.POST):
        cart.coupon_code = code
    elif cart.coupon_code and request.POST.get("coupon_refused") == cart.coupon_code:
        cart.coupon_code = ""  # it was shown in the field, as wrong, and is wiped out


def _is_settled(form: CheckoutForm, shown: Quote, cart: Cart) -> bool:
    """Whether nothing is left open that no single field is wrong about; if so, say it on the form."""
    if not form.fields["payment"].choices:  # type: ignore[attr-defined]
        form.add_error(None, "This shop cannot take payments at the moment. Nothing was ordered.")
    if cart.coupon_code and shown.coupon is None:
        form.add_error(None, f"{shown.coupon_problem} Take the code away, or use another, to go on.")
    return form.is_valid()


def _place(request: HttpRequest, form: CheckoutForm, cart: Cart, shown: Quote) -> HttpResponse:
    order = form.save(commit=False)
    order.customer = request.user if request.user.is_authenticated else None
    order.payment_variant = form.cleaned_data["payment"]
    try:
        order = place_order(request, order, token=form.cleaned_data["checkout_token"], quote=shown)
    except OutOfStockError as shortage:
        messages.warning(request, f"Somebody was quicker: {shortage.variant} is no longer there in that quantity.")
        return redirect("store:cart")
    except CouponUsedError as used:
        messages.warning(request, str(used))
        return redirect("store:cart")
    cart.clear()
    forget_token(request.session)
    request.session.pop(_DRAFT, None)
    return redirect("store:pay", order.token)
