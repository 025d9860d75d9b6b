"""Which ways to pay there are, and changing from one to another."""

import pytest
from django.urls import reverse
from pytest_django import Settings

from store.checks import check_payments
from tests.store.conftest import Shopper
from tests.store.factories import OrderFactory, OrderLineFactory, PaymentFactory

pytestmark = pytest.mark.django_db


def test_the_provider_is_told_what_is_bought() -> None:
    line = OrderLineFactory(quantity=3)

    (item,) = PaymentFactory(order=line.order).get_purchased_items()

    assert (item.name, item.quantity, item.price) == (line.name, 3, line.unit_price)


def test_the_first_variant_is_the_usual_way_to_pay(shopper: Shopper, settings: Settings) -> None:
    settings.PAYMENT_VARIANTS = {"other": ("payments.dummy.DummyProvider", {}), **settings.PAYMENT_VARIANTS}
    order = OrderFactory()

    shopper.opens("pay", order.token)

    assert order.payments.get().variant == "other"


def test_an_unpaid_order_can_be_paid_in_another_way(shopper: Shopper, settings: Settings) -> None:
    settings.PAYMENT_VARIANTS = {**settings.PAYMENT_VARIANTS, "other": ("payments.dummy.DummyProvider", {})}
    order = OrderFactory()
    shopper.opens("pay", order.token)

    shopper.client.post(reverse("store:pay_with", args=[order.token]), {"payment": "other"}, follow=True)

    assert {(payment.variant, payment.status) for payment in order.payments.all()} == {
        ("default", "cancelled"),
        ("other", "input"),
    }


def test_nobody_pays_in_a_way_that_is_not_offered(shopper: Shopper) -> None:
    order = OrderFactory()

    shopper.client.post(reverse("store:pay_with", args=[order.token]), {"payment": "barter"}, follow=True)

    assert order.payments.get().variant == "default"


@pytest.mark.parametrize(
    ("variants", "is_debug", "ids"),
    [
        ({}, False, ["store.W002"]),
        ({"default": ("payments.dummy.DummyProvider", {})}, False, ["store.W001"]),
        ({"default": ("payments.dummy.DummyProvider", {})}, True, []),
        ({"bill": ("store.invoice.InvoiceProvider", {"pay_to": "Us"})}, False, []),
        ({"bill": ("store.invoice.InvoiceProvider", {})}, False, ["store.E001"]),
        (
            {"card": ("store.stripe_checkout.StripeProvider", {"api_key": "x", "endpoint_secret": ""})},
            False,
            ["store.E001"],
        ),
        ({"card": ("store.nowhere.Provider", {})}, False, ["store.E001"]),
    ],
)
def test_the_system_check_sees_wrong_ways_to_pay(
    settings: Settings, variants: dict[str, object], is_debug: bool, ids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("payments.core.PROVIDER_CACHE", {})
    settings.PAYMENT_VARIANTS, settings.DEBUG = variants, is_debug

    assert [message.id for message in check_payments(None)] == ids
