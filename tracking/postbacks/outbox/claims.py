"""Claims: a process takes due rows with a lease, committed before anything is sent."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final
from uuid import UUID, uuid4

from django.db import connection, transaction
from django.db.models import Min

from tracking.models import Offer, Postback
from tracking.postbacks.outbox import portable, postgresql
from tracking.postbacks.outbox.details import has_secret
from tracking.postbacks.outbox.kinds import KINDS, OFFER, POSTBACK, Kind
from tracking.postbacks.outbox.turns import in_turn

Status = Postback.Status

LEASE: Final = timedelta(seconds=90)


@dataclass(frozen=True, slots=True)
class Claim:
    """A row that this process may send now, with all that sending needs."""

    row_id: int
    token: UUID
    lease_expires_at: datetime
    attempts_made: int
    attempts_before_requeue: int
    order_id: str
    affiliate_id: str
    transaction_id: str
    amount: Decimal | None
    currency: str
    """Of the order."""
    offer_currency: str
    """Of the amount, as the receipt says."""
    offer: Offer
    is_in_doubt: bool = False
    is_test: bool = False
    lines: list[dict[str, Any]] = field(default_factory=list)
    """What was bought, where order details are sent."""
    kind: Kind = POSTBACK

    @property
    def postback_id(self) -> int:
        """The row, of a postback."""
        return self.row_id

    @property
    def key(self) -> tuple[str, int]:
        """What tells it from all others under way."""
        return self.kind.name, self.row_id

    @property
    def scheduled_attempt(self) -> int:
        """The number of the attempt about to be made, from 1, as the retry schedule counts."""
        return self.attempts_made - self.attempts_before_requeue + 1


@contextmanager
def one_commit() -> Iterator[None]:
    """A transaction around settling and claiming where a commit costs the most: SQLite has one writer at a time, and
    each commit of it waits for the disk. The other databases commit each statement by itself.
    """
    if connection.vendor != "sqlite":
        yield
        return
    with in_turn(), transaction.atomic():
        yield


def claim(limit: int, *, now: datetime, offers: Sequence[int] | None = None, kind: Kind = POSTBACK) -> list[Claim]:
    """Take up to `limit` due rows for this process, oldest first, and commit that before returning.

    `offers`: only rows of these offers, given by their keys. Rows that another process is claiming are skipped, not
    waited for, where the database can; on SQLite the conditional UPDATE alone decides who gets a row.
    """
    token = uuid4()
    if connection.vendor == "postgresql":
        rows = postgresql.take(kind, limit=limit, now=now, offers=offers, token=token, lease=now + LEASE)
        return [_to_claim(kind, row) for row in rows]
    has_locks = connection.features.has_select_for_update_skip_locked
    with transaction.atomic() if has_locks else nullcontext():
        return _take(kind, portable.due(kind, limit=limit, now=now, offers=offers), token, now)


def claim_test(postback: Postback, *, now: datetime) -> Claim | None:
    """Take one test's row, whoever else is at work: no drain takes tests. None if it is taken already."""
    return next(iter(_take(POSTBACK, [postback.pk], uuid4(), now)), None)


def _take(kind: Kind, ids: Sequence[int], token: UUID, now: datetime) -> list[Claim]:
    if not ids:
        return []
    rows = portable.take(kind, ids, token=token, now=now, lease=now + LEASE)
    return [_to_claim(kind, row) for row in rows]


def expired(*, now: datetime, limit: int = 100, kind: Kind = POSTBACK) -> list[Claim]:
    """Claims whose lease ran out: their process ended, or hangs, and nobody knows what it had sent.

    Their keys are found first, without the tables that a claim is made of: with them MySQL begins at the offer and
    reads all its rows, the settled ones of years among them.
    """
    rows = kind.model.objects.filter(status=Status.SENDING, lease_expires_at__lt=now).order_by("lease_expires_at")
    keys = list(rows.values_list("pk", flat=True)[:limit])
    return [_to_claim(kind, row) for row in rows.filter(pk__in=keys).values_list(*kind.columns)] if keys else []


def _to_claim(kind: Kind, row: tuple[Any, ...]) -> Claim:
    """Make a claim of values, not of models: at a thousand rows a second these would cost as much as the requests."""
    end = len(row) - len(OFFER)
    shared, own, offer = row[: end - len(kind.own)], row[end - len(kind.own) : end], _offer(*row[end:])
    if kind is POSTBACK:
        return Claim(*shared, offer, *own)  # type: ignore[call-arg]  # mypy counts each star as one more
    return Claim(*shared, offer, False, False, *own, kind)  # type: ignore[call-arg]


@lru_cache(maxsize=1000)
def _offer(*values: Any) -> Offer:
    """The offer with these values in its columns; most rows have the same."""
    return Offer(**dict(zip(OFFER, values, strict=True)))


def next_due_at() -> datetime | None:
    """When the next pending row falls due of those that can be sent."""
    kinds = KINDS if has_secret() else (POSTBACK,)
    return min(filter(None, map(_next_due_at, kinds)), default=None)


def _next_due_at(kind: Kind) -> datetime | None:
    pending = kind.model.objects.filter(kind.may_be_claimed, status=Status.PENDING, due_at__isnull=False)
    due_at: datetime | None = pending.aggregate(next=Min("due_at"))["next"]
    return due_at
