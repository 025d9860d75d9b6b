"""The shop's settings, `STORE_*`: read when asked for, each with a default that works."""

from decimal import Decimal

from django.conf import settings

from .totals import Rates


class Settings:
    @property
    def name(self) -> str:
        return getattr(settings, "STORE_NAME", "Pennywort")

    @property
    def currency(self) -> str:
        """The ISO 4217 code of the currency that the shop's plain addresses show."""
        return getattr(settings, "STORE_CURRENCY", "USD")

    @property
    def currencies(self) -> tuple[str, ...]:
        """All that there are price lists for, the default one first; the others are shown below `/eur/` and so on."""
        others = getattr(settings, "STORE_CURRENCIES", ("USD", "EUR"))
        return (self.currency, *(code for code in others if code != self.currency))

    @property
    def order_prefix(self) -> str:
        """What order numbers start with; at most five characters."""
        return getattr(settings, "STORE_ORDER_PREFIX", "PW-")

    @property
    def payment_variant(self) -> str:
        """The key in django-payments' PAYMENT_VARIANTS that shoppers pay with."""
        return getattr(settings, "STORE_PAYMENT_VARIANT", "default")

    def rates_in(self, currency: str) -> Rates:
        """What is added to the goods: flat shipping, free from a threshold (None: never), and a flat tax."""
        free_from = getattr(settings, "STORE_FREE_SHIPPING_FROM", "75.00")
        return Rates(
            currency=currency,
            shipping=Decimal(getattr(settings, "STORE_SHIPPING", "6.00")),
            free_shipping_from=None if free_from is None else Decimal(free_from),
            tax_percent=Decimal(getattr(settings, "STORE_TAX_PERCENT", "0")),
        )


conf = Settings()
