"""Browsing: pages that are the same for everyone, so they leave session and cookies alone."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from store.catalogue import PAGE_SIZE, featured_products, featured_subscription
from store.currencies import currency_of
from store.listing import ListingForm
from store.models import Category, Product
from store.structured_data import breadcrumb_data, shop_data

from .public import public_page


@public_page
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    currency = currency_of(request)
    context = {
        "products": featured_products(currency),
        "monthly": featured_subscription(currency),
        "data": shop_data(request),
    }
    return render(request, "store/home.html", context)


@public_page
@require_safe
def product_list(request: HttpRequest) -> HttpResponse:
    return _list(request)


@public_page
@require_safe
def category(request: HttpRequest, slug: str) -> HttpResponse:
    return _list(request, get_object_or_404(Category, slug=slug))


def _list(request: HttpRequest, category: Category | None = None) -> HttpResponse:
    currency = currency_of(request)
    products = Product.objects.listed_in(currency)
    if category:
        products = products.filter(category=category)
    listing = ListingForm(request.GET, currency=currency, category=category)
    page = Paginator(listing.apply(products), PAGE_SIZE).get_page(request.GET.get("page"))
    trail = [(category.name, category.get_absolute_url())] if category else []
    context = {"page": page, "category": category, "listing": listing, "data": breadcrumb_data(request, trail)}
    return render(request, "store/product_list.html", context)
