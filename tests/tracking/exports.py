"""Aspire's export, and the log to compare it with, in the words of the domain."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.utils import timezone

from tests.factories import PostbackFactory
from tracking.models import Attempt, Offer, Postback

HEADER = "Date,Offer ID,Affiliate ID,Advertiser Unique 1,Sale Amount,Status"
NOW = timezone.now().replace(microsecond=0)


def ago(*, days: float = 0, hours: float = 0) -> datetime:
    return NOW - timedelta(days=days, hours=hours)


def sent(offer: Offer, order_id: str, *, at: datetime, status: str = "accepted", **values: Any) -> Postback:
    """A postback that was sent then, with its attempt."""
    found: Postback = PostbackFactory(
        offer=offer,
        conversion__order_id=order_id,
        status=status,
        created_at=at,
        settled_at=at + timedelta(seconds=2),
        due_at=None,
        attempts_made=1,
        **values,
    )
    Attempt.objects.create(postback=found, started_at=at, url="https://x/", verdict="unconfirmed")
    return found


def listed(
    order_id: str,
    *,
    at: datetime | str,
    amount: Decimal | str = "49.99",
    status: str = "approved",
    affiliate: str = "77",
    offer: str = "12345",
) -> str:
    """A row of the export."""
    when = at if isinstance(at, str) else at.isoformat()
    return f"{when},{offer},{affiliate},{order_id},{amount},{status}"


def write(path: Path, rows: Iterable[str], *, header: str = HEADER) -> Path:
    path.write_text("".join(f"{row}\r\n" for row in [header, *rows]), encoding="utf-8", newline="")
    return path
