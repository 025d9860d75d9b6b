"""What an order costs."""

from decimal import Decimal

import pytest

from store.money import format_money, round_money
from store.totals import Rates, add_up

RATES = Rates(
    currency="USD", shipping=Decimal("6.00"), free_shipping_from=Decimal("75.00"), tax_percent=Decimal("8.25")
)


@pytest.mark.parametrize(
    ("goods", "discount", "items_total", "shipping", "tax", "total"),
    [
        ("20.00", "0", "20.00", "6.00", "1.65", "27.65"),
        ("74.99", "0", "74.99", "6.00", "6.19", "87.18"),
        ("75.00", "0", "75.00", "0.00", "6.19", "81.19"),
        ("80.00", "10.00", "70.00", "6.00", "5.78", "81.78"),  # the discounted goods miss free shipping
        ("20.00", "30.00", "0.00", "6.00", "0.00", "6.00"),  # a discount never exceeds the goods
        ("0", "0", "0.00", "0.00", "0.00", "0.00"),
    ],
)
def test_goods_discount_shipping_and_tax_add_up(
    goods: str, discount: str, items_total: str, shipping: str, tax: str, total: str
) -> None:
    totals = add_up(Decimal(goods), RATES, discount=Decimal(discount))

    assert (totals.items_total, totals.shipping, totals.tax, totals.total) == (
        Decimal(items_total),
        Decimal(shipping),
        Decimal(tax),
        Decimal(total),
    )


def test_subtotal_is_the_goods_before_the_discount() -> None:
    assert add_up(Decimal("80.00"), RATES, discount=Decimal("10.00")).subtotal == Decimal("80.00")


def test_what_is_missing_for_free_shipping_is_told() -> None:
    assert add_up(Decimal("60.50"), RATES).missing_for_free_shipping == Decimal("14.50")


def test_shipping_is_never_free_without_a_threshold() -> None:
    rates = Rates(currency="USD", shipping=Decimal("6.00"), free_shipping_from=None)

    totals = add_up(Decimal("900.00"), rates)

    assert totals.shipping == Decimal("6.00")
    assert totals.missing_for_free_shipping == 0


@pytest.mark.parametrize(
    ("amount", "currency", "rounded"),
    [("0.125", "USD", "0.13"), ("0.135", "EUR", "0.14"), ("2.5", "JPY", "3"), ("1", "USD", "1.00")],
)
def test_half_a_unit_rounds_up(amount: str, currency: str, rounded: str) -> None:
    assert str(round_money(Decimal(amount), currency)) == rounded


@pytest.mark.parametrize(
    ("amount", "currency", "written"),
    [
        ("1049.5", "USD", "$1,049.50"),
        ("5", "EUR", "€5.00"),
        ("12", "CHF", "CHF\N{NO-BREAK SPACE}12.00"),
        ("1200", "JPY", "¥1,200"),
        ("-3", "USD", "\N{MINUS SIGN}$3.00"),
    ],
)
def test_money_is_written_with_its_symbol(amount: str, currency: str, written: str) -> None:
    assert format_money(Decimal(amount), currency) == written
