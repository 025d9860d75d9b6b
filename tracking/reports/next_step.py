"""What happens next to an order, by itself, and when. Plain rules."""

from datetime import datetime, timedelta
from typing import Final

from tracking.reports.wording import clock, span

# A drain looks at least once a minute; what is due for longer has nobody who sends it.
OVERDUE_AFTER: Final = timedelta(minutes=2)

_AT_REST = {
    "accepted": "Nothing: Aspire has counted it.",
    "cancelled": "Nothing: it was cancelled and is not sent.",
    "rejected": "Nothing by itself: it needs a person.",
    "unconfirmed": "Nothing by itself: it needs a person, because sending it again could pay the creator twice.",
    "failed": "Nothing by itself: it needs a person.",
}

_UNREPORTED = {
    # It was owed a postback from the moment it was recorded: only prune_postbacks takes one away.
    "credited": "Nothing: its postback was accepted or cancelled long ago, and prune_postbacks has deleted it.",
    "unknown_offer": (
        "Nothing by itself: it is not reported. Set the offer up, or let it take orders again; then “Decide anew” in "
        "the admin, or `manage.py requeue_postbacks --status unknown_offer` decides on it anew."
    ),
}


def after_outcome(outcome: str) -> str:
    """What happens next to an order that no postback is owed for."""
    return _UNREPORTED.get(outcome, "Nothing: it is not reported to Aspire.")


def after_status(
    status: str,
    *,
    now: datetime,
    due_at: datetime | None,
    lease_expires_at: datetime | None,
    attempts_made: int,
    deduplicates: bool,
    is_test: bool,
) -> str:
    """What happens next to a postback. `deduplicates` is its offer's word that a repeat does no harm."""
    if status == "sending":
        return _while_sending(now=now, lease_expires_at=lease_expires_at, deduplicates=deduplicates)
    if is_test and status != "accepted":
        return "Nothing: a test is sent once, by the command that made it."
    if status == "pending":
        return _while_pending(now=now, due_at=due_at, again=attempts_made > 0)
    return _AT_REST[status]


def _while_pending(*, now: datetime, due_at: datetime | None, again: bool) -> str:
    sent = "Sent again" if again else "Sent"
    if due_at is None:
        return "Nothing until a person mends what it waits for and sends it."
    if due_at > now:
        return f"{sent} at {clock(due_at, now=now)}, in {span(due_at - now)}."
    if now - due_at < OVERDUE_AFTER:
        return f"{sent} at any moment: it is due."
    return (
        f"Overdue since {clock(due_at, now=now)}, for {span(now - due_at)}: see that something delivers "
        "(manage.py deliver_postbacks, with --once from cron; the engine thread wakes with the next order)."
    )


def _while_sending(*, now: datetime, lease_expires_at: datetime | None, deduplicates: bool) -> str:
    settled = "it is sent again" if deduplicates else "it becomes unconfirmed"
    if lease_expires_at is not None and lease_expires_at < now:
        return f"Its process has ended, or hangs. The next delivery finds that out, and {settled}."
    until = f" at {clock(lease_expires_at, now=now)}" if lease_expires_at else ""
    return f"It is being sent now. If no answer is written down, {settled}{until}."
