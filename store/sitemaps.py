"""The addresses that search engines should know, as they are in one currency."""

from datetime import datetime

from django.contrib.sitemaps import Sitemap
from django.db.models import QuerySet
from django.urls import reverse

from .models import Category, Product

PAGES = ("home", "product_list", "about", "delivery")


class PageSitemap(Sitemap):  # type: ignore[type-arg]  # not generic at run time
    def items(self) -> tuple[str, ...]:
        return PAGES

    def location(self, item: str) -> str:
        return reverse(f"store:{item}")


class CategorySitemap(Sitemap):  # type: ignore[type-arg]  # not generic at run time
    def items(self) -> QuerySet[Category]:
        return Category.objects.all()


class ProductSitemap(Sitemap):  # type: ignore[type-arg]  # not generic at run time
    def __init__(self, currency: str) -> None:
        self._currency = currency

    def items(self) -> QuerySet[Product]:
        return Product.objects.listed_in(self._currency).order_by("pk")

    def lastmod(self, item: Product) -> datetime:
        return item.updated_at


def sitemaps_in(currency: str) -> dict[str, type[Sitemap] | Sitemap]:  # type: ignore[type-arg]  # not generic at run time
    return {"pages": PageSitemap(), "categories": CategorySitemap(), "products": ProductSitemap(currency)}
