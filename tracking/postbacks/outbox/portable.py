"""The way to claim on SQLite, MySQL and MariaDB: three statements that are written once, not built for each claim.

The state stands in them as it is, so that SQLite sees that they match its partial indexes.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from django.db import connection

from tracking.models import Conversion, Offer
from tracking.postbacks.outbox.kinds import Kind

_DUE: Final = (
    "SELECT id, due_at FROM {table} {hint} "
    "WHERE {of_offer}status = 'pending' AND due_at <= %s AND {may_be_claimed} ORDER BY due_at, id LIMIT {limit}"
)
_TAKE: Final = (
    "UPDATE {table} SET status = 'sending', claim_token = %s, lease_expires_at = %s "
    "WHERE id IN ({ids}) AND status = 'pending' AND due_at <= %s AND NOT is_called_off"
)
_READ: Final = (
    "SELECT {columns} FROM {table} AS message "
    "INNER JOIN {conversions} AS conversion ON conversion.id = message.conversion_id "
    "INNER JOIN {offers} AS offer ON offer.id = message.offer_id "
    "WHERE message.id IN ({ids}) AND message.claim_token = %s ORDER BY message.due_at, message.id"
)


def due(kind: Kind, *, limit: int, now: datetime, offers: Sequence[int] | None) -> list[int]:
    """The keys of up to `limit` due rows, oldest first; locked where the database can."""
    moment = connection.ops.adapt_datetimefield_value(now)
    values: list[Any] = [moment] if offers is None else [part for key in offers for part in (key, moment)]
    if offers is not None and connection.vendor != "sqlite":
        values = [*offers, moment]
    with connection.cursor() as cursor:
        cursor.execute(_due(kind, connection.vendor, limit, None if offers is None else len(offers)), values)
        return [key for key, _due_at in cursor.fetchall()]


def take(kind: Kind, ids: Sequence[int], *, token: UUID, now: datetime, lease: datetime) -> list[tuple[Any, ...]]:
    """Claim those of the rows that are still free, and return the columns that a claim is made of."""
    to_time = connection.ops.adapt_datetimefield_value
    fence = kind.model._meta.get_field("claim_token").get_db_prep_value(token, connection)
    marks = ", ".join(["%s"] * len(ids))
    statement, converters = _read(kind, connection.vendor)
    with connection.cursor() as cursor:
        cursor.execute(_TAKE.format(table=kind.table, ids=marks), [fence, to_time(lease), *ids, to_time(now)])
        if not cursor.rowcount:
            return []
        cursor.execute(statement.replace("{ids}", marks), [*ids, fence])
        found = cursor.fetchall()
    rows = []
    for row in found:
        values = list(row)
        for place, convert, column in converters:
            values[place] = convert(values[place], column, connection)
        rows.append(tuple(values))
    return rows


@lru_cache
def _due(kind: Kind, vendor: str, limit: int, offers: int | None) -> str:
    may_be_claimed = "NOT is_test AND NOT is_called_off" if kind.has_tests else "NOT is_called_off"
    parts = {"table": kind.table, "may_be_claimed": may_be_claimed, "limit": limit}
    if vendor != "sqlite":
        # MySQL has no partial indexes, and of those it has it may take the one that ends in sorting all that is due.
        of_offers = "" if offers is None else f"offer_id IN ({', '.join(['%s'] * offers)}) AND "
        found = _DUE.format(**parts, hint=f"FORCE INDEX ({kind.index}_status)", of_offer=of_offers)
        return f"{found} FOR UPDATE SKIP LOCKED" if connection.features.has_select_for_update_skip_locked else found
    if offers is None:
        return _DUE.format(**parts, hint=f"INDEXED BY {kind.index}_due", of_offer="")
    # Offer by offer, so that its index serves: with a list of offers the backlog of all others would be gone through.
    found = _DUE.format(**parts, hint=f"INDEXED BY {kind.index}_offer_due", of_offer="offer_id = %s AND ")
    if offers == 1:
        return found
    each = " UNION ALL ".join([f"SELECT * FROM ({found})"] * offers)  # noqa: S608 - nothing in it is from outside
    return f"SELECT id, due_at FROM ({each}) ORDER BY due_at, id LIMIT {limit}"  # noqa: S608


@lru_cache
def _read(kind: Kind, _vendor: str) -> tuple[str, list[Any]]:
    """The statement that reads claims, and how the database's values in each place become Python's."""
    quote = connection.ops.quote_name
    owners = {"conversion": Conversion, "offer": Offer}
    names, converters = [], []
    for place, path in enumerate(kind.columns):
        owner, _, name = path.rpartition("__")
        field = owners.get(owner, kind.model)._meta.get_field(name)
        names.append(f"{owner or 'message'}.{quote(field.column)}")
        column = field.get_col(owner or "message")
        converters += [
            (place, convert, column)
            for convert in (*connection.ops.get_db_converters(column), *column.get_db_converters(connection))
        ]
    statement = _READ.format(
        columns=", ".join(names),
        table=kind.table,
        conversions=Conversion._meta.db_table,
        offers=Offer._meta.db_table,
        ids="{ids}",
    )
    return statement, converters
