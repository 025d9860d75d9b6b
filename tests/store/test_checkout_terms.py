"""The checkout's address, ways of delivery and taxes: those of the country."""

from decimal import Decimal

import pytest

from store.models import Order, ShippingMethod, ShippingPrice, TaxRate
from tests.store.conftest import Shopper
from tests.store.factories import ProductFactory, ShippingMethodFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("country", "order"),
    [
        ("US", ["country", "name", "address1", "address2", "city", "region", "postcode"]),
        ("DE", ["country", "name", "address1", "address2", "postcode", "city"]),
    ],
)
def test_the_address_is_asked_for_in_the_order_of_the_country(shopper: Shopper, country: str, order: list[str]) -> None:
    shopper.adds(ProductFactory())

    page = shopper.submits({"country": country, "update": "1"})

    assert [field.name for field in page.context["form"].address_fields()] == order


def test_the_country_is_guessed_from_the_browsers_language(shopper: Shopper) -> None:
    shopper.adds(ProductFactory())

    page = shopper.client.get("/checkout/", headers={"accept-language": "de-DE,de;q=0.9"})

    assert page.context["form"]["country"].value() == "DE"


def test_an_american_address_needs_a_state_and_a_zip_code_that_exists(shopper: Shopper) -> None:
    shopper.adds(ProductFactory())
    shopper.submits({"country": "US", "update": "1"})
    form = {**shopper.opens_checkout(), "country": "US", "postcode": "junk", "region": ""}

    page = shopper.submits(form).content.decode()

    assert "This is no ZIP code of the country: they look like" in page
    assert "Tell us the state." in page


def test_each_way_of_delivery_has_its_price(shopper: Shopper) -> None:
    express = ShippingMethodFactory(name="Express", price="14.00")
    shopper.adds(ProductFactory(price="20.00"))
    shopper.submits({"country": "GB", "delivery": str(express.pk), "update": "1"})

    order = shopper.places_order()

    assert (order.shipping, order.shipping_name) == (14, "Express")


def test_only_what_goes_to_the_country_is_offered(shopper: Shopper) -> None:
    ShippingMethodFactory(name="By bike", countries="NL BE")
    shopper.adds(ProductFactory())

    page = shopper.submits({"country": "GB", "update": "1"})

    assert [each.method.name for each in page.context["quote"].deliveries] == ["Standard"]


def test_nothing_is_sent_where_no_delivery_goes(shopper: Shopper) -> None:
    shopper.adds(ProductFactory())
    form = shopper.opens_checkout()
    ShippingMethod.objects.update(countries="NL")

    page = shopper.submits(form).content.decode()

    assert "We do not deliver to this country yet." in page
    assert not Order.objects.exists()


def test_a_delivery_that_changed_its_price_meanwhile_is_told_first(shopper: Shopper) -> None:
    shopper.adds(ProductFactory())
    form = shopper.opens_checkout()
    ShippingPrice.objects.filter(currency="USD").update(amount=9)

    assert "Something changed" in shopper.submits(form).content.decode()
    assert not Order.objects.exists()


def test_the_tax_is_that_of_the_place_the_order_goes_to(shopper: Shopper) -> None:
    TaxRate.objects.create(country="GB", percent=20)
    shopper.adds(ProductFactory(price="20.00"))

    assert shopper.places_order().tax == 4


def test_a_region_may_have_a_tax_of_its_own(shopper: Shopper) -> None:
    TaxRate.objects.create(country="US", percent=0)
    TaxRate.objects.create(country="US", region="CA", percent=Decimal("7.25"))
    shopper.adds(ProductFactory(price="20.00"))

    page = shopper.submits({"country": "US", "region": "CA", "update": "1"})

    assert page.context["totals"].tax == Decimal("1.45")


def test_prices_in_euros_have_the_tax_in_them(shopper: Shopper) -> None:
    TaxRate.objects.create(country="GB", percent=20)
    shopper.adds(ProductFactory(eur="24.00"))
    context = shopper.client.get("/eur/checkout/?", headers={"accept-language": "en-GB"}).context
    form = {
        **shopper.ADDRESS,
        "checkout_token": str(context["checkout_token"]),
        "quoted": context["quote"].mark,
        "delivery": str(context["quote"].delivery.method.pk),
        "payment": "default",
    }

    shopper.client.post("/eur/checkout/", form)

    order = Order.objects.get()
    assert (order.currency, order.items_total, order.tax, order.subtotal, order.total) == ("EUR", 20, 4, 24, 29)
