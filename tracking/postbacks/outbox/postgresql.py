"""PostgreSQL's way to claim and to settle: one round trip each, however many rows.

A thread that waits for the database also waits for its turn to run again, which costs more than the statement.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from django.db import connection

from tracking.postbacks.outbox.kinds import POSTBACK, Kind

# Placeholders are filled in by the driver, so that `status = 'pending'` is seen to match the partial index.
_DUE: Final = """
    SELECT id, due_at FROM {table}
    WHERE status = 'pending' AND due_at <= %s AND {may_be_claimed}
    ORDER BY due_at, id LIMIT %s
    FOR UPDATE SKIP LOCKED
"""

# Offer by offer, so that its index serves: with a list of offers the backlog of all others would be gone through.
_DUE_OF_OFFERS: Final = """
    SELECT oldest.id FROM unnest(%s::bigint[]) AS wanted (offer_id) CROSS JOIN LATERAL (
        SELECT id, due_at FROM {table}
        WHERE offer_id = wanted.offer_id AND status = 'pending' AND due_at <= %s AND {may_be_claimed}
        ORDER BY due_at, id LIMIT %s
        FOR UPDATE SKIP LOCKED
    ) AS oldest
    ORDER BY oldest.due_at, oldest.id LIMIT %s
"""

_TAKE: Final = """
WITH due AS MATERIALIZED ({due}), taken AS (
    UPDATE {table} SET status = 'sending', claim_token = %s, lease_expires_at = %s
    FROM due WHERE {table}.id = due.id
    RETURNING {table}.*
)
SELECT {columns} FROM taken
JOIN tracking_conversion AS conversion ON conversion.id = taken.conversion_id
JOIN tracking_offer AS offer ON offer.id = taken.offer_id
ORDER BY taken.due_at, taken.id
"""

# An order that was called off meanwhile is cancelled where it would be pending again; one that was refunded in part
# gives what is left, unless the other side may have counted the amount that was sent (as `refunding` has it).
_SETTLE: Final = """
WITH result AS (
    SELECT * FROM json_to_recordset(%s) AS _ (
        id bigint, token uuid, status text, detail text, verdict text, due_at timestamptz, settled_at timestamptz,
        tried integer, free integer, is_guess boolean, started_at timestamptz, duration_ms integer, url text,
        http_status smallint, reply text, attempt_detail text
    )
), settled AS (
    UPDATE {table} AS message SET
        status = CASE WHEN is_called_off AND result.status = 'pending' THEN 'cancelled' ELSE result.status END,
        detail = CASE WHEN is_called_off AND result.status = 'pending' THEN %s ELSE result.detail END,
        due_at = CASE WHEN is_called_off THEN NULL ELSE result.due_at END,
        settled_at = CASE WHEN is_called_off AND result.status = 'pending' THEN %s ELSE result.settled_at END,
        verdict = result.verdict,
        attempts_made = attempts_made + result.tried,
        attempts_before_requeue = attempts_before_requeue + result.free,
        {of_its_own}
        claim_token = NULL,
        lease_expires_at = NULL
    FROM result
    WHERE message.id = result.id AND message.claim_token = result.token AND message.status = 'sending'
    RETURNING result.id, result.token
), logged AS (
    INSERT INTO {attempts_table}
        ({link}, started_at, duration_ms, url, http_status, reply, verdict, detail, is_late)
    SELECT result.id, started_at, duration_ms, url, http_status, reply, verdict, attempt_detail, settled.id IS NULL
    FROM result LEFT JOIN settled ON settled.id = result.id AND settled.token = result.token
    WHERE started_at IS NOT NULL AND (settled.id IS NOT NULL OR NOT is_guess)
)
SELECT id, token FROM settled
"""

_POSTBACKS_OWN: Final = """
        amount = CASE
            WHEN result.status = 'pending' AND amount_left > 0 AND amount_left < amount
                AND NOT is_in_doubt AND result.verdict <> 'unconfirmed'
                AND NOT EXISTS (
                    SELECT 1 FROM tracking_attempt AS earlier WHERE earlier.postback_id = message.id
                    AND earlier.verdict IN ('accepted', 'duplicate', 'unconfirmed')
                )
            THEN amount_left ELSE amount
        END,
        is_in_doubt = is_in_doubt OR result.verdict = 'unconfirmed',
"""


def take(
    kind: Kind, *, limit: int, now: datetime, offers: Sequence[int] | None, token: UUID, lease: datetime
) -> list[tuple[Any, ...]]:
    """Claim rows and return the columns that a claim of this kind is made of."""
    values: list[Any] = [now, limit] if offers is None else [list(offers), now, limit, limit]
    with connection.cursor() as cursor:
        cursor.execute(_take(kind, of_offers=offers is not None), [*values, token, lease])
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    read_json = [place for place, name in enumerate(kind.columns) if name == "lines"]
    return [_with_json_read(row, read_json) for row in rows] if read_json else rows


def settle(kind: Kind, results: list[dict[str, Any]], *, called_off: str, now: datetime) -> set[tuple[int, UUID]]:
    """Write results down behind their fences and log their attempts; returns those whose claims held."""
    with connection.cursor() as cursor:
        cursor.execute(_settle(kind), [json.dumps(results, default=str), called_off, now])
        return set(cursor.fetchall())


@lru_cache
def _take(kind: Kind, *, of_offers: bool) -> str:
    columns = ", ".join(name.replace("__", ".") if "__" in name else f"taken.{name}" for name in kind.columns)
    may_be_claimed = "NOT is_test AND NOT is_called_off" if kind.has_tests else "NOT is_called_off"
    due = (_DUE_OF_OFFERS if of_offers else _DUE).format(table=kind.table, may_be_claimed=may_be_claimed)
    return _TAKE.format(due=due, columns=columns, table=kind.table)


@lru_cache
def _settle(kind: Kind) -> str:
    return _SETTLE.format(
        table=kind.table,
        attempts_table=kind.attempts_table,
        link=kind.link,
        of_its_own=_POSTBACKS_OWN if kind is POSTBACK else "",
    )


def _with_json_read(row: tuple[Any, ...], places: Sequence[int]) -> tuple[Any, ...]:
    """Django's connections hand JSON over as text."""
    values = list(row)
    for place in places:
        values[place] = json.loads(values[place]) if isinstance(values[place], str) else values[place]
    return tuple(values)
