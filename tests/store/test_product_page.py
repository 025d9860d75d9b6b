"""One product: its sizes and colours, pictures, what goes with it, and what search engines read of it."""

import json
import re
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from store.models import Product
from tests.store.factories import OrderLineFactory, ProductFactory, ProductPictureFactory, VariantFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def mug() -> Product:
    product = ProductFactory(name="Mug", stock=None)
    for colour, price, stock, picture in [
        ("Fern", 28, 0, "mug-fern"),
        ("Oat", 28, 9, "mug"),
        ("Ink", 32, 2, "mug-ink"),
    ]:
        VariantFactory(product=product, sku=f"MUG-{colour.upper()}", colour=colour, price=price, stock=stock)
        ProductPictureFactory(product=product, picture=picture, colour=colour, alt=f"The mug in {colour}")
    return product


def structured_data(html: str) -> list[dict[str, Any]]:
    return [json.loads(text) for text in re.findall(r'<script type="application/ld\+json">(.*?)</script>', html)]


def test_each_variant_can_be_chosen_with_its_own_price(client: Client, mug: Product) -> None:
    page = client.get(mug.get_absolute_url()).content.decode()

    assert page.count('type="radio"') == 3
    assert 'data-price="$32.00"' in page
    assert "only 2 left" in page


def test_what_is_sold_out_cannot_be_chosen(client: Client, mug: Product) -> None:
    fern = mug.variants.get(colour="Fern")

    (box,) = re.findall(
        rf'<input type="radio"[^>]*value="{fern.pk}"[^>]*>', client.get(mug.get_absolute_url()).content.decode()
    )

    assert "disabled" in box


def test_the_first_that_is_there_is_chosen_already(client: Client, mug: Product) -> None:
    assert client.get(mug.get_absolute_url()).context["chosen"].colour == "Oat"


def test_an_address_can_name_the_variant(client: Client, mug: Product) -> None:
    ink = mug.variants.get(colour="Ink")

    page = client.get(ink.get_absolute_url())

    assert page.context["chosen"] == ink
    assert page.context["pictures"][0].colour == "Ink"
    assert page.content.decode().index("The mug in Ink") < page.content.decode().index("The mug in Fern")


def test_a_variant_that_is_no_longer_sold_is_not_shown(client: Client, mug: Product) -> None:
    mug.variants.filter(colour="Ink").update(is_active=False)

    assert "MUG-INK" not in client.get(mug.get_absolute_url()).content.decode()


def test_a_card_shows_the_lowest_price_and_how_many_colours(client: Client, mug: Product) -> None:
    page = client.get(mug.category.get_absolute_url()).content.decode()

    assert re.search(r"From</span> <span class=\"price\">\$28\.00", page)
    assert "3 colours" in page


def test_a_product_without_pictures_has_the_placeholder(client: Client) -> None:
    assert "store/art/placeholder.svg" in client.get(ProductFactory().get_absolute_url()).content.decode()


def test_a_picture_that_is_not_there_is_refused_in_the_admin() -> None:
    picture = ProductPictureFactory.build(product=ProductFactory(), picture="unicorn")

    with pytest.raises(ValidationError, match="no picture named “unicorn”"):
        picture.full_clean()


def test_what_the_merchant_chose_to_go_with_it_comes_first(client: Client) -> None:
    product = ProductFactory()
    neighbour, teapot = ProductFactory(category=product.category), ProductFactory()
    hidden = ProductFactory(is_active=False)
    product.related.set([teapot, hidden])

    related = client.get(product.get_absolute_url()).context["related"]

    assert list(related) == [teapot, neighbour]


def test_a_product_by_subscription_says_so(client: Client) -> None:
    product = ProductFactory(subscription_interval="month")

    page = client.get(product.get_absolute_url()).content.decode()

    assert "a month" in page
    assert ">Subscribe<" in page


def test_search_engines_read_each_offer(client: Client, mug: Product) -> None:
    product, trail = structured_data(client.get(mug.get_absolute_url()).content.decode())

    fern, _, ink = product["offers"]
    assert product["name"] == "Mug"
    assert product["image"][0].startswith("http://testserver/static/store/art/mug")
    assert (ink["sku"], ink["price"], ink["priceCurrency"]) == ("MUG-INK", "32.00", "USD")
    assert fern["availability"] == "https://schema.org/OutOfStock"
    assert [step["name"] for step in trail["itemListElement"]] == [mug.category.name, "Mug"]


def test_nothing_a_merchant_writes_can_leave_the_structured_data(client: Client) -> None:
    product = ProductFactory(name="</script><script>alert(1)</script>")

    page = client.get(product.get_absolute_url()).content.decode()

    assert "<script>alert" not in page
    assert structured_data(page)[0]["name"] == product.name


def test_what_is_not_sold_any_more_says_so_and_what_there_is_instead(client: Client) -> None:
    product = ProductFactory(name="Old mug")
    neighbour = ProductFactory(category=product.category)
    OrderLineFactory(product=product)
    Product.objects.filter(pk=product.pk).update(is_active=False)

    page = client.get(product.get_absolute_url())

    assert page.status_code == 410
    assert "Not sold any more" in page.content.decode()
    assert "Add to cart" not in page.content.decode()
    assert list(page.context["related"]) == [neighbour]


def test_a_product_without_a_variant_on_sale_is_not_sold_any_more(client: Client, mug: Product) -> None:
    OrderLineFactory(product=mug, variant=mug.variants.first())
    mug.variants.update(is_active=False)

    assert client.get(mug.get_absolute_url()).status_code == 410


def test_nobody_hears_of_a_product_before_it_is_sold(client: Client) -> None:
    product = ProductFactory(name="Next year's mug", is_active=False)

    page = client.get(product.get_absolute_url())

    assert page.status_code == 404
    assert "Next year" not in page.content.decode()


def test_what_is_sold_in_another_currency_alone_leads_there(client: Client) -> None:
    product = ProductFactory(name="Mug", eur=None)

    page = client.get(f"/eur{product.get_absolute_url()}")

    assert page.status_code == 404
    assert f'<a class="button" href="{product.get_absolute_url()}">See it in USD</a>' in page.content.decode()
