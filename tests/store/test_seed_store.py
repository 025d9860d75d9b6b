"""The opening assortment."""

from io import StringIO

import pytest
from django.core.management import call_command

from store.models import Category, Product
from store.pictures import picture_exists

pytestmark = pytest.mark.django_db


def seed() -> str:
    out = StringIO()
    call_command("seed_store", stdout=out)
    return out.getvalue()


def test_the_assortment_fills_four_shelves() -> None:
    assert "Added 4 categories and 18 products" in seed()
    assert Category.objects.count() == 4
    assert all(category.products.exists() for category in Category.objects.all())


def test_seeding_twice_adds_nothing() -> None:
    seed()

    assert "Added 0 categories and 0 products; the shop has 4 and 18." in seed()


def test_what_the_merchant_changed_stays() -> None:
    seed()
    Product.objects.filter(slug="morning-mug").update(price="31.00", stock=7, name="Mug")

    seed()

    mug = Product.objects.get(slug="morning-mug")
    assert (mug.price, mug.stock, mug.name) == (31, 7, "Mug")


def test_every_product_is_valid_and_has_a_picture_of_its_own() -> None:
    seed()

    for thing in [*Category.objects.all(), *Product.objects.all()]:
        thing.full_clean()
        assert picture_exists(thing.picture)
    assert Product.objects.values("picture").distinct().count() == 18
