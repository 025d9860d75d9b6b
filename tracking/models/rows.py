"""Rows written by hand, where the ORM's way to a statement would cost more than the statement: in the checkout."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from django.db import IntegrityError, connection, models


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
    conflict = f"ON CONFLICT ({', '.join(unique)}) DO NOTHING RETURNING id"
    with connection.cursor() as cursor:
        cursor.execute(f"{_statement(type(row), connection.vendor, 1)} {conflict}", _values([row]))
        written = cursor.fetchone()
    if written:
        row.pk, row._state.adding = written[0], False
    return bool(written)


def _fields(model: type[models.Model]) -> "list[models.Field[Any, Any]]":
    return [field for field in model._meta.concrete_fields if not field.primary_key]


def _values(rows: Sequence[models.Model]) -> list[Any]:
    fields = _fields(type(rows[0]))
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
