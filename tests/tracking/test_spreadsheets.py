"""Cells of CSV files that a spreadsheet opens: none is a formula."""

import csv
from io import StringIO

import pytest

from tracking.reports.spreadsheets import line


def written(value: str) -> str:
    """The value as a program reads it from the file."""
    [row] = csv.reader(StringIO(line(["1001", value, "USD"]), newline=""))
    return row[1]


@pytest.mark.parametrize(
    ("typed", "safe"),
    [
        ("=1+1", "'=1+1"),
        ("+49 30 1", "'+49 30 1"),
        ("\t=1+1", "'\t'=1+1"),
        ("x;=1+1;y", "x;'=1+1;y"),
        ("x;;@SUM(1)", "x;;'@SUM(1)"),
        ('x;"=1+1', "x;\"'=1+1"),
        ("x\n-1", "x\n'-1"),
        ("x\t+1", "x\t'+1"),
    ],
)
def test_what_may_begin_a_cell_is_no_formula(typed: str, safe: str) -> None:
    assert written(typed) == safe


@pytest.mark.parametrize("typed", ["a=b", "a; b", "1-2", "jane@shop.example", "x,=1+1", '"=1+1', "", "x;y"])
def test_all_else_is_written_as_it_is(typed: str) -> None:
    assert written(typed) == typed
