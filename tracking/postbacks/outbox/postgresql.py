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

# Placeholders are filled in by the driver, so that `status = 'pending'` is seen to match the partial index.
_DUE: Final = """
    SELECT id, due_at FROM tracking_postback
    WHERE status = 'pending' AND due_at <= %s AND NOT is_test AND NOT is_called_off
    ORDER BY due_at, id LIMIT %s
    FOR UPDATE SKIP LOCKED
"""

# Offer by offer, so that its index serves: with a list of offers the backlog of all others would be gone through.
_DUE_OF_OFFERS: Final = """
    SELECT oldest.id FROM unnest(%s::bigint[]) AS wanted (offer_id) CROSS JOIN LATERAL (
        SELECT id, due_at FROM tracking_postback
        WHERE offer_id = wanted.offer_id AND status = 'pending' AND due_at <= %s AND NOT is_test AND NOT is_called_off
        ORDER BY due_at, id LIMIT %s
        FOR UPDATE SKIP LOCKED
    ) AS oldest
    ORDER BY oldest.due_at, oldest.id LIMIT %s
"""

_TAKE: Final = """
WITH due AS MATERIALIZED ({due}), taken AS (
    UPDATE tracking_postback SET status = 'sending', claim_token = %s, lease_expires_at = %s
    FROM due WHERE tracking_postback.id = due.id
    RETURNING tracking_postback.*
)
SELECT {columns} FROM taken
JOIN tracking_conversion AS conversion ON conversion.id = taken.conversion_id
JOIN tracking_offer AS offer ON offer.id = taken.offer_id
ORDER BY taken.due_at, taken.id
"""

# An order that was called off meanwhile is cancelled where it would be pending again.
_SETTLE: Final = """
WITH result AS (
    SELECT * FROM json_to_recordset(%s) AS _ (
        id bigint, token uuid, status text, detail text, verdict text, due_at timestamptz, settled_at timestamptz,
        tried integer, free integer, is_guess boolean, started_at timestamptz, duration_ms integer, url text,
        http_status smallint, reply text, attempt_detail text
    )
), settled AS (
    UPDATE tracking_postback AS postback SET
        status = CASE WHEN is_called_off AND result.status = 'pending' THEN 'cancelled' ELSE result.status END,
        detail = CASE WHEN is_called_off AND result.status = 'pending' THEN %s ELSE result.detail END,
        due_at = CASE WHEN is_called_off THEN NULL ELSE result.due_at END,
        settled_at = CASE WHEN is_called_off AND result.status = 'pending' THEN %s ELSE result.settled_at END,
        verdict = result.verdict,
        attempts_made = attempts_made + result.tried,
        attempts_before_requeue = attempts_before_requeue + result.free,
        is_in_doubt = is_in_doubt OR result.verdict = 'unconfirmed',
        claim_token = NULL,
        lease_expires_at = NULL
    FROM result
    WHERE postback.id = result.id AND postback.claim_token = result.token AND postback.status = 'sending'
    RETURNING result.id, result.token
), logged AS (
    INSERT INTO tracking_attempt
        (postback_id, started_at, duration_ms, url, http_status, reply, verdict, detail, is_late)
    SELECT result.id, started_at, duration_ms, url, http_status, reply, verdict, attempt_detail, settled.id IS NULL
    FROM result LEFT JOIN settled ON settled.id = result.id AND settled.token = result.token
    WHERE started_at IS NOT NULL AND (settled.id IS NOT NULL OR NOT is_guess)
)
SELECT id, token FROM settled
"""


def take(
    columns: tuple[str, ...], *, limit: int, now: datetime, offers: Sequence[int] | None, token: UUID, lease: datetime
) -> list[tuple[Any, ...]]:
    """Claim rows and return `columns` of them, named as the ORM names them."""
    values: list[Any]
    due, values = (_DUE, [now, limit]) if offers is None else (_DUE_OF_OFFERS, [list(offers), now, limit, limit])
    statement = _TAKE.format(due=due, columns=_select(columns))
    with connection.cursor() as cursor:
        cursor.execute(statement, [*values, token, lease])
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def settle(results: list[dict[str, Any]], *, called_off: str, now: datetime) -> set[tuple[int, UUID]]:
    """Write results down behind their fences and log their attempts; returns those whose claims held."""
    with connection.cursor() as cursor:
        cursor.execute(_SETTLE, [json.dumps(results, default=str), called_off, now])
        return set(cursor.fetchall())


@lru_cache
def _select(columns: tuple[str, ...]) -> str:
    return ", ".join(name.replace("__", ".") if "__" in name else f"taken.{name}" for name in columns)
