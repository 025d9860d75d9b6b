"""CSV that a spreadsheet opens safely: a line at a time, exact decimals with a point, times with their offset."""

import csv
import re
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Final

from django.utils import timezone

# A cell that begins so is a formula to a spreadsheet, and what shoppers and creators type ends up in cells.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
# Where decimals have a comma, a spreadsheet separates cells by semicolons: one may begin behind any, and the quotes
# around a value do not help, as they stand in the middle of that spreadsheet's cell.
_FORMULA_WITHIN: Final = re.compile(r'[;\t\r\n]"*(?=[=+\-@])')


class _Line:
    """A file that gives each line back instead of keeping it."""

    def write(self, line: str) -> str:
        return line


_WRITER: Final = csv.writer(_Line())


def line(values: Iterable[object]) -> str:
    """Values as a line of CSV."""
    written: str = _WRITER.writerow([cell(value) for value in values])
    return written


def cell(value: object) -> str:
    """A value as text; what a spreadsheet would take for a formula gets a quote before it, wherever it begins.

    Times are in the project's own time zone, whoever asks; amounts have two decimals, and more only where they need
    them, whatever the database gives.
    """
    if isinstance(value, str):  # most are, and this runs for every cell
        if _FORMULA_WITHIN.search(value):
            value = _FORMULA_WITHIN.sub(r"\g<0>'", value)
        return f"'{value}" if value.startswith(_FORMULA) else value
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return _decimal(value)
    if isinstance(value, datetime):
        return value.astimezone(timezone.get_default_timezone()).isoformat(timespec="seconds")
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _decimal(value: Decimal) -> str:
    whole, _, decimals = f"{value:f}".partition(".")
    return f"{whole}.{decimals.rstrip('0'):0<2}"
