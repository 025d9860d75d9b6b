"""One product: a page that is the same for everyone. Putting it into the cart is the cart's own address."""

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from store.catalogue import related_products
from store.currencies import currency_of
from store.models import Product, Variant


@require_safe
def product(request: HttpRequest, slug: str) -> HttpResponse:
    currency = currency_of(request)
    products = Product.objects.listed_in(currency).prefetch_related("pictures")
    product = get_object_or_404(products, slug=slug)
    variants = list(Variant.objects.sold_in(currency).filter(product=product))
    context = {
        "product": product,
        "variants": variants,
        "chosen": _chosen(variants, request.GET.get("variant", "")),
        "related": related_products(product, currency),
    }
    return render(request, "store/product.html", context)


def _chosen(variants: Sequence[Variant], sku: str) -> Variant:
    """The variant that the address names; else the first that is there to be bought; else the first."""
    named = next((variant for variant in variants if variant.sku == sku), None)
    return named or next((variant for variant in variants if not variant.is_sold_out), variants[0])
