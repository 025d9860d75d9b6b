"""Placing orders."""

from decimal import Decimal
from unittest.mock import Mock
from uuid import uuid4

import pytest
from django.db import IntegrityError
from django.test import RequestFactory

from store.cart import CartLine, goods_total
from store.checkout import OutOfStockError, place_order
from store.conf import conf
from store.models import Order, Product
from store.totals import add_up
from tests.store.conftest import Shopper
from tests.store.factories import OrderFactory, ProductFactory
from tracking.models import RememberedClick

pytestmark = pytest.mark.django_db


def place(*lines: CartLine, **fields: object) -> Order:
    totals = add_up(goods_total(lines), conf.rates)
    request = RequestFactory().post("/checkout/")
    order = OrderFactory.build()
    return place_order(request, order, token=fields.get("token") or uuid4(), lines=lines, totals=totals)


def test_an_order_freezes_names_prices_and_totals(shopper: Shopper) -> None:
    shopper.adds(ProductFactory(name="Mug", price="28.00"), 2)
    order = shopper.places_order()
    Product.objects.update(name="Cup", price="99.00")

    (line,) = order.lines.all()

    assert (line.name, line.unit_price, line.quantity) == ("Mug", Decimal("28.00"), 2)
    assert (order.items_total, order.shipping, order.tax, order.total) == (
        Decimal("56.00"),
        Decimal("6.00"),
        Decimal("5.60"),
        Decimal("67.60"),
    )
    assert (order.currency, order.discount, order.status) == ("USD", 0, "placed")


def test_an_order_takes_its_goods_from_stock(shopper: Shopper) -> None:
    product = ProductFactory(stock=10)
    shopper.adds(product, 3)

    shopper.places_order()

    product.refresh_from_db()
    assert product.stock == 7


def test_a_placed_order_empties_the_cart_and_leads_to_payment(shopper: Shopper) -> None:
    shopper.adds(ProductFactory())

    response = shopper.submits(shopper.opens_checkout())

    assert response["Location"] == f"/orders/{Order.objects.get().token}/pay/"
    assert shopper.opens("cart").context["lines"] == []


def test_an_order_number_is_short_and_says_nothing_about_other_orders(shopper: Shopper) -> None:
    shopper.adds(ProductFactory())

    order = shopper.places_order()

    assert order.number.startswith("PW-")
    assert len(order.number) == 9
    assert order.number not in order.get_absolute_url()


def test_the_affiliates_click_is_remembered_with_the_order(shopper: Shopper) -> None:
    shopper.client.get("/", {"affiliate_id": "123456"})
    shopper.adds(ProductFactory())

    order = shopper.places_order()

    assert RememberedClick.objects.get(order_id=order.number).affiliate_id == "123456"


def test_errors_are_told_by_the_field_and_keep_what_was_typed(shopper: Shopper) -> None:
    shopper.adds(ProductFactory())
    form = {**shopper.opens_checkout(), "email": "nope", "city": "", "name": "Ada <L>"}

    page = shopper.submits(form).content.decode()

    assert "does not look like an e-mail address" in page
    assert 'aria-describedby="id_email_helptext id_email_error"' in page
    assert "Tell us the town or city." in page
    assert 'value="nope"' in page
    assert 'value="Ada &lt;L&gt;"' in page
    assert "Please check 2 fields" in page
    assert not Order.objects.exists()


def test_checking_out_an_empty_cart_leads_to_the_cart(shopper: Shopper) -> None:
    assert shopper.opens("checkout")["Location"] == "/cart/"


def test_submitting_twice_makes_one_order(shopper: Shopper) -> None:
    product = ProductFactory(stock=10)
    shopper.adds(product, 2)
    form = shopper.opens_checkout()

    shopper.submits(form)
    second = shopper.submits(form)

    order = Order.objects.get()
    product.refresh_from_db()
    assert second["Location"] == order.get_absolute_url()
    assert product.stock == 8


