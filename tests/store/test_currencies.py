"""Two currencies, each with its own price list and addresses."""

import pytest
from django.test import Client
from django.urls import get_script_prefix, reverse
from pytest_django import Settings

from store.currencies import join_address, split_address
from tests.store.factories import ProductFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", ("USD", "/")),
        ("/shop/", ("USD", "/shop/")),
        ("/eur/", ("EUR", "/")),
        ("/eur", ("EUR", "/")),
        ("/eur/shop/table/", ("EUR", "/shop/table/")),
        ("/usd/shop/", ("USD", "/usd/shop/")),  # the default one has no second address
        ("/EUR/", ("USD", "/EUR/")),
        ("/gbp/", ("USD", "/gbp/")),
        ("/europe/", ("USD", "/europe/")),
    ],
)
def test_the_first_part_of_a_path_may_name_a_currency(path: str, expected: tuple[str, str]) -> None:
    assert split_address(path) == expected


def test_each_currency_has_its_address() -> None:
    assert join_address("USD", "/shop/") == "/shop/"
    assert join_address("EUR", "/shop/") == "/eur/shop/"


def test_below_its_address_every_price_and_link_is_in_the_currency(client: Client) -> None:
    product = ProductFactory(price="28.00", eur="26.00")

    page = client.get("/eur/shop/").content.decode()

    assert "€26.00" in page
    assert "$28.00" not in page
    assert f'href="/eur/products/{product.slug}/"' in page
    assert 'href="/products/' not in page


def test_static_files_have_one_address_in_every_currency(client: Client) -> None:
    assert 'href="/static/store/base.css"' in client.get("/eur/").content.decode()


def test_after_a_request_in_another_currency_addresses_are_plain_again(client: Client) -> None:
    client.get("/eur/shop/")

    assert get_script_prefix() == "/"
    assert reverse("store:home") == "/"


def test_what_has_no_price_in_a_currency_is_not_sold_in_it(client: Client) -> None:
    product = ProductFactory(price="28.00", eur=None)

    assert client.get(product.get_absolute_url()).status_code == 200
    assert client.get(f"/eur{product.get_absolute_url()}").status_code == 404
    assert list(client.get("/eur/shop/").context["page"]) == []


def test_a_page_leads_to_itself_in_the_other_currency(client: Client) -> None:
    product = ProductFactory(eur="26.00")

    page = client.get(f"/eur{product.get_absolute_url()}").content.decode()

    assert f'<a href="{product.get_absolute_url()}">' in page
    assert f'<a href="/eur{product.get_absolute_url()}" aria-current="true">' in page


def test_a_shop_with_one_currency_shows_no_choice(client: Client, settings: Settings) -> None:
    settings.STORE_CURRENCIES = ["USD"]

    assert 'aria-label="Currency"' not in client.get("/").content.decode()
    assert client.get("/eur/").status_code == 404


def test_search_engines_are_told_each_page_in_its_own_currency(client: Client) -> None:
    page = client.get("/eur/shop/").content.decode()

    assert '<link rel="canonical" href="http://testserver/eur/shop/">' in page


def test_the_back_office_has_no_currency_in_its_address(client: Client) -> None:
    assert client.get("/eur/admin/store/order/?q=a%20b")["Location"] == "/admin/store/order/?q=a%20b"
