"""The cart page, putting something into the cart, changes to its lines, and coupons."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from store.addresses import guess_country
from store.cart import MAX_LINES, Cart
from store.cart_count import tells_cart_count
from store.countries import COUNTRIES
from store.coupons import typed_code
from store.currencies import currency_of
from store.forms import AddForm, CartQuantityForm
from store.models import Variant
from store.quotes import quote
from store.same_site import from_our_pages

_GONE = "That is not for sale any more"  # the page that it was chosen on is older


@never_cache
@require_safe
@tells_cart_count
def cart(request: HttpRequest) -> HttpResponse:
    country = guess_country(request.headers.get("Accept-Language", ""))
    cart = Cart(request.session)
    shown = quote(cart, currency=currency_of(request), country=country, now=timezone.now())
    context = {
        "quote": shown,
        "lines": shown.lines,
        "totals": shown.totals,
        "country": dict(COUNTRIES)[country],
        "coupon_code": cart.coupon_code,
    }
    return render(request, "store/cart.html", context)


@require_POST
@from_our_pages
@tells_cart_count
def add(request: HttpRequest) -> HttpResponse:
    form = AddForm(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(str(error) for errors in form.errors.values() for error in errors))
    elif variant := Variant.objects.sold_in(currency_of(request)).filter(pk=form.cleaned_data["variant"]).first():
        _add(request, variant, form.cleaned_data["quantity"])
    else:
        messages.warning(request, f"{_GONE}, so it is not in your cart.")
    return redirect("store:cart")


def _add(request: HttpRequest, variant: Variant, quantity: int) -> None:
    cart = Cart(request.session)
    if cart.is_full and not cart.quantity_of(variant.pk):
        messages.warning(request, f"Your cart holds {MAX_LINES} different things, which is all that fits in one order.")
        return
    added = cart.add(variant, quantity)
    if added == quantity:
        messages.success(request, f"{variant} is in your cart.")
    elif variant.is_sold_out:
        messages.warning(request, f"{variant} has just sold out, so it is not in your cart.")
    else:
        held = cart.quantity_of(variant.pk)
        messages.warning(request, f"We have no more than {held} of {variant} for you: your cart holds {held}.")


@require_POST
@tells_cart_count
def change_line(request: HttpRequest, variant_id: int) -> HttpResponse:
    """Set a line's quantity; 0 removes it."""
    variant = Variant.objects.select_related("product").filter(pk=variant_id).first()
    form = CartQuantityForm(request.POST)
    if variant is None:
        messages.warning(request, f"{_GONE}: it has left your cart.")
    elif form.is_valid():
        _change(request, variant, form.cleaned_data["quantity"])
    else:
        messages.error(request, f"The quantity of {variant} must be a whole number from 0 to 99.")
    return redirect("store:cart")


def _change(request: HttpRequest, variant: Variant, quantity: int) -> None:
    cart = Cart(request.session)
    if quantity and not cart.quantity_of(variant.pk):
        return  # removed in another tab, or ordered
    allowed = min(quantity, variant.stock)
    if allowed or not quantity:
        cart.put(variant.pk, allowed)
    if not quantity:
        messages.success(request, f"{variant} is out of your cart.")
    elif allowed < quantity:
        messages.warning(request, f"We have only {variant.stock} of {variant}.")


@require_POST
def use_coupon(request: HttpRequest) -> HttpResponse:
    """Take the code of a coupon; an empty one takes the coupon away. The cart says what comes of it."""
    Cart(request.session).coupon_code = typed_code(request.POST)
    return redirect("store:cart")
