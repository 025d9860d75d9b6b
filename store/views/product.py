"""One product: a page that is the same for everyone. Putting it into the cart is the cart's own address."""

from collections.abc import Sequence

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from store.catalogue import related_products
from store.currencies import currency_of
from store.models import OrderLine, Product, ProductPicture, Variant
from store.structured_data import breadcrumb_data, product_data

from .public import public_page


@public_page
@require_safe
def product(request: HttpRequest, slug: str) -> HttpResponse:
    currency = currency_of(request)
    product = Product.objects.listed_in(currency).prefetch_related("pictures").filter(slug=slug).first()
    if product is None:
        return _not_sold(request, slug)
    variants = list(Variant.objects.sold_in(currency).filter(product=product))
    chosen = _chosen(variants, request.GET.get("variant", ""))
    pictures = _pictures(product, chosen.colour)
    for variant in variants:
        variant.product = product  # with the pictures that are at hand
    category = product.category
    context = {
        "product": product,
        "variants": variants,
        "chosen": chosen,
        "pictures": pictures,
        "related": related_products(product, currency),
        "data": product_data(request, product, variants, pictures, currency),
        "trail": breadcrumb_data(
            request, [(category.name, category.get_absolute_url()), (product.name, product.get_absolute_url())]
        ),
    }
    return render(request, "store/product.html", context)


def _not_sold(request: HttpRequest, slug: str) -> HttpResponse:
    """Old letters and search engines lead here. What was never sold is not known to anybody, and stays so."""
    product = get_object_or_404(Product.objects.select_related("category"), slug=slug)
    currencies = product.currencies
    if not currencies and not OrderLine.objects.filter(product=product).exists():
        raise Http404
    related = related_products(product, currency_of(request))
    context = {"product": product, "currencies": currencies, "related": related}
    return render(request, "store/not_sold.html", context, status=404 if currencies else 410)


def _chosen(variants: Sequence[Variant], sku: str) -> Variant:
    """The variant that the address names; else the first that is there to be bought; else the first."""
    named = next((variant for variant in variants if variant.sku == sku), None)
    return named or next((variant for variant in variants if not variant.is_sold_out), variants[0])


def _pictures(product: Product, colour: str) -> list[ProductPicture]:
    """All of the product's pictures, those in the chosen colour first."""
    return sorted(product.pictures.all(), key=lambda picture: bool(colour) and picture.colour != colour)
