"""Placing orders on the checkout page."""

from decimal import Decimal
from unittest.mock import Mock

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from pytest_django import Settings

from store.checkout import OutOfStockError
from store.models import Order, Price, Product
from tests.store.conftest import Shopper
from tests.store.factories import ProductFactory
from tracking.models import RememberedClick

pytestmark = pytest.mark.django_db


def test_an_order_freezes_names_prices_and_totals(shopper: Shopper) -> None:
    shopper.adds(ProductFactory(name="Mug", price="28.00"), 2)
    order = shopper.places_order()
    Product.objects.update(name="Cup")
    Price.objects.update(amount="99.00")

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

    assert product.variants.get().stock == 7


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


def test_an_order_of_a_session_that_ended_is_told_to_be_none(shopper: Shopper) -> None:
    shopper.adds(ProductFactory())
    form = shopper.opens_checkout()
    Session.objects.all().delete()

    page = shopper.client.post("/checkout/", form, follow=True)

    assert "Nothing was ordered: your cart is empty" in page.content.decode()
    assert not Order.objects.exists()


def test_submitting_twice_makes_one_order(shopper: Shopper) -> None:
    product = ProductFactory(stock=10)
    shopper.adds(product, 2)
    form = shopper.opens_checkout()

    shopper.submits(form)
    second = shopper.submits(form)

    order = Order.objects.get()
    assert second["Location"] == order.get_absolute_url()
    assert product.variants.get().stock == 8


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


def test_a_shopper_who_comes_second_is_told_in_the_cart(shopper: Shopper, monkeypatch: pytest.MonkeyPatch) -> None:
    product = ProductFactory(name="Lamp", stock=2)
    shopper.adds(product, 2)
    form = shopper.opens_checkout()
    monkeypatch.setattr("store.views.checkout.place_order", Mock(side_effect=OutOfStockError(product.variants.get())))

    response = shopper.submits(form)

    assert response["Location"] == "/cart/"
    assert "Lamp is no longer there" in shopper.opens("cart").content.decode()


def test_a_price_that_changed_meanwhile_is_told_before_the_order_is_placed(shopper: Shopper) -> None:
    shopper.adds(ProductFactory(price="20.00"))
    form = shopper.opens_checkout()
    Price.objects.update(amount="25.00")

    page = shopper.submits(form)

    assert "The total is now $33.50" in page.content.decode()
    assert not Order.objects.exists()


def test_a_form_without_its_token_is_given_a_new_one(shopper: Shopper) -> None:
    shopper.adds(ProductFactory())
    form = {**shopper.opens_checkout(), "checkout_token": "junk"}

    page = shopper.submits(form).content.decode()

    assert "not quite up to date" in page
    assert not Order.objects.exists()


def test_the_same_cart_at_the_same_total_but_of_other_things_is_told_first(shopper: Shopper) -> None:
    cheap, dear = ProductFactory(price="20.00"), ProductFactory(price="20.00")
    shopper.adds(cheap)
    first_tab = shopper.opens_checkout()
    shopper.changes(cheap, 0)
    shopper.adds(dear)

    page = shopper.submits(first_tab).content.decode()

    assert "Something changed while this page was open" in page
    assert not Order.objects.exists()


def test_what_was_typed_is_kept_while_looking_at_the_cart_again(shopper: Shopper) -> None:
    shopper.adds(ProductFactory())
    shopper.submits({"name": "Ada L", "country": "GB", "update": "1"})
    shopper.opens("cart")

    assert 'value="Ada L"' in shopper.opens("checkout").content.decode()


def test_another_button_than_the_orders_finds_no_fault(shopper: Shopper) -> None:
    shopper.adds(ProductFactory())

    page = shopper.submits({"country": "GB", "email": "half", "update": "1"})

    assert page.context["form"].errors == {}
    assert 'value="half"' in page.content.decode()


def test_a_shop_that_cannot_take_payments_takes_no_orders(shopper: Shopper, settings: Settings) -> None:
    shopper.adds(ProductFactory())
    form = shopper.opens_checkout()
    settings.PAYMENT_VARIANTS = {}

    page = shopper.submits({**form, "payment": ""}).content.decode()

    assert "cannot take payments at the moment" in page
    assert not Order.objects.exists()


def test_a_customers_order_is_theirs(shopper: Shopper, django_user_model: type[User]) -> None:
    ada = django_user_model.objects.create_user("ada@example.com")
    shopper.client.force_login(ada)
    shopper.adds(ProductFactory())

    assert shopper.places_order().customer == ada


@pytest.mark.parametrize("name", ["email", "country", "delivery", "payment", "coupon", "checkout_token", "quoted"])
@pytest.mark.parametrize("junk", ["\0", "\ud83d", "' OR 1=1", "9" * 5000, "<script>", "\u202e"])
def test_nonsense_in_any_field_is_no_order_and_no_error(shopper: Shopper, name: str, junk: str) -> None:
    shopper.adds(ProductFactory())
    form = {**shopper.opens_checkout(), name: junk.encode("utf-8", "replace").decode()}

    response = shopper.submits(form)

    assert response.status_code == 200
    assert "<script>" not in response.content.decode().replace("<script src", "")
    assert not Order.objects.exists()
