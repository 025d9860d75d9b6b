"""CSV files for accounts and spreadsheets: an admin action that streams the chosen rows."""

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone

Columns = Mapping[str, Callable[[Any], object]]
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
# Where decimals have a comma, a spreadsheet separates cells by semicolons: one may begin behind any, and the quotes
# around a value do not help, as they stand in the middle of that spreadsheet's cell.
_FORMULA_WITHIN = re.compile(r'[;\t\r\n]"*(?=[=+\-@])')


class _Line:
    """A file that gives each line back instead of keeping it."""

    def write(self, line: str) -> str:
        return line


def export_action(name: str, columns: Columns, rows: Callable[[QuerySet[Any]], Iterable[Model]]) -> Any:
    """An action that downloads `rows` of what is chosen as `<name>-<day>.csv`."""

    @admin.action(description=f"Export {name} as CSV", permissions=["view"])
    def export(model_admin: object, request: HttpRequest, queryset: QuerySet[Any]) -> StreamingHttpResponse:
        lines = write_lines(columns, rows(queryset))
        response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="{name}-{timezone.localdate():%Y-%m-%d}.csv"'
        return response

    export.__name__ = f"export_{name.replace(' ', '_')}"
    return export


def write_lines(columns: Columns, rows: Iterable[object]) -> Iterator[str]:
    writer = csv.writer(_Line())
    yield writer.writerow(columns)
    for row in rows:
        yield writer.writerow([_cell(read(row)) for read in columns.values()])


def _cell(value: object) -> object:
    """Text that a spreadsheet would take for a formula becomes text: shoppers write what they like."""
    if isinstance(value, str):
        value = _FORMULA_WITHIN.sub(r"\g<0>'", value)
        return f"'{value}" if value.startswith(_FORMULA) else value
    return "" if value is None else value
