"""Rows read and written by hand where the ORM's way to a statement costs more than the statement: in the checkout."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, IntegrityError, connection, connections, models

Row = TypeVar("Row", bound=models.Model)
Other = TypeVar("Other", bound=models.Model)


def select(model: type[Row], where: str, values: Sequence[Any]) -> list[Row]:
    """The rows of a model that meet an SQL condition with `%s` for each of `values`, which have to be plain texts."""
    columns = _columns_of(model, connection.vendor)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns.sql} FROM {_table(model)} WHERE {where}", values)  # noqa: S608
        found = cursor.fetchall()
    return [columns.load(row) for row in found]


def select_one_with(
    model: type[Row], where: str, values: Sequence[Any], *, others: type[Other], on: str, also: str
) -> tuple[Row | None, list[Other], Any]:
    """In one round trip: the row of `model` that meets an SQL condition, or None; the rows of `others` that meet `on`,
    which may speak of the columns of that row; and what `also` comes to. `values` are for `also` and `where`, in turn.
    """
    statement, one, many = _joint_selection(model, others, connection.vendor, where, on, also)
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        found = cursor.fetchall()
    first, end = found[0], len(one.names)
    return (
        one.load(first[:end]) if first[0] is not None else None,
        [many.load(row[end:-1]) for row in found if row[end] is not None],
        first[-1],
    )


def insert_all(rows: Sequence[models.Model]) -> None:
    """Insert rows of one model in one statement. Sends no signal and leaves `rows` as they are."""
    model = type(rows[0])
    fields = _fields(model)
    line = f"({', '.join(['%s'] * len(fields))})"
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {_table(model)} ({_quoted(fields)}) VALUES {', '.join([line] * len(rows))}",  # noqa: S608
            _prepared((field, getattr(row, field.attname)) for row in rows for field in fields),
        )


def insert_one(row: models.Model, *, also: str = "") -> None:
    """Insert a row and give it its key. Sends no signal.

    `also` is an SQL expression that PostgreSQL evaluates with it, in the same round trip.
    """
    statement, values = _insertion(row)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"{statement} RETURNING id{f', {also}' if also else ''}", values)
            row.pk = cursor.fetchone()[0]
        else:
            cursor.execute(statement, values)
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
    statement, values = _insertion(row)
    with connection.cursor() as cursor:
        cursor.execute(f"{statement} {_forgiving(unique)}", values)
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
    first, values = _insertion(row)
    second, more_values = _insertion(then, link=link)
    wanted = ", ".join(filter(None, ["(SELECT id FROM first)", "id", also]))
    statement = f"WITH first AS ({first} {_forgiving(unique)}) {second} RETURNING {wanted}"
    with connection.cursor() as cursor:
        cursor.execute(statement, [*values, *more_values])
        written = cursor.fetchone()
    if written:
        row.pk, then.pk = written[:2]
        row._state.adding = then._state.adding = False
        setattr(then, link, row)
    return bool(written)


def _forgiving(unique: Sequence[str]) -> str:
    return f"ON CONFLICT ({', '.join(unique)}) DO NOTHING RETURNING id"


@dataclass(frozen=True, slots=True)
class _Columns(Generic[Row]):
    """All columns of a model, in a statement and in what comes back."""

    model: type[Row]
    sql: str
    names: list[str]
    converters: list[Any]

    def load(self, row: Sequence[Any]) -> Row:
        values = list(row)
        for place, convert, column in self.converters:
            values[place] = convert(values[place], column, connection)
        return self.model.from_db(connection.alias, self.names, values)


@lru_cache
def _columns_of(model: type[Row], _vendor: str) -> _Columns[Row]:
    fields = model._meta.concrete_fields
    columns = [field.get_col(model._meta.db_table) for field in fields]
    converters = [
        (place, convert, column)
        for place, column in enumerate(columns)
        for convert in (*connection.ops.get_db_converters(column), *column.get_db_converters(connection))
    ]
    return _Columns(model, _quoted(fields, table=_table(model)), [field.attname for field in fields], converters)


@lru_cache
def _joint_selection(
    model: type[Row], others: type[Other], vendor: str, where: str, on: str, also: str
) -> tuple[str, _Columns[Row], _Columns[Other]]:
    one, many = _columns_of(model, vendor), _columns_of(others, vendor)
    statement = (  # the row of `always` comes back where nothing else is found
        f"SELECT {one.sql}, {many.sql}, {also} FROM (SELECT 1 AS one) AS always "  # noqa: S608
        f"LEFT JOIN {_table(model)} ON {where} LEFT JOIN {_table(others)} ON {on}"
    )
    return statement, one, many


def _insertion(row: models.Model, *, link: str = "") -> tuple[str, list[Any]]:
    """The statement that inserts a row, and its values; for `link` see `_statement`.

    What is blank stands in the statement itself: each value costs time, and psycopg takes a statement with more than 50
    of them apart anew each time.
    """
    fields = _fields(type(row), link)
    values = [getattr(row, field.attname) for field in fields]
    holders = tuple("%s" if value else _BLANK.get(type(value), "%s") for value in values)
    given = ((field, value) for field, value, holder in zip(fields, values, holders, strict=True) if holder == "%s")
    return _statement(type(row), connection.vendor, holders, link), _prepared(given)


_BLANK: Final = {type(None): "NULL", str: "''", bool: "FALSE", int: "0", Decimal: "0"}
"""How SQL writes a value that is false in Python; of other types, such as JSON's lists, every value is given."""


@lru_cache
def _statement(model: type[models.Model], _vendor: str, holders: tuple[str, ...], link: str) -> str:
    """The statement for a row; or, on PostgreSQL, for one whose field `link` is the key of the one row in `first`."""
    columns = _quoted([*(field for field in _fields(model) if field.name == link), *_fields(model, link)])
    if link:
        return f"INSERT INTO {_table(model)} ({columns}) SELECT first.id, {', '.join(holders)} FROM first"  # noqa: S608
    return f"INSERT INTO {_table(model)} ({columns}) VALUES ({', '.join(holders)})"  # noqa: S608


def _prepared(values: "Iterable[tuple[models.Field[Any, Any], Any]]") -> list[Any]:
    database = connections[DEFAULT_DB_ALIAS]  # `connection` would look it up several times for each value
    return [field.get_db_prep_save(value, database) for field, value in values]


@lru_cache
def _fields(model: type[models.Model], leave_out: str = "") -> "list[models.Field[Any, Any]]":
    return [field for field in model._meta.concrete_fields if not field.primary_key and field.name != leave_out]


def _table(model: type[models.Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)


def _quoted(fields: "Iterable[models.Field[Any, Any]]", *, table: str = "") -> str:
    prefix = f"{table}." if table else ""
    return ", ".join(f"{prefix}{connection.ops.quote_name(str(field.column))}" for field in fields)
