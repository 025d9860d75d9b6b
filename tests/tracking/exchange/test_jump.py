"""A rate that jumps is refused until a person vouches for it."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import CommandError
from django.utils import timezone

from tests.factories import ConversionFactory, OfferFactory
from tests.tracking.exchange.steps import page, stored, update
from tracking import exchange


def stored_yesterday(**values: str) -> None:
    numbers = {currency: Decimal(value) for currency, value in values.items()}
    exchange.store_rates("European Central Bank", "EUR", numbers, at=timezone.now() - timedelta(days=1))


@pytest.mark.django_db
@pytest.mark.parametrize("usd", ["10.823", "0.10823", "1.7"])
def test_a_rate_that_jumps_is_refused_with_both_numbers(bank: Any, usd: str) -> None:
    OfferFactory()
    stored_yesterday(USD="1.08", JPY="162")
    with pytest.raises(CommandError, match="No rates were stored: ") as error:
        update("--url", bank(page().replace("1.0823", usd)))
    assert f"the rate of USD is {usd}, and was 1.08 " in str(error.value)
    assert "--accept-jumps" in str(error.value)
    assert error.value.returncode == 1
    assert stored() == {"USD": Decimal("1.08"), "JPY": Decimal(162)}


@pytest.mark.django_db
def test_a_jump_that_a_person_vouches_for_is_stored(bank: Any) -> None:
    OfferFactory()
    stored_yesterday(USD="0.5")
    update("--url", bank(), "--accept-jumps")
    assert stored()["USD"] == Decimal("1.0823")


@pytest.mark.django_db
def test_a_currency_that_no_order_is_in_may_jump(bank: Any) -> None:
    """Among all the world's currencies one always does."""
    OfferFactory()
    stored_yesterday(USD="1.08", JPY="1.62")
    update("--url", bank())
    assert stored()["JPY"] == Decimal("162.35")


@pytest.mark.django_db
def test_the_currency_of_orders_that_were_converted_may_not_jump(bank: Any) -> None:
    offer = OfferFactory()
    ConversionFactory(offer=offer, currency="JPY")
    stored_yesterday(USD="1.08", JPY="1.62")
    with pytest.raises(CommandError, match=r"the rate of JPY is 162\.35, and was 1\.62 "):
        update("--url", bank())
