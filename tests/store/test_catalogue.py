"""Browsing."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation
from pytest_django import DjangoAssertNumQueries, Settings

from store.models import Product
from tests.store.factories import CategoryFactory, ProductFactory

pytestmark = pytest.mark.django_db


def test_the_home_page_shows_featured_products(client: Client) -> None:
    ProductFactory(name="Good Mug", is_featured=True)
    ProductFactory(name="Plain Plate", is_featured=False)

    page = client.get(reverse("store:home")).content.decode()

    assert "Good Mug" in page
    assert "Plain Plate" not in page


def test_a_category_shows_its_own_products_only(client: Client) -> None:
    mug, trowel = ProductFactory(), ProductFactory()

    page = client.get(mug.category.get_absolute_url())

    assert list(page.context["page"]) == [mug]
    assert trowel.name not in page.content.decode()


def test_an_inactive_product_is_nowhere_to_be_seen(client: Client) -> None:
    product = ProductFactory(is_active=False)

    assert client.get(product.get_absolute_url()).status_code == 404
    assert list(client.get(reverse("store:product_list")).context["page"]) == []


def test_an_empty_category_offers_one_next_step(client: Client) -> None:
    page = client.get(CategoryFactory().get_absolute_url()).content.decode()

    assert "This shelf is empty" in page
    assert "See everything else" in page


def test_a_sold_out_product_cannot_be_added(client: Client) -> None:
    page = client.get(ProductFactory(stock=0).get_absolute_url()).content.decode()

    assert "Sold out for now" in page
    assert "Add to cart" not in page


def test_the_last_pieces_are_counted_on_the_product_page(client: Client) -> None:
    assert "Only 2 left" in client.get(ProductFactory(stock=2).get_absolute_url()).content.decode()


def test_details_are_listed_by_name(client: Client) -> None:
    product = ProductFactory(details="Material: ash\n\nOiled by hand")

    assert product.detail_pairs == [("Material", "ash"), ("", "Oiled by hand")]


def test_what_a_merchant_writes_is_escaped(client: Client) -> None:
    product = ProductFactory(name="<b>Mug</b>", description="<script>alert(1)</script>")

    page = client.get(product.get_absolute_url()).content.decode()

    assert "<script>alert" not in page
    assert "<b>Mug" not in page


def test_prices_are_written_the_same_under_every_locale(client: Client) -> None:
    product = ProductFactory(price="1234.50")

    with translation.override("de"):
        page = client.get(product.get_absolute_url()).content.decode()

    assert "$1,234.50" in page


def test_a_long_list_has_pages(client: Client) -> None:
    ProductFactory.create_batch(25, category=CategoryFactory())

    second = client.get(reverse("store:product_list"), {"page": 2})

    assert len(second.context["page"].object_list) == 1
    assert "Page 2 of 2" in second.content.decode()


@pytest.mark.parametrize("name", ["home", "product_list"])
def test_a_full_list_takes_few_queries(
    client: Client, name: str, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(4):
        ProductFactory.create_batch(5, category=CategoryFactory(), is_featured=True)

    with django_assert_max_num_queries(6):
        client.get(reverse(f"store:{name}"))


def test_a_product_page_takes_few_queries(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    product = ProductFactory()
    ProductFactory.create_batch(4, category=product.category)

    with django_assert_max_num_queries(7):
        client.get(product.get_absolute_url())


def test_the_canonical_address_has_no_affiliate_in_it(client: Client) -> None:
    page = client.get(reverse("store:home"), {"affiliate_id": "123456"}).content.decode()

    assert '<link rel="canonical" href="http://testserver/">' in page


def test_an_unknown_page_is_told_in_style(client: Client) -> None:
    response = client.get("/nowhere/")

    assert response.status_code == 404
    assert "Nothing grows here" in response.content.decode()


def test_a_broken_page_needs_no_context(client: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise ValueError("no catalogue")

    monkeypatch.setattr("store.views.catalogue.featured_products", fail)
    monkeypatch.setattr("store.context.shop", fail)
    client.raise_request_exception = False

    response = client.get(reverse("store:home"))

    assert response.status_code == 500
    assert "Something broke" in response.content.decode()


def test_listed_products_come_category_by_category() -> None:
    second, first = CategoryFactory(position=2), CategoryFactory(position=1)
    late, early = ProductFactory(category=second), ProductFactory(category=first)

    assert list(Product.objects.listed_in("USD")) == [early, late]
