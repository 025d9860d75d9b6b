"""Lists of products: searched, filtered, sorted."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from store.models import Product
from tests.store.factories import CategoryFactory, ProductFactory, ShippingMethodFactory, VariantFactory

pytestmark = pytest.mark.django_db


def names(client: Client, url: str = "", **asked: Any) -> list[str]:
    page = client.get(url or reverse("store:product_list"), asked)
    assert page.status_code == 200
    return [product.name for product in page.context["page"]]


@pytest.fixture
def shelf() -> None:
    category = CategoryFactory(name="Table")
    mug = ProductFactory(name="Mug", category=category, summary="Warm hands.", position=1, stock=None)
    VariantFactory(product=mug, colour="Fern", price="28.00", stock=0)
    VariantFactory(product=mug, colour="Ink", price="32.00", stock=3)
    ProductFactory(name="Bowl", category=category, price="36.00", position=2, description="For soup.")
    ProductFactory(name="Almanac", price="12.00", details="Paper: cotton", category=CategoryFactory(position=9))


@pytest.mark.usefixtures("shelf")
@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("", ["Mug", "Bowl", "Almanac"]),
        ("price", ["Almanac", "Mug", "Bowl"]),
        ("-price", ["Bowl", "Mug", "Almanac"]),
        ("name", ["Almanac", "Bowl", "Mug"]),
        ("new", ["Almanac", "Bowl", "Mug"]),
        ("nonsense", ["Mug", "Bowl", "Almanac"]),
    ],
)
def test_a_list_is_sorted_as_asked(client: Client, sort: str, expected: list[str]) -> None:
    assert names(client, sort=sort) == expected


@pytest.mark.usefixtures("shelf")
@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"colour": "Ink"}, ["Mug"]),
        ({"colour": ["Ink", "Fern"]}, ["Mug"]),
        ({"colour": "Fern", "available": "on"}, []),
        ({"available": "on"}, ["Mug", "Bowl", "Almanac"]),
        ({"from_price": "30"}, ["Mug", "Bowl"]),
        ({"to_price": "28"}, ["Mug", "Almanac"]),
        ({"from_price": "13", "to_price": "27.99"}, []),
        ({"from_price": "cheap", "colour": "Nothing", "page": "many"}, ["Mug", "Bowl", "Almanac"]),
        ({"from_price": "-1", "to_price": "1e9999"}, ["Mug", "Bowl", "Almanac"]),
    ],
)
def test_a_list_is_filtered_as_asked(client: Client, asked: dict[str, Any], expected: list[str]) -> None:
    assert names(client, **asked) == expected


@pytest.mark.usefixtures("shelf")
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("mug", ["Mug"]),
        ("MUGS", ["Mug"]),
        ("soup bowl", ["Bowl"]),
        ("soup mug", []),
        ("alma", ["Almanac"]),
        ("cotton", ["Almanac"]),
        ("table", ["Bowl", "Mug"]),
        ("%", []),
        ("'; & | ! :* (", []),
    ],
)
def test_words_are_looked_for_everywhere(client: Client, words: str, expected: list[str]) -> None:
    assert sorted(names(client, q=words)) == expected


def test_what_is_found_in_the_name_comes_first(client: Client) -> None:
    ProductFactory(name="A saucer", description="Goes under a mug.")
    ProductFactory(name="Mug")

    assert names(client, q="mug") == ["Mug", "A saucer"]


@pytest.mark.usefixtures("shelf")
def test_a_search_within_a_category_stays_there(client: Client) -> None:
    almanac = Product.objects.get(name="Almanac")

    assert names(client, almanac.category.get_absolute_url(), q="mug") == []


@pytest.mark.usefixtures("shelf")
def test_finding_nothing_offers_one_next_step(client: Client) -> None:
    page = client.get(reverse("store:product_list"), {"q": "<b>unicorn</b>"}).content.decode()

    assert "We have nothing like that" in page
    assert "See everything" in page
    assert "<b>unicorn" not in page


@pytest.mark.usefixtures("shelf")
def test_the_next_page_keeps_what_was_asked(client: Client) -> None:
    ProductFactory.create_batch(25, price="90.00", category=CategoryFactory())

    page = client.get(reverse("store:product_list"), {"sort": "name", "from_price": "50"}).content.decode()

    assert "?sort=name&amp;from_price=50&amp;page=2" in page


@pytest.mark.usefixtures("shelf")
@pytest.mark.parametrize("asked", [{"q": "mug"}, {"colour": "Ink"}])
def test_search_engines_keep_away_from_what_visitors_asked_for(client: Client, asked: dict[str, str]) -> None:
    assert 'content="noindex"' in client.get(reverse("store:product_list"), asked).content.decode()
    assert 'content="noindex"' not in client.get(reverse("store:product_list")).content.decode()


@pytest.mark.parametrize("length", [3, 24])
@pytest.mark.parametrize("asked", [{}, {"q": "thing", "available": "on", "colour": "Ink", "sort": "price"}])
def test_a_list_takes_at_most_six_queries_whatever_its_length(
    client: Client, length: int, asked: dict[str, str], django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    ShippingMethodFactory()
    category = CategoryFactory()
    for product in ProductFactory.create_batch(length, category=category, stock=None):
        for colour in ("Ink", "Fern"):
            VariantFactory(product=product, colour=colour)

    with django_assert_max_num_queries(6):
        client.get(category.get_absolute_url(), asked)
