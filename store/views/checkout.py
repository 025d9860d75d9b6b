"""Checkout on one page: contact, address, and the order beside them."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from store.cart import Cart, CartLine, goods_total
from store.checkout import OutOfStockError, checkout_token, find_order, forget_token, place_order
from store.conf import conf
from store.currencies import currency_of
from store.forms import CheckoutForm
from store.models import Order
from store.totals import Totals, add_up


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def checkout(request: HttpRequest) -> HttpResponse:
    form = CheckoutForm(request.POST if request.method == "POST" else None)
    if form.is_bound and (earlier := _earlier_order(form)):
        return redirect(earlier)
    currency = currency_of(request)
    cart = Cart(request.session)
    lines = cart.lines(currency)
    if not lines or any(line.problem for line in lines):
        return redirect("store:cart")
    totals = add_up(goods_total(lines), conf.rates_in(currency))
    if form.is_valid() and form.accepts(totals.total):
        return _place(request, form, cart, lines, totals)
    context = {
        "form": form,
        "lines": lines,
        "totals": totals,
        "checkout_token": checkout_token(request.session),
        "quoted_total": str(totals.total),  # as text: no locale may change it on its way out and back
    }
    return render(request, "store/checkout.html", context)


def _earlier_order(form: CheckoutForm) -> Order | None:
    """The order that this very form made before: a double click, the back button, a second tab."""
    form.is_valid()
    token = form.cleaned_data.get("checkout_token")
    return find_order(token) if token else None


def _place(request: HttpRequest, form: CheckoutForm, cart: Cart, lines: list[CartLine], totals: Totals) -> HttpResponse:
    token = form.cleaned_data["checkout_token"]
    try:
        order = place_order(request, form.save(commit=False), token=token, lines=lines, totals=totals)
    except OutOfStockError as shortage:
        messages.warning(request, f"Somebody was quicker: {shortage.variant} is no longer there in that quantity.")
        return redirect("store:cart")
    cart.clear()
    forget_token(request.session)
    return redirect("store:pay", order.token)
