"""How an order can be delivered, what that costs, and which tax is due where it goes."""

from dataclasses import dataclass
from decimal import Decimal

from .conf import conf
from .models import ShippingMethod, ShippingPrice, TaxRate
from .totals import Rates


@dataclass(frozen=True, slots=True)
class Delivery:
    """A method with its price in one currency."""

    method: ShippingMethod
    currency: str
    amount: Decimal
    free_from: Decimal | None


def deliveries_in(currency: str, country: str = "") -> list[Delivery]:
    """What is offered to a country, all countries if none is named, in the merchant's order. One query."""
    prices = ShippingPrice.objects.filter(currency=currency, method__is_active=True).select_related("method")
    return [
        Delivery(price.method, currency, price.amount, price.free_from)
        for price in prices.order_by("method__position", "method__name")
        if not country or price.method.goes_to(country)
    ]


def cheapest_in(currency: str) -> Delivery | None:
    """What the shop may promise on every page: "Delivery $6.00, free from $75.00"."""
    return min(deliveries_in(currency), key=lambda delivery: delivery.amount, default=None)


def rates_for(currency: str, delivery: Delivery | None, *, country: str, region: str = "") -> Rates:
    """What is added to the goods that go there this way; without a way yet, no delivery."""
    return Rates(
        currency=currency,
        shipping=delivery.amount if delivery else Decimal(0),
        free_shipping_from=delivery.free_from if delivery else None,
        tax_percent=_tax_percent(country, region),
        is_tax_included=currency in conf.currencies_with_tax,
    )


def _tax_percent(country: str, region: str) -> Decimal:
    """The rate of the region, of the country, or of the rest of the world, whichever is nearest."""
    percents = dict(TaxRate.objects.filter(country=country).values_list("region", "percent"))
    by_region = {name.casefold(): percent for name, percent in percents.items()}
    return by_region.get(region.strip().casefold(), by_region.get("", conf.tax_percent))
