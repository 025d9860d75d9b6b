"""Fixtures of the shop: rates that tests can count with, a shopper, and ears for the signals."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.db import transaction
from django.db.models import QuerySet
from django.dispatch import Signal
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from store import customers
from store.models import Order, Product, ShippingPrice, Variant
from tests.store.factories import ShippingMethodFactory
from tracking.orders import CompletedOrder
from tracking.signals import order_cancelled, order_completed, order_refunded

PASSWORD = "fifteen-small-teapots"


@pytest.fixture(autouse=True)
def _fresh_providers(monkeypatch: pytest.MonkeyPatch) -> None:
    """django-payments keeps its providers by name, whatever the settings say later."""
    monkeypatch.setattr("payments.core.PROVIDER_CACHE", {})


@pytest.fixture(autouse=True)
def _rates(settings: Settings) -> None:
    settings.STORE_CURRENCY = "USD"
    settings.STORE_TAX_PERCENT = "10"


@pytest.fixture
def _letters_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    """Letters leave at once: the transaction around a test never commits."""
    monkeypatch.setattr(transaction, "on_commit", lambda send, **_: send())


class Shopper:
    """Somebody in front of the shop, with a browser of their own."""

    ADDRESS = {
        "email": "ada@example.com",
        "name": "Ada Lovelace",
        "address1": "12 St James's Square",
        "city": "London",
        "postcode": "SW1Y 4JH",
        "country": "GB",
    }

    def __init__(self) -> None:
        self.client = Client(headers={"accept-language": "en-GB"})

    def adds(self, thing: Product | Variant, quantity: object = 1) -> Any:
        """Put a variant, or a product's only one, into the cart."""
        form = {"variant": variant_of(thing).pk, "quantity": quantity}
        return self.client.post(reverse("store:add_to_cart"), form, follow=True)

    def changes(self, thing: Product | Variant, quantity: object) -> Any:
        url = reverse("store:change_line", args=[variant_of(thing).pk])
        return self.client.post(url, {"quantity": quantity}, follow=True)

    @property
    def delivery(self) -> QuerySet[ShippingPrice]:
        """The price list of the delivery, to change it."""
        return ShippingPrice.objects.filter(currency="USD")

    def opens(self, name: str, *args: object) -> Any:
        return self.client.get(reverse(f"store:{name}", args=args))

    def opens_checkout(self) -> dict[str, str]:
        """What the checkout page would send if it were filled in well."""
        context = self.opens("checkout").context
        return {
            **self.ADDRESS,
            "checkout_token": str(context["checkout_token"]),
            "quoted": context["quote"].mark,
            "delivery": str(context["quote"].delivery.method.pk),
            "payment": context["ways"][0].key,
        }

    def uses(self, code: str) -> Any:
        return self.client.post(reverse("store:use_coupon"), {"coupon": code}, follow=True)

    def submits(self, form: dict[str, str]) -> Any:
        return self.client.post(reverse("store:checkout"), form)

    def places_order(self) -> Order:
        self.submits(self.opens_checkout())
        return Order.objects.latest("pk")

    def pays(self, order: Order, status: str = "confirmed", gateway_response: str = "3ds-disabled") -> Any:
        answer = {"status": status, "fraud_status": "accept", "gateway_response": gateway_response}
        return self.client.post(reverse("store:pay", args=[order.token]), answer, follow=True)


def variant_of(thing: Product | Variant) -> Variant:
    return thing if isinstance(thing, Variant) else thing.variants.get()


@pytest.fixture
def shopper(db: None) -> Shopper:
    """A shopper in a shop that sends anything anywhere for $6.00 or 5.00 EUR, and for nothing from 75 on."""
    method = ShippingMethodFactory(name="Standard", price="6.00", free_from="75.00")
    ShippingPrice.objects.create(method=method, currency="EUR", amount=5, free_from=75)
    return Shopper()


class Ear:
    """Notes what a signal was sent with."""

    def __init__(self, signal: Signal) -> None:
        self._signal = signal
        self.heard: list[dict[str, Any]] = []

    def __enter__(self) -> "Ear":
        self._signal.connect(self._note)
        return self

    def __exit__(self, *_: object) -> None:
        self._signal.disconnect(self._note)

    def _note(self, **sent: Any) -> None:
        self.heard.append(sent)

    @property
    def orders(self) -> list[CompletedOrder]:
        return [sent["order"] for sent in self.heard]


@pytest.fixture
def completed() -> Iterator[Ear]:
    with Ear(order_completed) as ear:
        yield ear


@pytest.fixture
def cancelled() -> Iterator[Ear]:
    with Ear(order_cancelled) as ear:
        yield ear


@pytest.fixture
def refunded() -> Iterator[Ear]:
    with Ear(order_refunded) as ear:
        yield ear


@pytest.fixture
def _counts_start_at_nothing() -> None:
    """Wrong passwords and letters are counted in the cache."""
    cache.clear()


@pytest.fixture
def ada() -> User:
    customer = customers.open_account("ada@example.com", PASSWORD)
    assert customer
    return customer


@pytest.fixture
def media(settings: Settings, tmp_path: Path) -> Path:
    """The folder that uploads go to."""
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path / "media"
