"""What search engines read: schema.org as JSON-LD. Plain dictionaries; a template tag writes them into the page."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from .conf import conf
from .models import Product, ProductPicture, Variant
from .money import round_money

Data = dict[str, Any]
_CONTEXT = {"@context": "https://schema.org"}


def shop_data(request: HttpRequest) -> Data:
    home = request.build_absolute_uri(reverse("store:home"))
    search = request.build_absolute_uri(reverse("store:product_list"))
    action = {
        "@type": "SearchAction",
        "target": {"@type": "EntryPoint", "urlTemplate": search + "?q={search_term_string}"},
        "query-input": "required name=search_term_string",
    }
    return {**_CONTEXT, "@type": "WebSite", "name": conf.name, "url": home, "potentialAction": action}


def product_data(
    request: HttpRequest,
    product: Product,
    variants: Sequence[Variant],
    pictures: Sequence[ProductPicture],
    currency: str,
) -> Data:
    return {
        **_CONTEXT,
        "@type": "Product",
        "name": product.name,
        "description": product.summary,
        "url": request.build_absolute_uri(product.get_absolute_url()),
        "image": [request.build_absolute_uri(picture.image.url) for picture in pictures],
        "category": product.category.name,
        "brand": {"@type": "Brand", "name": conf.name},
        "offers": [_offer(request, variant, currency) for variant in variants],
    }


def _offer(request: HttpRequest, variant: Variant, currency: str) -> Data:
    return {
        "@type": "Offer",
        "sku": variant.sku,
        "name": str(variant),
        "url": request.build_absolute_uri(variant.get_absolute_url()),
        "price": str(round_money(variant.price or Decimal(0), currency)),
        "priceCurrency": currency,
        "availability": f"https://schema.org/{'OutOfStock' if variant.is_sold_out else 'InStock'}",
        "itemCondition": "https://schema.org/NewCondition",
    }


def breadcrumb_data(request: HttpRequest, trail: Sequence[tuple[str, str]]) -> Data:
    """The way to a page: (name, path) of each step."""
    steps = [
        {"@type": "ListItem", "position": position, "name": name, "item": request.build_absolute_uri(path)}
        for position, (name, path) in enumerate(trail, start=1)
    ]
    return {**_CONTEXT, "@type": "BreadcrumbList", "itemListElement": steps}
