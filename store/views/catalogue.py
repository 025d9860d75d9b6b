"""Browsing: pages that are the same for everyone, so they leave session and cookies alone."""

from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from store.catalogue import PAGE_SIZE, featured_products
from store.currencies import currency_of
from store.models import Category, Product
from store.models.catalogue import ProductQuerySet


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return render(request, "store/home.html", {"products": featured_products(currency_of(request))})


@require_safe
def product_list(request: HttpRequest) -> HttpResponse:
    page = _page(request, Product.objects.listed_in(currency_of(request)))
    return render(request, "store/product_list.html", {"page": page})


@require_safe
def category(request: HttpRequest, slug: str) -> HttpResponse:
    category = get_object_or_404(Category, slug=slug)
    page = _page(request, Product.objects.listed_in(currency_of(request)).filter(category=category))
    return render(request, "store/product_list.html", {"page": page, "category": category})


def _page(request: HttpRequest, products: ProductQuerySet) -> Page[Product]:
    return Paginator(products, PAGE_SIZE).get_page(request.GET.get("page"))
