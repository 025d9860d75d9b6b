"""The amount that is reported, and how it is written. No database."""

import re
from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracking.conversions.amounts import base_amount, decimals, to_report, to_text

amounts = st.decimals(min_value=Decimal("-1e10"), max_value=Decimal("1e10"), places=4)
positive = st.decimals(min_value=Decimal(0), max_value=Decimal("3e10"), places=4)
rates = st.decimals(min_value=Decimal("1e-10"), max_value=Decimal("1e5"), places=10)
currencies = st.sampled_from(["USD", "EUR", "JPY", "KRW", "KWD", "BHD", "XXX"])


@pytest.mark.parametrize(("basis", "expected"), [("items", "49.99"), ("total", "59.11")])
def test_the_basis_says_what_is_counted(basis: str, expected: str) -> None:
    amount = base_amount(items_total=Decimal("49.99"), shipping=Decimal(5), tax=Decimal("4.12"), basis=basis)
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
    base = base_amount(items_total=Decimal(items_total), shipping=Decimal(0), tax=Decimal(0), basis="items")
    assert str(to_report(base, currency="USD")) == expected


def test_a_sum_is_rounded_once() -> None:
    parts = {"items_total": Decimal("1.004"), "shipping": Decimal("1.004"), "tax": Decimal("1.004")}
    assert to_report(base_amount(**parts, basis="total"), currency="USD") == Decimal("3.01")


@pytest.mark.parametrize(
    ("base", "rate", "currency", "expected"),
    [
        ("49.99", "1.0823", "USD", "54.10"),  # 54.104177
        ("1500", "0.0066675", "USD", "10.00"),  # yen to dollars: 10.00125
        ("12.345", "3.2541", "USD", "40.17"),  # dinars to dollars: 40.1718645
        ("49.99", "162.35", "JPY", "8116"),  # 8115.8765: a yen has no parts
        ("8115.5", "1", "JPY", "8116"),
        ("12.345", "1", "KWD", "12.35"),  # three decimals, of which Aspire reads two
        ("0.0049", "1", "USD", "0.00"),
    ],
)
def test_an_amount_is_converted_and_rounded_once(base: str, rate: str, currency: str, expected: str) -> None:
    assert str(to_report(Decimal(base), currency=currency, rate=Decimal(rate))) == expected


@pytest.mark.parametrize(("currency", "expected"), [("USD", 2), ("EUR", 2), ("JPY", 0), ("KWD", 3), ("BHD", 3)])
def test_a_currency_has_so_many_decimals(currency: str, expected: int) -> None:
    assert decimals(currency) == expected


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


@given(positive, rates, currencies)
def test_what_is_sent_has_at_most_two_decimals_and_is_never_negative(
    base: Decimal, rate: Decimal, currency: str
) -> None:
    number = to_report(base, currency=currency, rate=rate)
    assert re.fullmatch(r"\d+\.\d\d", to_text(number))
    assert Decimal(to_text(number)) == number


@given(positive, rates, currencies)
def test_a_conversion_is_exact_to_half_the_smallest_coin(base: Decimal, rate: Decimal, currency: str) -> None:
    with localcontext(prec=80):
        exact = base * rate
        coin = Decimal(1).scaleb(-min(decimals(currency), 2))
        assert abs(to_report(base, currency=currency, rate=rate) - exact) <= coin / 2


@given(positive, positive, rates, currencies)
def test_who_sells_for_more_reports_no_less(one: Decimal, other: Decimal, rate: Decimal, currency: str) -> None:
    less, more = sorted([one, other])
    assert to_report(less, currency=currency, rate=rate) <= to_report(more, currency=currency, rate=rate)
