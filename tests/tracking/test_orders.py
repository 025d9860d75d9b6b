"""The value that a shop hands over. No database."""

from dataclasses import FrozenInstanceError
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest

from tests.factories import completed_order
from tracking.orders import CompletedOrder


def test_three_values_are_enough() -> None:
    order = CompletedOrder(order_id="1001", currency="USD", items_total=Decimal("49.99"))
    assert (order.shipping, order.tax, order.discount) == (0, 0, 0)
    assert (order.customer_id, order.subscription_id, order.is_renewal, order.completed_at) == ("", "", False, None)


def test_it_cannot_be_changed_afterwards() -> None:
    with pytest.raises(FrozenInstanceError):
        completed_order().items_total = Decimal(1)  # type: ignore[misc]


@pytest.mark.parametrize("amount", ["0", "-49.99", "0.004", "9999999999.99", "1E-30"])
def test_any_finite_amount_can_be_recorded(amount: str) -> None:
    assert completed_order(items_total=Decimal(amount)).items_total == Decimal(amount)


@pytest.mark.parametrize("name", ["items_total", "shipping", "tax", "discount"])
@pytest.mark.parametrize("amount", ["NaN", "sNaN", "Infinity", "-Infinity", "1E+10", "-1E+10", "1E+999999"])
def test_an_amount_that_cannot_be_recorded_is_refused_by_name(name: str, amount: str) -> None:
    with pytest.raises(ValueError, match=f"^{name} is "):
        completed_order(**{name: Decimal(amount)})


@pytest.mark.parametrize("amount", [49.99, 50, "49.99", None, True])
def test_an_amount_that_is_no_decimal_is_refused(amount: object) -> None:
    with pytest.raises(TypeError, match=r"^items_total is .* give a Decimal\.$"):
        completed_order(items_total=amount)


@pytest.mark.parametrize("currency", ["", "US", "USDT", "USD\n", "$", "\uff35\uff33\uff24", None, 840])
def test_a_currency_is_a_code_of_three_letters(currency: object) -> None:
    with pytest.raises(ValueError, match=r"^currency is "):
        completed_order(currency=currency)


@pytest.mark.parametrize("name", ["order_id", "customer_id", "subscription_id"])
@pytest.mark.parametrize("value", ["a" * 129, "1001\0", "\ud83d"])
def test_a_text_that_cannot_be_stored_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(ValueError, match=f"^{name} is "):
        completed_order(**{name: value})


def test_a_currency_is_kept_in_capitals() -> None:
    assert completed_order(currency="usd").currency == "USD"


@pytest.mark.parametrize("name", ["order_id", "customer_id", "subscription_id"])
@pytest.mark.parametrize("key", [1001, UUID(int=1001)])
def test_a_primary_key_becomes_text(name: str, key: object) -> None:
    assert getattr(completed_order(**{name: key}), name) == str(key)


@pytest.mark.parametrize("name", ["customer_id", "subscription_id"])
def test_nobody_is_no_id(name: str) -> None:
    assert getattr(completed_order(**{name: None}), name) == ""


@pytest.mark.parametrize("name", ["order_id", "customer_id", "subscription_id"])
@pytest.mark.parametrize("value", [10.01, True, b"1001", object()])
def test_what_is_no_text_is_refused_by_name(name: str, value: object) -> None:
    with pytest.raises(TypeError, match=f"^{name} is "):
        completed_order(**{name: value})


def test_an_order_needs_a_number() -> None:
    with pytest.raises(ValueError, match="order_id is empty"):
        completed_order(order_id="")


@pytest.mark.parametrize("order_id", ["1", "a" * 128, "№ 42/é", "TEST-1"])
def test_an_order_number_is_any_text(order_id: str) -> None:
    assert completed_order(order_id=order_id).order_id == order_id


def test_a_moment_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="completed_at has no time zone"):
        completed_order(completed_at=datetime(2026, 3, 1))  # noqa: DTZ001 - the point of the test


def test_a_moment_with_a_time_zone_is_taken() -> None:
    assert completed_order(completed_at=datetime(2026, 3, 1, tzinfo=UTC)).completed_at
