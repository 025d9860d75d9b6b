"""The cart page, putting something into the cart, and changes to its lines."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from store.cart import Cart, goods_total
from store.conf import conf
from store.currencies import currency_of
from store.forms import AddForm, CartQuantityForm
from store.models import Variant
from store.totals import add_up


@never_cache
@require_safe
def cart(request: HttpRequest) -> HttpResponse:
    currency = currency_of(request)
    lines = Cart(request.session).lines(currency)
    context = {
        "lines": lines,
        "totals": add_up(goods_total(lines), conf.rates_in(currency)),
        "has_problem": any(line.problem for line in lines),
    }
    return render(request, "store/cart.html", context)


@require_POST
def add(request: HttpRequest) -> HttpResponse:
    form = AddForm(request.POST)
    if form.is_valid():
        variants = Variant.objects.sold_in(currency_of(request))
        _add(request, get_object_or_404(variants, pk=form.cleaned_data["variant"]), form.cleaned_data["quantity"])
    else:
        messages.error(request, " ".join(error for errors in form.errors.values() for error in errors))
    return redirect("store:cart")


def _add(request: HttpRequest, variant: Variant, quantity: int) -> None:
    cart = Cart(request.session)
    added = cart.add(variant, quantity)
    if added == quantity:
        messages.success(request, f"{variant} is in your cart.")
    elif variant.is_sold_out:
        messages.warning(request, f"{variant} has just sold out, so it is not in your cart.")
    else:
        held = cart.quantity_of(variant.pk)
        messages.warning(request, f"We have no more than {held} of {variant} for you: your cart holds {held}.")


@require_POST
def change_line(request: HttpRequest, variant_id: int) -> HttpResponse:
    """Set a line's quantity; 0 removes it."""
    variant = get_object_or_404(Variant.objects.select_related("product"), pk=variant_id)
    form = CartQuantityForm(request.POST)
    if form.is_valid():
        _change(request, variant, form.cleaned_data["quantity"])
    else:
        messages.error(request, f"The quantity of {variant} must be a whole number from 0 to 99.")
    return redirect("store:cart")


def _change(request: HttpRequest, variant: Variant, quantity: int) -> None:
    allowed = min(quantity, variant.stock)
    if allowed or not quantity:
        Cart(request.session).put(variant.pk, allowed)
    if not quantity:
        messages.success(request, f"{variant} is out of your cart.")
    elif allowed < quantity:
        messages.warning(request, f"We have only {variant.stock} of {variant}.")
