"""The amount that is reported, and how it is written. No database."""

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracking.conversions.amounts import reported_amount, to_text

amounts = st.decimals(min_value=Decimal("-1e10"), max_value=Decimal("1e10"), places=4)


@pytest.mark.parametrize(("basis", "expected"), [("items", "49.99"), ("total", "59.11")])
def test_the_basis_says_what_is_counted(basis: str, expected: str) -> None:
    amount = reported_amount(items_total=Decimal("49.99"), shipping=Decimal(5), tax=Decimal("4.12"), basis=basis)
    assert amount == Decimal(expected)


@pytest.mark.parametrize(
    ("items_total", "expected"),
    [
        ("49.994", "49.99"),
        ("49.995", "50.00"),
        ("0.004", "0.00"),
        ("0.005", "0.01"),
        ("-3", "-3.00"),
        ("0", "0.00"),
        ("1E+3", "1000.00"),
        ("9999999999.9999", "10000000000.00"),
    ],
)
def test_an_amount_is_rounded_half_up_to_cents(items_total: str, expected: str) -> None:
    amount = reported_amount(items_total=Decimal(items_total), shipping=Decimal(0), tax=Decimal(0), basis="items")
    assert str(amount) == expected


def test_a_sum_is_rounded_once() -> None:
    parts = {"items_total": Decimal("1.004"), "shipping": Decimal("1.004"), "tax": Decimal("1.004")}
    assert reported_amount(**parts, basis="total") == Decimal("3.01")


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        ("49.99", "49.99"),
        ("5", "5.00"),
        ("1E+3", "1000.00"),
        ("1234567.8", "1234567.80"),
        ("0.1", "0.10"),
    ],
)
def test_an_amount_is_written_plainly(amount: str, expected: str) -> None:
    assert to_text(Decimal(amount)) == expected


@given(amounts)
def test_whatever_the_amount_its_text_has_a_point_and_two_decimals(amount: Decimal) -> None:
    assert re.fullmatch(r"-?\d+\.\d\d", to_text(amount))


@given(amounts)
def test_the_text_is_within_half_a_cent_of_the_amount(amount: Decimal) -> None:
    assert abs(Decimal(to_text(amount)) - amount) <= Decimal("0.005")
