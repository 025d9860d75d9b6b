"""What a watch can see of a shop, and its round."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.mail.backends.locmem import EmailBackend

from tests.factories import OfferFactory, PostbackFactory
from tracking.models import Attempt, Offer, Postback
from tracking.watch import letters, rounds
from tracking.watch.findings import Finding

NOW = datetime(2026, 11, 23, 15, 20, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TROUBLE = Finding("paused_host", "get.aspr.app has been failing.", 1, "get.aspr.app", NOW - HOUR)
BROKEN_BACKEND = f"{__name__}.BrokenBackend"


class BrokenBackend(EmailBackend):
    def send_messages(self, messages: Any) -> int:
        raise ConnectionRefusedError("no mail server")


def owed(**values: Any) -> Postback:
    offer = Offer.objects.first() or OfferFactory.create()
    postback: Postback = PostbackFactory.create(offer=offer, **values)
    return postback


def settled(status: str, *, ago: timedelta = HOUR, count: int = 1, **values: Any) -> None:
    verdict = {"failed": "not_sent"}.get(status, status)
    for _ in range(count):
        owed(status=status, due_at=None, settled_at=NOW - ago, verdict=verdict, **values)


def tried(postback: Postback, *, ago: timedelta) -> None:
    Attempt.objects.create(postback=postback, started_at=NOW - ago, url="https://get.aspr.app/", verdict="busy")


def has_round(now: datetime = NOW) -> int:
    rounds.look(now=now)
    return letters.tell(now=now)
