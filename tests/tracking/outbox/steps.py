"""What is done to the rows of the outbox, at a fixed time."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import PostbackFactory
from tracking.models import Attempt, Offer, Postback
from tracking.postbacks import outbox
from tracking.postbacks.outbox import Claim, Settlement
from tracking.postbacks.retries import Next
from tracking.postbacks.verdicts import Verdict

Status = Postback.Status
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def due(offer: Offer, minutes_ago: float = 1, **values: object) -> Postback:
    return PostbackFactory(offer=offer, due_at=NOW - timedelta(minutes=minutes_ago), **values)


def claimed(offer: Offer, *, now: datetime = NOW, **values: object) -> Claim:
    """A row that this process has claimed."""
    row = due(offer, **values)
    return next(claim for claim in outbox.claim(100, now=now) if claim.postback_id == row.pk)


def attempt_of(claim: Claim, verdict: Verdict = Verdict.ACCEPTED) -> Attempt:
    return Attempt(postback_id=claim.postback_id, started_at=NOW, url="https://get.aspr.app/", verdict=verdict)


def settled_as(claim: Claim, status: str, verdict: Verdict = Verdict.ACCEPTED, *, was_tried: bool = True) -> Settlement:
    due_at = NOW + timedelta(minutes=5) if status == "pending" else None
    return Settlement(claim, Next(status, "words", due_at), verdict, attempt_of(claim, verdict) if was_tried else None)


@contextmanager
def statements() -> Iterator[list[str]]:
    """The statements run in the block, those of transactions apart."""
    found: list[str] = []
    with CaptureQueriesContext(connection) as captured:
        yield found
    words = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "ROLLBACK")
    found += [query["sql"] for query in captured if not query["sql"].startswith(words)]
