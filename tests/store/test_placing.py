"""Placing an order, also when others place the same or buy the same: once, whole, or not at all."""

from unittest.mock import Mock
from uuid import uuid4

import pytest
from django.db import IntegrityError

from store import checkout
from store.cart import CartLine, goods_total
from store.checkout import OutOfStockError
from store.models import Order, Price, Product
from store.totals import Rates, add_up
from tests.store.conftest import Shopper
from tests.store.factories import OrderFactory, ProductFactory

pytestmark = pytest.mark.django_db


def place(*lines: CartLine, **fields: object) -> Order:
    totals = add_up(goods_total(lines), Rates(currency="USD"))
    terms = {"token": uuid4(), "lines": lines, "totals": totals, **fields}
    return checkout.place(OrderFactory.build(), **terms)


def line_of(product: Product, quantity: int) -> CartLine:
    variant = product.variants.get()
    return CartLine(variant, Price.objects.get(variant=variant, currency="USD").amount, quantity)


def test_two_submissions_at_the_same_moment_make_one_order() -> None:
    product = ProductFactory(stock=10)
    token = uuid4()
    first = place(line_of(product, 1), token=token)

    second = place(line_of(product, 1), token=token)  # past the look-up, stopped by the database

    assert second.pk == first.pk
    assert product.variants.get().stock == 9


def test_a_number_that_is_taken_is_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = place(line_of(ProductFactory(), 1))
    monkeypatch.setattr("store.checkout.new_number", lambda: "PW-FRESH2")
    order = OrderFactory.build(number=taken.number)
    product = ProductFactory()

    lines = [line_of(product, 1)]
    totals = add_up(goods_total(lines), Rates(currency="USD"))
    placed = checkout.place(order, token=uuid4(), lines=lines, totals=totals)

    assert placed.number == "PW-FRESH2"
    assert placed.lines.count() == 1


def test_what_is_not_there_is_not_sold() -> None:
    product = ProductFactory(stock=1)

    with pytest.raises(OutOfStockError, match=product.name):
        place(line_of(product, 2))

    assert not Order.objects.exists()


def test_a_shortage_puts_everything_back() -> None:
    plenty, scarce = ProductFactory(stock=10), ProductFactory(stock=1)

    with pytest.raises(OutOfStockError):
        place(line_of(plenty, 3), line_of(scarce, 2))

    assert plenty.variants.get().stock == 10


def test_the_database_refuses_two_orders_of_one_checkout() -> None:
    token = uuid4()
    OrderFactory(checkout_token=token)

    with pytest.raises(IntegrityError):
        OrderFactory(checkout_token=token)


def test_placing_fails_as_a_whole_when_remembering_breaks_the_transaction(
    shopper: Shopper, monkeypatch: pytest.MonkeyPatch
) -> None:
    product = ProductFactory(stock=10)
    shopper.adds(product)
    form = shopper.opens_checkout()
    monkeypatch.setattr("store.checkout.remember", Mock(side_effect=RuntimeError))

    with pytest.raises(RuntimeError):
        shopper.submits(form)

    assert product.variants.get().stock == 10
    assert not Order.objects.exists()
