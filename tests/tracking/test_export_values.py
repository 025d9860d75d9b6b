"""What the cells and headings of an export say."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from tracking.reconciliation.columns import ColumnError, Role, choose, fingerprint, guess
from tracking.reconciliation.values import (
    DateOrder,
    Standing,
    loosely,
    order_of,
    read_amount,
    read_id,
    read_moment,
    read_status,
)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("49.99", "49.99"),
        ("$1,234.50", "1234.50"),
        ("1.234,50", "1234.50"),
        ("1,234", "1234"),
        ("12,5", "12.5"),
        ("1,234,567.89", "1234567.89"),
        ("12.50 USD", "12.50"),
        ("USD 12.50", "12.50"),
        ("€ 12,50", "12.50"),
        ("1 234,50", "1234.50"),
        ("1'234.50", "1234.50"),
        ("(12.50)", "-12.50"),
        ("-$12.50", "-12.50"),
        (".5", "0.5"),
        ("0", "0"),
    ],
)
def test_an_amount_is_read_in_whatever_form(text: str, amount: str) -> None:
    assert read_amount(text) == Decimal(amount)


@pytest.mark.parametrize("text", ["", "  ", "-"])
def test_an_empty_cell_is_no_amount(text: str) -> None:
    assert read_amount(text) is None


@pytest.mark.parametrize("text", ["49.9x", "1.2.3", "1e5", "NaN", "free", "٤٩", "9" * 14, "12..5"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="“"):
        read_amount(text)


@pytest.mark.parametrize(
    ("text", "standing"),
    [
        ("approved", Standing.COUNTED),
        ("Pending Approval", Standing.COUNTED),
        ("", Standing.COUNTED),
        ("REJECTED", Standing.REJECTED),
        ("Declined by advertiser", Standing.REJECTED),
        ("not approved", Standing.UNCLEAR),
        ("approved, then rejected", Standing.UNCLEAR),
        ("?", Standing.UNCLEAR),
    ],
)
def test_a_status_is_understood_or_left_unclear(text: str, standing: Standing) -> None:
    assert read_status(text) is standing


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("2026-11-23T10:00:00Z", at(2026, 11, 23, 10)),
        ("2026-11-23 10:00:00", at(2026, 11, 23, 10)),
        ("2026-11-23 12:00:00 +02:00", at(2026, 11, 23, 10)),
        ("2026-11-23 10:00:00.123 UTC", at(2026, 11, 23, 10)),
        ("2026-11-23", at(2026, 11, 23)),
        ("2026/11/23 10:00", at(2026, 11, 23, 10)),
        ("11/23/2026 10:00 AM", at(2026, 11, 23, 10)),
        ("11/23/26, 12:05 am", at(2026, 11, 23, 0, 5)),
        ("Nov 23, 2026", at(2026, 11, 23)),
        ("Monday, November 23, 2026 10:00 PM", at(2026, 11, 23, 22)),
        ("23 Nov 2026 10:00", at(2026, 11, 23, 10)),
    ],
)
def test_a_date_is_read_in_whatever_form(text: str, first: datetime) -> None:
    moment = read_moment(text, order=DateOrder.MONTH_FIRST, zone=UTC)
    assert moment
    assert moment.earliest == first


def test_a_day_without_a_time_is_all_of_that_day() -> None:
    moment = read_moment("2026-11-23", order=DateOrder.UNKNOWN, zone=ZoneInfo("America/New_York"))
    assert moment
    assert (moment.earliest, moment.latest) == (at(2026, 11, 23, 5), at(2026, 11, 24, 5))


def test_a_time_without_a_zone_may_be_anywhere_on_earth() -> None:
    moment = read_moment("2026-11-23 10:00:00", order=DateOrder.UNKNOWN, zone=None)
    assert moment
    assert moment.latest - moment.earliest >= timedelta(hours=26)


def test_a_date_that_can_be_read_two_ways_is_not_read() -> None:
    assert read_moment("04/05/2026", order=DateOrder.UNKNOWN, zone=UTC) is None
    assert read_moment("04/04/2026", order=DateOrder.UNKNOWN, zone=UTC) is not None


@pytest.mark.parametrize("text", ["yesterday", "2026-13-01", "31/31/2026", "0000-01-01", "12:00", "9999-12-31 23:59"])
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no date"):
        read_moment(text, order=DateOrder.DAY_FIRST, zone=None)


@pytest.mark.parametrize(
    ("text", "order"),
    [("23/11/2026", "dmy"), ("11/23/2026", "mdy"), ("04/05/2026", ""), ("04.05.2026", "dmy"), ("2026-11-23", "")],
)
def test_a_date_may_show_which_comes_first(text: str, order: str) -> None:
    assert order_of(text) == order


def test_an_id_is_freed_from_what_guards_it() -> None:
    assert [read_id(text) for text in (" 0012 ", '="0012"', "'0012")] == ["0012"] * 3


def test_ids_are_alike_but_for_what_a_spreadsheet_does_to_them() -> None:
    assert loosely("PW-00123") == loosely("pw 00123")
    assert loosely("00123") == loosely("123")
    assert loosely("000") != ""


# Columns ----------------------------------------------------------------------------------------------------


def test_likely_names_are_guessed() -> None:
    header = ("Conversion Date", "Offer ID", "Offer", "Affiliate ID", "adv_unique1", "Payout", "Sale Amount", "Status")
    assert guess(header).names == {
        Role.ORDER_ID: "adv_unique1",
        Role.AMOUNT: "Sale Amount",
        Role.STATUS: "Status",
        Role.DATE: "Conversion Date",
        Role.AFFILIATE_ID: "Affiliate ID",
        Role.OFFER_ID: "Offer ID",
    }


def test_what_the_creator_gets_is_not_taken_for_the_amount() -> None:
    assert Role.AMOUNT not in guess(("Order ID", "Payout", "Commission", "Revenue")).names


def test_two_columns_of_one_name_are_not_guessed_and_cannot_be_named() -> None:
    header = ("Order ID", "Amount", "Amount")
    assert Role.AMOUNT not in guess(header).names
    with pytest.raises(ColumnError, match="two columns, 2 and 3"):
        choose(header, said={Role.AMOUNT: "Amount"}, remembered=None)


def test_what_is_said_comes_before_what_was_remembered() -> None:
    header = ("Order ID", "Amount", "Total")
    columns = choose(header, said={Role.AMOUNT: "total"}, remembered={Role.ORDER_ID: "Order ID", Role.AMOUNT: "Amount"})
    assert columns.names[Role.AMOUNT] == "Total"


def test_one_column_is_not_two_things() -> None:
    with pytest.raises(ColumnError, match="two things"):
        choose(("Order ID", "x"), said={Role.AMOUNT: "x", Role.STATUS: "x"}, remembered=None)


def test_headers_are_the_same_whatever_their_capitals() -> None:
    assert fingerprint(("Order ID", "Amount")) == fingerprint(("order_id", "AMOUNT"))
    assert fingerprint(("Order ID", "Amount")) != fingerprint(("Amount", "Order ID"))
