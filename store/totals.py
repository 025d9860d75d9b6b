"""What an order costs: goods, discount, shipping, tax. Plain rules on Decimals; no ORM, no settings."""

from dataclasses import dataclass
from decimal import Decimal

from .money import round_money


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """What is added to the goods. `free_shipping_from` None: shipping is never free."""

    currency: str
    shipping: Decimal = Decimal(0)
    free_shipping_from: Decimal | None = None
    tax_percent: Decimal = Decimal(0)
    is_tax_included: bool = False
    """Whether the price list has the tax in its prices, as in Europe, or it is added, as in the United States."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """`items_total` is goods after discounts, without shipping and tax: what affiliates earn on."""

    currency: str
    items_total: Decimal
    discount: Decimal
    shipping: Decimal
    tax: Decimal
    missing_for_free_shipping: Decimal
    is_tax_included: bool = False

    @property
    def subtotal(self) -> Decimal:
        """Goods at their full price, as the price list has it."""
        return self.items_total + self.discount + (self.tax if self.is_tax_included else 0)

    @property
    def total(self) -> Decimal:
        return self.items_total + self.shipping + self.tax


def add_up(goods: Decimal, rates: Rates, *, discount: Decimal = Decimal(0)) -> Totals:
    """Total an order. A discount never exceeds the goods; tax is on the discounted goods, not on shipping."""
    goods = round_money(goods, rates.currency)
    discount = min(round_money(discount, rates.currency), goods)
    reduced = goods - discount
    tax = _tax(reduced, rates)
    missing = _missing_for_free_shipping(reduced, rates)
    is_free = goods == 0 or (rates.free_shipping_from is not None and missing == 0)
    return Totals(
        currency=rates.currency,
        items_total=reduced - tax if rates.is_tax_included else reduced,
        discount=discount,
        shipping=round_money(Decimal(0) if is_free else rates.shipping, rates.currency),
        tax=tax,
        missing_for_free_shipping=missing,
        is_tax_included=rates.is_tax_included,
    )


def _tax(goods: Decimal, rates: Rates) -> Decimal:
    base = 100 + rates.tax_percent if rates.is_tax_included else Decimal(100)
    return round_money(goods * rates.tax_percent / base, rates.currency)


def _missing_for_free_shipping(goods: Decimal, rates: Rates) -> Decimal:
    if rates.free_shipping_from is None:
        return Decimal(0)
    return max(Decimal(0), rates.free_shipping_from - goods)
