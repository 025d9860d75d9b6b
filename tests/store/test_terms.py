"""Coupons, ways of delivery and tax rates in the admin."""

import pytest
from django.test import Client
from django.urls import reverse

from store.models import Coupon
from tests.store.factories import (
    CouponFactory,
    ShippingMethodFactory,
)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"code": "LEAF", "kind": "percent"}, "Say how many percent it takes off."),
        ({"code": "LEAF", "kind": "amount", "amount": "5"}, "Say in which currency the amount is."),
        ({"code": "a leaf", "kind": "percent", "percent": "5"}, "Write capital letters"),
        ({"code": "LEAF", "kind": "percent", "percent": "101"}, "less than or equal to 100"),
    ],
)
def test_a_coupon_that_makes_no_sense_is_not_saved(admin_client: Client, values: dict[str, str], error: str) -> None:
    page = admin_client.post(reverse("admin:store_coupon_add"), values).content.decode()

    assert error in page
    assert not Coupon.objects.exists()


@pytest.mark.parametrize("model", ["coupon", "shippingmethod", "taxrate"])
def test_terms_are_edited_in_the_admin(admin_client: Client, model: str) -> None:
    CouponFactory()
    ShippingMethodFactory()

    assert admin_client.get(reverse(f"admin:store_{model}_changelist")).status_code == 200
    assert admin_client.get(reverse(f"admin:store_{model}_add")).status_code == 200


def test_a_delivery_to_a_country_that_nobody_knows_is_not_saved(admin_client: Client) -> None:
    form = {
        "name": "By bike",
        "countries": "NL, XX",
        "position": "0",
        "prices-TOTAL_FORMS": "0",
        "prices-INITIAL_FORMS": "0",
    }

    page = admin_client.post(reverse("admin:store_shippingmethod_add"), form).content.decode()

    assert "The shop knows no country XX." in page
