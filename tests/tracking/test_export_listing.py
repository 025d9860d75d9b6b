"""What an export lists, kept out of memory and found again by order."""

import tracemalloc
from datetime import UTC
from decimal import Decimal
from pathlib import Path

import pytest

from tests.tracking.exports import HEADER, ago, listed, write
from tracking.reconciliation.columns import guess
from tracking.reconciliation.listing import MOST_LINES, Listing
from tracking.reconciliation.reading import open_export
from tracking.reconciliation.values import DateOrder, Standing


def load(listing: Listing, path: Path, *rows: str, header: str = HEADER) -> Listing:
    export = open_export(write(path, rows, header=header))
    listing.load(export, guess(export.header), zone=UTC, date_order=DateOrder.UNKNOWN)
    return listing


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "export.csv"


def test_rows_come_back_by_order(path: Path) -> None:
    with Listing() as listing:
        load(listing, path, *(listed(order_id, at=ago(days=1), amount="5.00") for order_id in ("b", "a", "b")))
        found = list(listing.orders())
    assert [(order.order_id, [line.row for line in order.lines]) for order in found] == [("a", [3]), ("b", [2, 4])]
    assert found[0].lines[0].amount == Decimal("5.00")


def test_of_an_order_that_is_listed_very_often_only_some_rows_are_kept(path: Path) -> None:
    with Listing() as listing:
        load(listing, path, *[listed("a", at=ago(days=1))] * (MOST_LINES + 30))
        [order] = listing.orders()
    assert (len(order.lines), order.rows) == (MOST_LINES, MOST_LINES + 30)


def test_money_taken_back_is_no_second_sale(path: Path) -> None:
    with Listing() as listing:
        load(listing, path, listed("a", at=ago(days=1)), listed("a", at=ago(days=1), amount="-49.99"))
        [order] = listing.orders()
    assert len(order.of(Standing.COUNTED)) == 1


def test_one_date_shows_how_all_are_written(path: Path) -> None:
    with Listing() as listing:
        load(listing, path, listed("a", at="04/05/2026"), listed("b", at="04/25/2026"))
        months = [order.lines[0].moment.earliest.month for order in listing.orders() if order.lines[0].moment]
    assert months == [4, 4]


def test_dates_that_nothing_tells_the_order_of_are_counted(path: Path) -> None:
    with Listing() as listing:
        load(listing, path, listed("a", at="04/05/2026"), listed("b", at="05/06/2026"))
        assert listing.survey.unreadable_dates == 2


def test_the_temporary_file_goes(path: Path) -> None:
    with Listing() as listing:
        load(listing, path, listed("a", at=ago(days=1)))
        folder = Path(listing._folder.name)
        assert folder.exists()
    assert not folder.exists()


def test_a_long_file_takes_no_more_memory_than_a_short_one(path: Path) -> None:
    def peak(rows: int) -> int:
        at = ago(days=1)
        write(path, (listed(f"order-{number}", at=at) for number in range(rows)))
        tracemalloc.start()
        with Listing() as listing:
            export = open_export(path)
            listing.load(export, guess(export.header), zone=UTC, date_order=DateOrder.UNKNOWN)
            for _ in listing.orders():
                pass
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    assert peak(12_000) < peak(3_000) + 500_000
