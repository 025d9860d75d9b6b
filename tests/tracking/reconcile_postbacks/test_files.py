"""Columns that cannot be guessed, and files that cannot be read."""

from pathlib import Path
from typing import Any

import pytest

from tests.tracking.exports import ago, listed, sent
from tests.tracking.reconcile_postbacks.steps import around, counts, reconcile, state
from tests.tracking.terminal import run
from tracking.models import ExportColumns, Offer, Reconciliation
from tracking.reconciliation.findings import Kind

pytestmark = pytest.mark.django_db


# Columns ----------------------------------------------------------------------------------------------------

FOREIGN = "Wann;Bestellung;Summe;Zustand"


def test_columns_that_cannot_be_guessed_are_asked_for(offer: Offer, file: Path) -> None:
    ended = reconcile(file, "2026-11-01;1001;49,99;approved", header=FOREIGN)
    assert ended.status == 2
    assert "--order-id-column" in ended.err
    assert "“Bestellung”" in ended.err


def test_what_was_said_once_is_remembered_for_the_same_header(offer: Offer, file: Path) -> None:
    sent(offer, "1001", at=ago(days=3))
    row = "2026-11-01;1001;49,99;approved"
    said = ("--order-id-column", "Bestellung", "--amount-column", "Summe", "--status-column", "Zustand")
    assert "Columns, said" in reconcile(file, row, header=FOREIGN, options=said).out
    assert ExportColumns.objects.get().columns["amount"] == "Summe"
    ended = reconcile(file, row, header=FOREIGN)
    assert "Columns, remembered: order id “Bestellung”, amount “Summe”" in ended.out
    assert counts() == {Kind.CONFIRMED: 1}


def test_a_guess_is_shown_and_not_remembered(offer: Offer, file: Path) -> None:
    ended = reconcile(file, *around(offer))
    assert "Columns, guessed: order id “Advertiser Unique 1”, amount “Sale Amount”" in ended.out
    assert not ExportColumns.objects.exists()


def test_a_column_that_is_not_there_is_wrong_usage(offer: Offer, file: Path) -> None:
    ended = reconcile(file, *around(offer), options=("--amount-column", "Price"))
    assert ended.status == 2
    assert "There is no column “Price” (amount). The file has: “Date”" in ended.err


# Files that cannot be read ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("damage", "where"),
    [
        (lambda row: row.rsplit(",", 1)[0], "Row 4, column “Status”"),
        (lambda row: row.replace("49.99", "49.9x"), "Row 4, column “Sale Amount”: “49.9x” is no amount."),
        (lambda row: f"yesterday{row[row.index(',') :]}", "Row 4, column “Date”: “yesterday” is no date."),
        (lambda row: row.replace("late", '"late'), "Row 4"),
        (lambda row: f"{row},more,cells", "Row 4"),
        (lambda row: row.replace("late", "la\x00te"), "Row 4"),
    ],
)
def test_a_damaged_file_changes_nothing_and_is_told_by_row(offer: Offer, file: Path, damage: Any, where: str) -> None:
    sent(offer, "doubtful", at=ago(days=3), status="unconfirmed")
    early, _, late = around(offer)
    ended = reconcile(file, early, listed("doubtful", at=ago(days=3)), damage(late), options=("--apply",))
    assert ended.status == 1
    assert where in ended.err
    assert "\n" not in ended.err
    assert state("doubtful") == "unconfirmed"
    assert not Reconciliation.objects.exists()


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"", "empty"), (b"PK\x03\x04rest", "an Excel workbook"), (b"\r\n\r\n", "no header"), (None, "cannot be opened")],
)
def test_what_is_no_csv_file_is_told(file: Path, content: bytes | None, says: str) -> None:
    if content is not None:
        file.write_bytes(content)
    ended = run("reconcile_postbacks", str(file))
    assert ended.status == 1
    assert says in ended.err
