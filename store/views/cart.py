"""The cart page and changes to its lines."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from store.cart import Cart, CartLine, goods_total
from store.conf import conf
from store.forms import CartQuantityForm
from store.models import Product
from store.totals import add_up


@never_cache
@require_safe
def cart(request: HttpRequest) -> HttpResponse:
    lines = Cart(request.session).lines()
    context = {
        "lines": lines,
        "totals": add_up(goods_total(lines), conf.rates),
        "has_problem": any(line.problem for line in lines),
    }
    return render(request, "store/cart.html", context)


@require_POST
def change_line(request: HttpRequest, product_id: int) -> HttpResponse:
    """Set a line's quantity; 0 removes it."""
    product = get_object_or_404(Product, pk=product_id)
    form = CartQuantityForm(request.POST)
    if form.is_valid():
        _change(request, product, form.cleaned_data["quantity"])
    else:
        messages.error(request, f"The quantity of {product.name} must be a whole number from 0 to 99.")
    return redirect("store:cart")


def _change(request: HttpRequest, product: Product, quantity: int) -> None:
    allowed = min(quantity, CartLine(product, quantity).limit)
    if allowed or not quantity:
        Cart(request.session).put(product.pk, allowed)
    if not quantity:
        messages.success(request, f"{product.name} is out of your cart.")
    elif allowed < quantity:
        messages.warning(request, f"We have only {product.stock} of {product.name}.")
