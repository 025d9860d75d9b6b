"""The currencies of the shop: the default one has the plain addresses, the others below `/eur/` and so on."""

from django.http import HttpRequest

from .conf import conf


def currency_of(request: HttpRequest) -> str:
    """The currency whose price list the request is about: `store.middleware.CurrencyMiddleware` sets it."""
    return getattr(request, "currency", conf.currency)


def split_address(path: str) -> tuple[str, str]:
    """Take the currency off a path: `/eur/shop/` is EUR and `/shop/`."""
    first, _, rest = path.removeprefix("/").partition("/")
    code = first.upper()
    if first.islower() and code != conf.currency and code in conf.currencies:
        return code, f"/{rest}"
    return conf.currency, path


def join_address(currency: str, path: str) -> str:
    """The address of a path in a currency: the way back from `split_address`."""
    return path if currency == conf.currency else f"/{currency.lower()}{path}"
