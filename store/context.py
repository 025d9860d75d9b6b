"""What every page may show of the shop. Nothing here is read before a template asks for it."""

from collections.abc import Sequence
from functools import cached_property

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from .cart import Cart
from .conf import conf
from .models import Category
from .totals import Rates


class Shop:
    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    @property
    def name(self) -> str:
        return conf.name

    @property
    def currency(self) -> str:
        return conf.currency

    @property
    def rates(self) -> Rates:
        return conf.rates

    @property
    def list_url(self) -> str:
        return reverse("store:product_list")

    @cached_property
    def categories(self) -> Sequence[Category]:
        return list(Category.objects.all())

    @cached_property
    def cart_count(self) -> int:
        # Reading the session makes a page vary by cookie. A visitor without a session has no cart: their
        # pages are the same for all, and a cache may keep them.
        if settings.SESSION_COOKIE_NAME not in self._request.COOKIES:
            return 0
        return Cart(self._request.session).count


def shop(request: HttpRequest) -> dict[str, Shop]:
    return {"shop": Shop(request)}
