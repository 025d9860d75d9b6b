"""Claims: a process takes due rows with a lease, committed before anything is sent."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final
from uuid import UUID, uuid4

from django.db import connection, transaction
from django.db.models import Min, QuerySet

from tracking.models import Offer, Postback
from tracking.postbacks.outbox import postgresql

Status = Postback.Status

LEASE: Final = timedelta(seconds=90)


@dataclass(frozen=True, slots=True)
class Claim:
    """A row that this process may send now, with all that sending needs."""

    postback_id: int
    token: UUID
    lease_expires_at: datetime
    attempts_made: int
    attempts_before_requeue: int
    order_id: str
    affiliate_id: str
    transaction_id: str
    amount: Decimal | None
    currency: str
    """Of the order, and so of the amount."""
    is_in_doubt: bool
    is_test: bool
    offer: Offer

    @property
    def scheduled_attempt(self) -> int:
        """The number of the attempt about to be made, from 1, as the retry schedule counts."""
        return self.attempts_made - self.attempts_before_requeue + 1


def one_commit() -> AbstractContextManager[None]:
    """A transaction around settling and claiming where a commit costs the most: SQLite has one writer at a time, and
    each commit of it waits for the disk. The other databases commit each statement by itself.
    """
    return transaction.atomic() if connection.vendor == "sqlite" else nullcontext()


def claim(limit: int, *, now: datetime, offers: Sequence[int] | None = None) -> list[Claim]:
    """Take up to `limit` due rows for this process, oldest first, and commit that before returning.

    `offers`: only rows of these offers, given by their keys. Rows that another process is claiming are skipped, not
    waited for, where the database can; on SQLite the conditional UPDATE alone decides who gets a row.
    """
    token = uuid4()
    if connection.vendor == "postgresql":
        rows = postgresql.take(_COLUMNS, limit=limit, now=now, offers=offers, token=token, lease=now + LEASE)
        return [_to_claim(row) for row in rows]
    due = Postback.objects.filter(status=Status.PENDING, due_at__lte=now, is_test=False, is_called_off=False)
    if offers is not None:
        due = due.filter(offer_id__in=offers)
    due = due.order_by("due_at", "id")
    if not connection.features.has_select_for_update_skip_locked:
        return _take(list(due.values_list("id", flat=True)[:limit]), token, now)
    with transaction.atomic():
        return _take(list(due.select_for_update(skip_locked=True).values_list("id", flat=True)[:limit]), token, now)


def claim_test(postback: Postback, *, now: datetime) -> Claim | None:
    """Take one test's row, whoever else is at work: no drain takes tests. None if it is taken already."""
    return next(iter(_take([postback.pk], uuid4(), now)), None)


def _take(ids: Sequence[int], token: UUID, now: datetime) -> list[Claim]:
    if not ids:
        return []
    free = Postback.objects.filter(id__in=ids, status=Status.PENDING, due_at__lte=now, is_called_off=False)
    free.update(status=Status.SENDING, claim_token=token, lease_expires_at=now + LEASE)
    return _to_claims(Postback.objects.filter(id__in=ids, claim_token=token).order_by("due_at", "id"))


def expired(*, now: datetime, limit: int = 100) -> list[Claim]:
    """Claims whose lease ran out: their process ended, or hangs, and nobody knows what it had sent."""
    rows = Postback.objects.filter(status=Status.SENDING, lease_expires_at__lt=now).order_by("lease_expires_at")
    return _to_claims(rows[:limit])


_OWN: Final = (
    "id",
    "claim_token",
    "lease_expires_at",
    "attempts_made",
    "attempts_before_requeue",
    "conversion__order_id",
    "conversion__affiliate_id",
    "conversion__transaction_id",
    "amount",
    "conversion__currency",
    "is_in_doubt",
    "is_test",
)
_OFFER: Final = tuple(field.attname for field in Offer._meta.concrete_fields)


_COLUMNS: Final = (*_OWN, *(f"offer__{name}" for name in _OFFER))


def _to_claims(rows: QuerySet[Postback]) -> list[Claim]:
    return [_to_claim(row) for row in rows.values_list(*_COLUMNS)]


def _to_claim(row: tuple[Any, ...]) -> Claim:
    """Make a claim of values, not of models: at a thousand rows a second these would cost as much as the requests."""
    own, offer = row[: len(_OWN)], row[len(_OWN) :]
    return Claim(*own, _offer(*offer))  # type: ignore[call-arg]  # mypy counts the star as one more


@lru_cache(maxsize=1000)
def _offer(*values: Any) -> Offer:
    """The offer with these values in its columns; most rows have the same."""
    return Offer(**dict(zip(_OFFER, values, strict=True)))


def next_due_at() -> datetime | None:
    """When the next pending row falls due."""
    pending = Postback.objects.filter(status=Status.PENDING, due_at__isnull=False, is_test=False)
    due_at: datetime | None = pending.aggregate(next=Min("due_at"))["next"]
    return due_at
