"""What is expected of the outbox's rows, whatever happens to them, and an Aspire that answers as told.

The model knows what really reached Aspire, which no row can know.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.utils import timezone

from tracking.postbacks.retries import SCHEDULE
from tracking.postbacks.verdicts import NoReply, Reply

MAY_CHANGE: Final = {
    ("pending", "sending"),
    ("sending", "accepted"),
    ("sending", "rejected"),
    ("sending", "unconfirmed"),
    ("sending", "failed"),
    ("sending", "pending"),
    ("pending", "cancelled"),
    ("sending", "cancelled"),  # by way of pending, in one commit: it was called off meanwhile
    # What a person decides:
    *((state, decided) for state in ("rejected", "unconfirmed", "failed") for decided in ("pending", "accepted")),
    # A row is claimed and settled in one event, perhaps more than once:
    *(("pending", state) for state in ("accepted", "rejected", "unconfirmed", "failed")),
}
YES: Final = Reply(200, "success=true;")
DUPLICATE: Final = Reply(200, "success=false; err_msg=Duplicate conversion;")
ANSWERS: Final = {
    "yes": YES,
    "no": Reply(200, "success=false; err_msg=No such partner;"),
    "duplicate": DUPLICATE,
    "a server error": Reply(500, ""),
    "a redirect": Reply(302, ""),
    "no verdict": Reply(200, "<html>"),
    "no answer": NoReply("no answer within 15 s", was_sent=True),
    "refused": NoReply("refused", was_sent=False),
    "busy": Reply(503, ""),
    "too many": Reply(429, "", retry_after=timedelta(hours=1)),
    "not found": Reply(404, ""),
}
UNKNOWN: Final = {"a server error", "a redirect", "no verdict", "no answer"}
ASKS_TO_REPEAT: Final = {"busy", "too many"}


@dataclass
class Model:
    """What is expected of one row."""

    status: str = "pending"
    due_at: datetime | None = None
    holder: UUID | None = None
    lease_expires_at: datetime | None = None
    attempts: int = 0
    tries_left: int = 1 + len(SCHEDULE)
    is_called_off: bool = False
    in_doubt: bool = False
    """Since a person last decided, something was sent of which nobody knows the end."""
    log: set[str] = field(default_factory=set)
    """The answers to the attempts that count."""

    @property
    def may_have_been_counted(self) -> bool:
        return bool(self.log & (UNKNOWN | ASKS_TO_REPEAT | {"yes", "swept"}))

    def leave(self, status: str, *, due_at: datetime | None = None) -> None:
        """Come out of `sending`; an order that was called off is not pending again."""
        is_over = status == "pending" and self.is_called_off
        self.status = "cancelled" if is_over else status
        self.due_at = due_at if self.status == "pending" else None
        self.holder = self.lease_expires_at = None


class Aspire:
    """Stands where the transport does: answers as told, and sees each request that leaves."""

    def __init__(self, answer: str) -> None:
        self._answer = answer
        self.was_asked = False

    def get(self, url: str, *, send_before: datetime, **_options: Any) -> Reply | NoReply:
        if timezone.now() > send_before:
            return NoReply("not sent: the lease was about to expire", was_sent=False)
        self.was_asked = self._answer != "refused"
        return ANSWERS[self._answer]
