"""The opening assortment."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.db.models import Count

from store.models import Category, Price, Product, ProductPicture, Variant

pytestmark = pytest.mark.django_db


def seed() -> str:
    out = StringIO()
    call_command("seed_store", stdout=out)
    return out.getvalue()


def test_the_assortment_fills_five_shelves() -> None:
    assert "Added 5 categories and 20 products" in seed()
    assert Category.objects.count() == 5
    assert all(category.products.exists() for category in Category.objects.all())


def test_seeding_twice_adds_nothing() -> None:
    seed()

    assert "Added 0 categories and 0 products; the shop has 5 and 20." in seed()


def test_what_the_merchant_changed_stays() -> None:
    seed()
    Product.objects.filter(slug="morning-mug").update(name="Mug")
    Variant.objects.filter(sku="MUG-OAT").update(stock=7)
    Price.objects.filter(variant__sku="MUG-OAT", currency="USD").update(amount="31.00")

    seed()

    mug = Variant.objects.priced_in("USD").get(sku="MUG-OAT")
    assert (mug.price, mug.stock, mug.product.name) == (31, 7, "Mug")


def test_everything_is_valid_and_sold_in_both_currencies() -> None:
    seed()

    for thing in [
        *Category.objects.all(),
        *Product.objects.all(),
        *Variant.objects.all(),
        *ProductPicture.objects.all(),
    ]:
        thing.full_clean()
    for currency in ("USD", "EUR"):
        assert Variant.objects.sold_in(currency).count() == Variant.objects.count()


def test_every_product_is_shown_from_several_sides_and_goes_with_others() -> None:
    seed()

    assert not Product.objects.annotate(count=Count("pictures")).filter(count__lt=2).exists()
    assert not Product.objects.filter(related=None).exists()


def test_every_colour_has_its_picture() -> None:
    seed()

    for variant in Variant.objects.exclude(colour=""):
        assert variant.product.pictures.filter(colour=variant.colour).exists(), variant
