"""Rows read and written by hand where the ORM's way to a statement costs more than the statement: in the checkout."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, TypeVar

from django.db import IntegrityError, connection, models

Row = TypeVar("Row", bound=models.Model)


def select(model: type[Row], where: str, values: Sequence[Any]) -> list[Row]:
    """The rows of a model that meet an SQL condition with `%s` for each of `values`, which have to be plain texts."""
    statement, names, converters = _selection(model, connection.vendor, where)
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        found = cursor.fetchall()
    return [_loaded(model, list(row), names, converters) for row in found]


def select_one_and(
    model: type[Row], where: str, values: Sequence[Any], *, also: str, also_values: Sequence[Any]
) -> tuple[Row | None, Any]:
    """The row of a model that meets an SQL condition, or None; and, in the same round trip, what `also` comes to."""
    statement, names, converters = _selection(model, connection.vendor, where, also)
    with connection.cursor() as cursor:
        cursor.execute(statement, [*also_values, *values])
        *columns, found = cursor.fetchone()
    return (_loaded(model, columns, names, converters) if columns[0] is not None else None), found


def insert_all(rows: Sequence[models.Model]) -> None:
    """Insert rows of one model in one statement. Sends no signal and leaves `rows` as they are."""
    with connection.cursor() as cursor:
        cursor.execute(_statement(type(rows[0]), connection.vendor, len(rows)), _values(rows))


def insert_one(row: models.Model, *, also: str = "") -> None:
    """Insert a row and give it its key. Sends no signal.

    `also` is an SQL expression that PostgreSQL evaluates with it, in the same round trip.
    """
    statement = _statement(type(row), connection.vendor, 1)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"{statement} RETURNING id{f', {also}' if also else ''}", _values([row]))
            row.pk = cursor.fetchone()[0]
        else:
            cursor.execute(statement, _values([row]))
            row.pk = cursor.lastrowid
    row._state.adding = False


def insert_unless_there(row: models.Model, unique: Sequence[str]) -> bool:
    """Insert a row and give it its key, unless there is one with the same values in the `unique` fields.

    Needs no savepoint: PostgreSQL is asked not to mind, the other databases undo nothing but the statement. Raises
    IntegrityError for any other constraint.
    """
    if connection.vendor != "postgresql":
        try:
            insert_one(row)
        except IntegrityError:
            # Read without a lock: MySQL's has been seen to end in a deadlock, which takes the whole transaction.
            same = {name: getattr(row, name) for name in unique}
            if not type(row)._default_manager.filter(**same).exists():
                raise
            return False
        return True
    with connection.cursor() as cursor:
        cursor.execute(f"{_statement(type(row), connection.vendor, 1)} {_forgiving(unique)}", _values([row]))
        written = cursor.fetchone()
    if written:
        row.pk, row._state.adding = written[0], False
    return bool(written)


def insert_both_unless_there(
    row: models.Model, unique: Sequence[str], then: models.Model, *, link: str, also: str = ""
) -> bool:
    """Insert a row as `insert_unless_there` does, and if it was not there a second one whose field `link` names it.

    One round trip on PostgreSQL; for `also` see `insert_one`.
    """
    if connection.vendor != "postgresql":
        if not insert_unless_there(row, unique):
            return False
        setattr(then, link, row)
        insert_one(then)
        return True
    with connection.cursor() as cursor:
        first = f"{_statement(type(row), connection.vendor, 1)} {_forgiving(unique)}"
        wanted = ", ".join(filter(None, ["(SELECT id FROM first)", "id", also]))
        statement = f"WITH first AS ({first}) {_linked_statement(type(then), link)} RETURNING {wanted}"
        cursor.execute(statement, [*_values([row]), *_values([then], leave_out=link)])
        written = cursor.fetchone()
    if written:
        row.pk, then.pk = written[:2]
        row._state.adding = then._state.adding = False
        setattr(then, link, row)
    return bool(written)


def _forgiving(unique: Sequence[str]) -> str:
    return f"ON CONFLICT ({', '.join(unique)}) DO NOTHING RETURNING id"


@lru_cache
def _selection(model: type[models.Model], _vendor: str, where: str, also: str = "") -> tuple[str, list[str], list[Any]]:
    fields = model._meta.concrete_fields
    table = connection.ops.quote_name(model._meta.db_table)
    columns = [field.get_col(model._meta.db_table) for field in fields]
    converters = [
        (place, convert, column)
        for place, column in enumerate(columns)
        for convert in (*connection.ops.get_db_converters(column), *column.get_db_converters(connection))
    ]
    names = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
    statement = f"SELECT {names} FROM {table} WHERE {where}"  # noqa: S608
    if also:
        statement = f"SELECT {names}, {also} FROM (SELECT 1 AS one) AS always LEFT JOIN {table} ON {where}"  # noqa: S608
    return statement, [field.attname for field in fields], converters


def _loaded(model: type[Row], columns: list[Any], names: list[str], converters: list[Any]) -> Row:
    for place, convert, field in converters:
        columns[place] = convert(columns[place], field, connection)
    return model.from_db(connection.alias, names, columns)


def _fields(model: type[models.Model]) -> "list[models.Field[Any, Any]]":
    return [field for field in model._meta.concrete_fields if not field.primary_key]


def _values(rows: Sequence[models.Model], *, leave_out: str = "") -> list[Any]:
    fields = [field for field in _fields(type(rows[0])) if field.name != leave_out]
    return [
        field.get_db_prep_save(getattr(row, field.attname), connection=connection) for row in rows for field in fields
    ]


@lru_cache
def _statement(model: type[models.Model], _vendor: str, count: int) -> str:
    fields = _fields(model)
    columns = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
    line = f"({', '.join(['%s'] * len(fields))})"
    table = connection.ops.quote_name(model._meta.db_table)
    return f"INSERT INTO {table} ({columns}) VALUES {', '.join([line] * count)}"  # noqa: S608


@lru_cache
def _linked_statement(model: type[models.Model], link: str) -> str:
    """PostgreSQL's statement for a row whose field `link` is the key of the one row in `first`."""
    fields = sorted(_fields(model), key=lambda field: field.name != link)  # the link first, the others as they are
    columns = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
    table = connection.ops.quote_name(model._meta.db_table)
    return f"INSERT INTO {table} ({columns}) SELECT first.id, {', '.join(['%s'] * (len(fields) - 1))} FROM first"  # noqa: S608
