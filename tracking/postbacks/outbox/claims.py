"""Claims: a process takes due rows with a lease, committed before anything is sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID, uuid4

from django.db import connection, transaction
from django.db.models import Min, QuerySet

from tracking.models import Offer, Postback

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
    offer: Offer
    is_in_doubt: bool
    is_test: bool

    @property
    def scheduled_attempt(self) -> int:
        """The number of the attempt about to be made, from 1, as the retry schedule counts."""
        return self.attempts_made - self.attempts_before_requeue + 1


def claim(limit: int, *, now: datetime) -> list[Claim]:
    """Take up to `limit` due rows for this process, oldest first, and commit that before returning.

    Where the database can, rows that another process is claiming are skipped, not waited for. SQLite cannot: there
    the conditional UPDATE alone decides who gets a row.
    """
    due = Postback.objects.filter(status=Status.PENDING, due_at__lte=now, is_test=False, is_called_off=False).order_by(
        "due_at", "id"
    )
    if not connection.features.has_select_for_update_skip_locked:
        return _take(list(due.values_list("id", flat=True)[:limit]), now)
    with transaction.atomic():
        ids = list(due.select_for_update(skip_locked=True).values_list("id", flat=True)[:limit])
        return _take(ids, now)


def claim_test(postback: Postback, *, now: datetime) -> Claim | None:
    """Take one test's row, whoever else is at work: no drain takes tests. None if it is taken already."""
    return next(iter(_take([postback.pk], now)), None)


def _take(ids: Sequence[int], now: datetime) -> list[Claim]:
    if not ids:
        return []
    token = uuid4()
    Postback.objects.filter(id__in=ids, status=Status.PENDING, due_at__lte=now, is_called_off=False).update(
        status=Status.SENDING, claim_token=token, lease_expires_at=now + LEASE
    )
    taken = Postback.objects.filter(id__in=ids, claim_token=token).order_by("due_at", "id")
    return _to_claims(taken)


def expired(*, now: datetime, limit: int = 100) -> list[Claim]:
    """Claims whose lease ran out: their process ended, or hangs, and nobody knows what it had sent."""
    rows = Postback.objects.filter(status=Status.SENDING, lease_expires_at__lt=now).order_by("lease_expires_at")
    return _to_claims(rows[:limit])


def _to_claims(rows: QuerySet[Postback]) -> list[Claim]:
    return [
        Claim(
            postback_id=row.pk,
            token=row.claim_token,
            lease_expires_at=row.lease_expires_at,
            attempts_made=row.attempts_made,
            attempts_before_requeue=row.attempts_before_requeue,
            order_id=row.conversion.order_id,
            affiliate_id=row.conversion.affiliate_id,
            transaction_id=row.conversion.transaction_id,
            amount=row.amount,
            currency=row.conversion.currency,
            offer=row.offer,
            is_in_doubt=row.is_in_doubt,
            is_test=row.is_test,
        )
        for row in rows.select_related("conversion", "offer")
        if row.claim_token and row.lease_expires_at
    ]


def next_due_at() -> datetime | None:
    """When the next pending row falls due."""
    pending = Postback.objects.filter(status=Status.PENDING, due_at__isnull=False, is_test=False)
    due_at: datetime | None = pending.aggregate(next=Min("due_at"))["next"]
    return due_at
