"""What every page may show of the shop. Nothing here is read before a template asks for it."""

from collections.abc import Sequence
from functools import cached_property

from django.http import HttpRequest
from django.urls import reverse

from .conf import conf
from .currencies import currency_of, join_address
from .delivery import Delivery, cheapest_in
from .models import Category


class Shop:
    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    @property
    def name(self) -> str:
        return conf.name

    @property
    def currency(self) -> str:
        return currency_of(self._request)

    @property
    def currency_links(self) -> list[tuple[str, str]]:
        """Each currency, with this page's address in it."""
        return [(currency, join_address(currency, self._request.path_info)) for currency in conf.currencies]

    @cached_property
    def delivery(self) -> Delivery | None:
        """The cheapest delivery there is, for the shop to promise."""
        return cheapest_in(self.currency)

    @property
    def sitemap_links(self) -> list[tuple[str, str]]:
        """Each currency, with the address of its sitemap."""
        return [(currency, join_address(currency, "/sitemap.xml")) for currency in conf.currencies]

    @property
    def list_url(self) -> str:
        return reverse("store:product_list")

    @cached_property
    def categories(self) -> Sequence[Category]:
        return list(Category.objects.all())


def shop(request: HttpRequest) -> dict[str, Shop]:
    return {"shop": Shop(request)}
