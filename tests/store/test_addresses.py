"""A customer's address book."""

import pytest
from django.contrib.auth.models import User

from store import customers
from tests.store.accounts import post
from tests.store.conftest import PASSWORD, Shopper
from tests.store.factories import OrderFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_letters_leave", "_counts_start_at_nothing")]


ADDRESS = {
    "name": "Ada Lovelace",
    "address1": "12 St James's Square",
    "city": "London",
    "postcode": "SW1Y 4JH",
    "country": "GB",
}


def test_an_address_is_kept_and_fills_in_the_checkout(shopper: Shopper, ada: User) -> None:
    shopper.client.force_login(ada)

    page = post(shopper, "new_address", **ADDRESS).content.decode()

    assert "12 St James&#x27;s Square" in page
    assert customers.address_for(ada)["city"] == "London"
    assert customers.address_for(ada)["email"] == "ada@example.com"


def test_one_address_is_used_first(shopper: Shopper, ada: User) -> None:
    shopper.client.force_login(ada)
    post(shopper, "new_address", **ADDRESS, is_default="on")
    post(shopper, "new_address", **{**ADDRESS, "address1": "10 Downing Street"}, is_default="on")

    assert ada.addresses.filter(is_default=True).count() == 1
    assert customers.address_for(ada)["address1"] == "10 Downing Street"


def test_another_country_brings_its_fields_and_keeps_what_was_typed(shopper: Shopper, ada: User) -> None:
    shopper.client.force_login(ada)

    page = post(shopper, "new_address", **{**ADDRESS, "country": "US"}, update="1").content.decode()

    assert "California" in page
    assert 'value="Ada Lovelace"' in page
    assert "field-wrong" not in page
    assert not ada.addresses.exists()


def test_what_another_country_had_is_not_kept(shopper: Shopper, ada: User) -> None:
    shopper.client.force_login(ada)
    own = ada.addresses.create(**{**ADDRESS, "country": "US", "region": "CA", "postcode": "94105"})

    post(shopper, "address", own.pk, **ADDRESS)

    own.refresh_from_db()
    assert (own.country, own.region, own.postcode) == ("GB", "", "SW1Y 4JH")


def test_a_postcode_of_another_country_is_told_by_the_field(shopper: Shopper, ada: User) -> None:
    shopper.client.force_login(ada)

    page = post(shopper, "new_address", **{**ADDRESS, "postcode": "94105"}).content.decode()

    assert "This is no postcode of the country" in page
    assert not ada.addresses.exists()


def test_a_customer_without_an_address_book_is_offered_the_last_orders(ada: User) -> None:
    OrderFactory(customer=ada, city="Bristol")

    assert customers.address_for(ada)["city"] == "Bristol"


def test_another_customers_address_is_not_found(shopper: Shopper, ada: User) -> None:
    grace = customers.open_account("grace@example.com", PASSWORD)
    assert grace
    theirs = grace.addresses.create(**ADDRESS)
    shopper.client.force_login(ada)

    assert shopper.opens("address", theirs.pk).status_code == 404
    post(shopper, "delete_address", theirs.pk)
    assert grace.addresses.exists()


def test_an_address_is_removed_however_often_that_is_clicked(shopper: Shopper, ada: User) -> None:
    own = ada.addresses.create(**ADDRESS)
    shopper.client.force_login(ada)

    for _ in range(2):
        page = post(shopper, "delete_address", own.pk)

    assert "The address is gone" in page.content.decode()
    assert not ada.addresses.exists()
