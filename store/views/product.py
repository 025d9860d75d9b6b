"""One product, and putting it into the cart. Its form carries a CSRF token, so this page varies by cookie."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from store.cart import Cart
from store.catalogue import related_products
from store.forms import QuantityForm
from store.models import Product


@require_http_methods(["GET", "HEAD", "POST"])
def product(request: HttpRequest, slug: str) -> HttpResponse:
    product = get_object_or_404(Product.objects.listed(), slug=slug)
    form = QuantityForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        _add(request, product, form.cleaned_data["quantity"])
        return redirect("store:cart")
    context = {"product": product, "form": form, "related": related_products(product)}
    return render(request, "store/product.html", context)


def _add(request: HttpRequest, product: Product, quantity: int) -> None:
    cart = Cart(request.session)
    added = cart.add(product, quantity)
    if added == quantity:
        messages.success(request, f"{product.name} is in your cart.")
    elif product.is_sold_out:
        messages.warning(request, f"{product.name} has just sold out, so it is not in your cart.")
    else:
        held = cart.quantity_of(product.pk)
        messages.warning(request, f"We have no more than {held} of {product.name} for you: your cart holds {held}.")
