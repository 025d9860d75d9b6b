"""The shop's settings, `STORE_*`: read when asked for, each with a default that works."""

from decimal import Decimal

from django.conf import settings


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
    def payment_variants(self) -> tuple[str, ...]:
        """What shoppers may pay with: the keys of django-payments' PAYMENT_VARIANTS, the usual way first."""
        return tuple(settings.PAYMENT_VARIANTS)

    @property
    def tax_percent(self) -> Decimal:
        """The tax on goods that go where no tax rate is set up in the admin."""
        return Decimal(getattr(settings, "STORE_TAX_PERCENT", "0"))

    @property
    def currencies_with_tax(self) -> tuple[str, ...]:
        """The currencies whose prices have the tax in them already."""
        return tuple(getattr(settings, "STORE_CURRENCIES_WITH_TAX", ("EUR", "GBP")))


conf = Settings()
