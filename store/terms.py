"""The shop's opening terms: delivery, tax rates, and for the demo some coupons. What is there already is kept."""

from decimal import Decimal
from typing import Any

from .models import Coupon, ShippingMethod, ShippingPrice, TaxRate

# Method: what it says, and by currency its price and from where on it is free.
_METHODS: dict[str, tuple[str, dict[str, tuple[str, str | None]]]] = {
    "Standard": ("3 to 6 working days", {"USD": ("6.00", "75.00"), "EUR": ("5.50", "70.00")}),
    "Express": ("1 to 2 working days", {"USD": ("14.00", None), "EUR": ("13.00", None)}),
}

# Value-added tax on goods in percent, as of 2025.
_TAX: dict[str, int | str] = {
    "AT": 20, "BE": 21, "DE": 19, "DK": 25, "ES": 21, "FI": "25.5", "FR": 20, "GB": 20, "IE": 23, "IT": 22, "LU": 17,
    "NL": 21, "PL": 23, "PT": 23, "SE": 25,
}  # fmt: skip

_COUPONS: tuple[dict[str, Any], ...] = (
    {"code": "WELCOME10", "percent": Decimal(10), "is_once_per_customer": True},
    {
        "code": "TAKE5",
        "kind": Coupon.Kind.AMOUNT,
        "amount": Decimal(5),
        "currency": "USD",
        "minimum": Decimal(20),
    },
    {"code": "GIFT100", "percent": Decimal(100)},
)


def add_terms() -> None:
    for position, (name, (summary, prices)) in enumerate(_METHODS.items()):
        method, is_new = ShippingMethod.objects.get_or_create(
            name=name, defaults={"summary": summary, "position": position}
        )
        if is_new:
            ShippingPrice.objects.bulk_create(
                ShippingPrice(
                    method=method,
                    currency=currency,
                    amount=Decimal(amount),
                    free_from=Decimal(free_from) if free_from else None,
                )
                for currency, (amount, free_from) in prices.items()
            )
    for country, percent in _TAX.items():
        TaxRate.objects.get_or_create(country=country, region="", defaults={"percent": Decimal(percent)})


def add_demo_coupons() -> None:
    for values in _COUPONS:
        Coupon.objects.get_or_create(code=values["code"], defaults=values)
