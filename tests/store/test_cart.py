"""The cart."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from store.models import Price, Product
from tests.store.conftest import Shopper
from tests.store.factories import ProductFactory

pytestmark = pytest.mark.django_db


def test_an_empty_cart_offers_one_next_step(shopper: Shopper) -> None:
    page = shopper.opens("cart").content.decode()

    assert "Nothing in here yet" in page
    assert "Check out" not in page


def test_an_added_product_is_in_the_cart_with_its_price(shopper: Shopper) -> None:
    page = shopper.adds(ProductFactory(name="Mug", price="28.00"), 2)

    assert "Mug is in your cart." in page.content.decode()
    assert page.context["totals"].subtotal == 56


def test_adding_a_product_again_adds_up(shopper: Shopper) -> None:
    product = ProductFactory()
    shopper.adds(product, 2)

    (line,) = shopper.adds(product, 3).context["lines"]

    assert line.quantity == 5


def test_the_cart_never_holds_more_than_the_stock(shopper: Shopper) -> None:
    product = ProductFactory(name="Lamp", stock=4)

    page = shopper.adds(product, 6)

    assert page.context["lines"][0].quantity == 4
    assert "no more than 4 of Lamp" in page.content.decode()


def test_a_product_that_just_sold_out_is_not_added(shopper: Shopper) -> None:
    page = shopper.adds(ProductFactory(stock=0))

    assert page.context["lines"] == []
    assert "has just sold out" in page.content.decode()


@pytest.mark.parametrize(
    ("quantity", "error"),
    [("", "Say how many"), ("0", "at least one"), ("100", "at most 99"), ("two", "whole number")],
)
def test_a_wrong_quantity_is_told_in_the_cart(shopper: Shopper, quantity: str, error: str) -> None:
    page = shopper.adds(ProductFactory(), quantity)

    assert error in page.content.decode()
    assert page.context["lines"] == []


def test_a_quantity_can_be_changed(shopper: Shopper) -> None:
    product = ProductFactory()
    shopper.adds(product, 2)

    (line,) = shopper.changes(product, 7).context["lines"]

    assert line.quantity == 7


def test_a_quantity_above_the_stock_is_lowered_and_told(shopper: Shopper) -> None:
    product = ProductFactory(stock=3)
    shopper.adds(product, 1)

    page = shopper.changes(product, 9)

    assert page.context["lines"][0].quantity == 3
    assert "We have only 3" in page.content.decode()


def test_a_quantity_of_zero_removes_the_line(shopper: Shopper) -> None:
    product = ProductFactory()
    shopper.adds(product)

    assert shopper.changes(product, 0).context["lines"] == []


def test_a_quantity_that_is_no_number_changes_nothing(shopper: Shopper) -> None:
    product = ProductFactory()
    shopper.adds(product, 2)

    page = shopper.changes(product, "lots")

    assert page.context["lines"][0].quantity == 2
    assert "must be a whole number" in page.content.decode()


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"stock": 1}, "Only 1 left"),
        ({"stock": 0}, "Sold out"),
        ({"is_active": False}, "No longer for sale"),
    ],
)
def test_a_line_that_cannot_be_bought_any_more_says_why_and_holds_the_checkout(
    shopper: Shopper, change: dict[str, object], problem: str
) -> None:
    product = ProductFactory()
    shopper.adds(product, 2)
    product.variants.update(**change)

    page = shopper.opens("cart").content.decode()

    assert problem in page
    assert "Check out</a>" not in page
    assert shopper.opens("checkout").status_code == 302


def test_a_deleted_product_leaves_the_cart(shopper: Shopper) -> None:
    product = ProductFactory()
    shopper.adds(product)
    product.delete()

    assert shopper.opens("cart").context["lines"] == []


def test_the_price_is_always_the_products_own(shopper: Shopper) -> None:
    product = ProductFactory(price="20.00")
    shopper.adds(product)
    Price.objects.update(amount="25.00")

    assert shopper.opens("cart").context["totals"].subtotal == 25


def test_no_cache_keeps_a_cart(shopper: Shopper) -> None:
    assert "no-store" in shopper.opens("cart")["Cache-Control"]


def test_a_cart_shows_the_price_list_of_the_address_it_is_opened_at(shopper: Shopper) -> None:
    shopper.adds(ProductFactory(price="20.00", eur="18.00"))

    page = shopper.client.get("/eur/cart/")

    assert page.context["totals"].subtotal == 18
    assert "€18.00" in page.content.decode()


def test_a_thing_without_a_price_in_the_currency_says_so_and_holds_the_checkout(shopper: Shopper) -> None:
    shopper.adds(ProductFactory(price="20.00"))

    page = shopper.client.get("/eur/cart/").content.decode()

    assert "Not sold in this currency" in page
    assert shopper.client.get("/eur/checkout/")["Location"] == "/eur/cart/"


def test_the_cart_survives_logging_in(shopper: Shopper, django_user_model: type[User]) -> None:
    shopper.adds(ProductFactory(), 2)

    shopper.client.force_login(django_user_model.objects.create_user("ada@example.com"))

    assert shopper.opens("cart").context["lines"][0].quantity == 2


def test_the_cart_survives_closing_the_browser(shopper: Shopper) -> None:
    shopper.adds(ProductFactory())

    assert int(shopper.client.cookies["sessionid"]["max-age"]) >= 14 * 24 * 3600


def test_the_number_in_the_cart_is_told_in_a_cookie_that_scripts_may_read(shopper: Shopper) -> None:
    shopper.adds(ProductFactory(), 3)

    cookie = shopper.client.cookies["cart_count"]
    assert (cookie.value, cookie["httponly"], cookie["samesite"]) == ("3", "", "Lax")


def test_an_emptied_cart_takes_its_number_away(shopper: Shopper) -> None:
    product = ProductFactory()
    shopper.adds(product)

    shopper.changes(product, 0)

    assert shopper.client.cookies["cart_count"].value == ""


@pytest.mark.parametrize(
    "headers", [{"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}, {"origin": "null"}]
)
def test_another_site_cannot_put_things_into_the_cart(shopper: Shopper, headers: dict[str, str]) -> None:
    form = {"variant": ProductFactory().variants.get().pk, "quantity": 1}

    response = shopper.client.post("/cart/add/", form, headers=headers)

    assert response.status_code == 403
    assert shopper.opens("cart").context["lines"] == []


@pytest.mark.parametrize("headers", [{"sec-fetch-site": "same-origin"}, {"origin": "http://testserver"}])
def test_our_own_pages_need_no_csrf_token_to_put_things_into_the_cart(headers: dict[str, str]) -> None:
    form = {"variant": ProductFactory().variants.get().pk, "quantity": 1}

    response = Client(enforce_csrf_checks=True).post("/cart/add/", form, headers=headers)

    assert response["Location"] == "/cart/"


@pytest.mark.parametrize("variant", ["", "0", "-1", "junk", str(2**63), "9" * 400, "\0"])
def test_nonsense_is_not_put_into_the_cart(shopper: Shopper, variant: str) -> None:
    response = shopper.client.post("/cart/add/", {"variant": variant, "quantity": "1"})

    assert response["Location"] == "/cart/"
    assert shopper.opens("cart").context["lines"] == []


def test_a_line_that_is_gone_is_not_brought_back_by_an_old_tab(shopper: Shopper) -> None:
    product = ProductFactory()

    assert shopper.changes(product, 3).context["lines"] == []


def test_what_left_the_shelves_while_its_page_was_open_is_told_in_the_cart(shopper: Shopper) -> None:
    product = ProductFactory()
    Product.objects.update(is_active=False)

    page = shopper.adds(product)

    assert page.context["lines"] == []
    assert "not for sale any more" in page.content.decode()


def test_what_was_deleted_while_the_cart_was_open_is_told_there(shopper: Shopper) -> None:
    product = ProductFactory()
    shopper.adds(product)
    variant = product.variants.get()
    product.delete()

    page = shopper.changes(variant, 2)

    assert page.context["lines"] == []
    assert "it has left your cart" in page.content.decode()