def test_two_tabs_make_one_order(shopper: Shopper) -> None:
    shopper.adds(ProductFactory())
    first_tab, second_tab = shopper.opens_checkout(), shopper.opens_checkout()

    shopper.submits(first_tab)
    shopper.submits(second_tab)

    assert Order.objects.count() == 1


def test_the_next_cart_is_an_order_of_its_own(shopper: Shopper) -> None:
    product = ProductFactory()
    shopper.adds(product)
    first = shopper.places_order()
    shopper.adds(product)

    second = shopper.places_order()

    assert first.pk != second.pk


def test_two_submissions_at_the_same_moment_make_one_order() -> None:
    product = ProductFactory(stock=10)
    token = uuid4()
    first = place(CartLine(product, 1), token=token)

    second = place(CartLine(product, 1), token=token)  # past the look-up, stopped by the database

    product.refresh_from_db()
    assert second.pk == first.pk
    assert product.stock == 9


def test_a_number_that_is_taken_is_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = place(CartLine(ProductFactory(), 1))
    monkeypatch.setattr("store.checkout.new_number", lambda: "PW-FRESH2")
    order = OrderFactory.build(number=taken.number)
    product = ProductFactory()

    lines = [CartLine(product, 1)]
    totals = add_up(goods_total(lines), conf.rates)
    placed = place_order(RequestFactory().post("/"), order, token=uuid4(), lines=lines, totals=totals)

    assert placed.number == "PW-FRESH2"
    assert placed.lines.count() == 1


def test_what_is_not_there_is_not_sold() -> None:
    product = ProductFactory(stock=1)

    with pytest.raises(OutOfStockError, match=product.name):
        place(CartLine(product, 2))

    assert not Order.objects.exists()


def test_a_shortage_puts_everything_back() -> None:
    plenty, scarce = ProductFactory(stock=10), ProductFactory(stock=1)

    with pytest.raises(OutOfStockError):
        place(CartLine(plenty, 3), CartLine(scarce, 2))

    plenty.refresh_from_db()
    assert plenty.stock == 10


def test_a_shopper_who_comes_second_is_told_in_the_cart(shopper: Shopper, monkeypatch: pytest.MonkeyPatch) -> None:
    product = ProductFactory(name="Lamp", stock=2)
    shopper.adds(product, 2)
    form = shopper.opens_checkout()
    monkeypatch.setattr("store.views.checkout.place_order", Mock(side_effect=OutOfStockError(product)))

    response = shopper.submits(form)

    assert response["Location"] == "/cart/"
    assert "Lamp is no longer there" in shopper.opens("cart").content.decode()


def test_a_price_that_changed_meanwhile_is_told_before_the_order_is_placed(shopper: Shopper) -> None:
    shopper.adds(ProductFactory(price="20.00"))
    form = shopper.opens_checkout()
    Product.objects.update(price="25.00")

    page = shopper.submits(form)

    assert "A price changed" in page.content.decode()
    assert page.context["quoted_total"] == "33.50"
    assert not Order.objects.exists()


def test_a_form_without_its_token_is_given_a_new_one(shopper: Shopper) -> None:
    shopper.adds(ProductFactory())
    form = {**shopper.opens_checkout(), "checkout_token": "junk"}

    page = shopper.submits(form).content.decode()

    assert "not quite up to date" in page
    assert not Order.objects.exists()


def test_the_database_refuses_two_orders_of_one_checkout() -> None:
    token = uuid4()
    OrderFactory(checkout_token=token)

    with pytest.raises(IntegrityError):
        OrderFactory(checkout_token=token)


def test_placing_fails_as_a_whole_when_remembering_breaks_the_transaction(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    product = ProductFactory(stock=10)
    monkeypatch.setattr("store.checkout.remember", Mock(side_effect=RuntimeError))

    with pytest.raises(RuntimeError):
        place(CartLine(product, 1))

    product.refresh_from_db()
    assert product.stock == 10
    assert not Order.objects.exists()
