"""What an order costs: goods, discount, shipping, tax. Plain rules on Decimals; no ORM, no settings."""

from dataclasses import dataclass
from decimal import Decimal

from .money import round_money


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """What the shop adds to the goods, in its currency. `free_shipping_from` None: shipping is never free."""

    currency: str
    shipping: Decimal = Decimal(0)
    free_shipping_from: Decimal | None = None
    tax_percent: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """`items_total` is goods after discounts, without shipping and tax: what affiliates earn on."""

    currency: str
    items_total: Decimal
    discount: Decimal
    shipping: Decimal
    tax: Decimal
    missing_for_free_shipping: Decimal

    @property
    def subtotal(self) -> Decimal:
        """Goods at their full price."""
        return self.items_total + self.discount

    @property
    def total(self) -> Decimal:
        return self.items_total + self.shipping + self.tax


def add_up(goods: Decimal, rates: Rates, *, discount: Decimal = Decimal(0)) -> Totals:
    """Total an order. A discount never exceeds the goods; tax is on the discounted goods, not on shipping."""
    goods = round_money(goods, rates.currency)
    discount = min(round_money(discount, rates.currency), goods)
    items_total = goods - discount
    missing = _missing_for_free_shipping(items_total, rates)
    is_free = goods == 0 or (rates.free_shipping_from is not None and missing == 0)
    return Totals(
        currency=rates.currency,
        items_total=items_total,
        discount=discount,
        shipping=round_money(Decimal(0) if is_free else rates.shipping, rates.currency),
        tax=round_money(items_total * rates.tax_percent / 100, rates.currency),
        missing_for_free_shipping=missing,
    )


def _missing_for_free_shipping(items_total: Decimal, rates: Rates) -> Decimal:
    if rates.free_shipping_from is None:
        return Decimal(0)
    return max(Decimal(0), rates.free_shipping_from - items_total)
