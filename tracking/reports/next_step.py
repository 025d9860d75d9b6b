"""What happens next to an order, by itself, and when. Plain rules."""

from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Pause:
    """Nothing is sent to a host until then."""

    host: str
    until: datetime
    reason: str
    is_broken: bool
    """It failed; False: it asked for it."""

    def holds(self, due_at: datetime, *, now: datetime) -> bool:
        """Tell whether what is due then has to wait for more than its time."""
        return self.until > max(due_at, now) or (self.is_broken and due_at <= now)


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
    held_until: datetime | None = None,
    waits_for_rate: bool = False,
    pause: Pause | None = None,
) -> str:
    """What happens next to a postback.

    `held_until` is the end of its offer's hold, `deduplicates` the offer's word that a repeat does no harm, `pause`
    that of the host it goes to.
    """
    if status == "sending":
        return _while_sending(now=now, lease_expires_at=lease_expires_at, deduplicates=deduplicates)
    if is_test and status != "accepted":
        return "Nothing: a test is sent once, by the command that made it."
    if status == "pending" and due_at and held_until and held_until > now:
        return (
            f"Held until {clock(held_until, now=now)}, for {span(held_until - now)} more: then it is sent, unless the "
            "order is cancelled or refunded before."
        )
    if status == "pending" and pause and due_at and pause.holds(due_at, now=now):
        return _while_paused(pause, now=now, again=attempts_made > 0)
    if status == "pending" and due_at is None and waits_for_rate:
        return "Sent by itself as soon as there is an exchange rate for it; every delivery looks."
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


def _while_paused(pause: Pause, *, now: datetime, again: bool) -> str:
    sent = "sent again" if again else "sent"
    until = clock(pause.until, now=now)
    if not pause.is_broken:
        return f"{pause.host} asked to be left alone until {until} ({pause.reason}). Then it is {sent}."
    when = f"nothing goes there until {until}, then" if pause.until > now else "with the next delivery"
    return (
        f"{pause.host} failed again and again ({pause.reason}): {when} a single postback tries it. As soon as the host "
        f"answers this one is {sent}; waiting uses up none of its tries."
    )


def _while_sending(*, now: datetime, lease_expires_at: datetime | None, deduplicates: bool) -> str:
    settled = "it is sent again" if deduplicates else "it becomes unconfirmed"
    if lease_expires_at is not None and lease_expires_at < now:
        return f"Its process has ended, or hangs. The next delivery finds that out, and {settled}."
    until = f" at {clock(lease_expires_at, now=now)}" if lease_expires_at else ""
    return f"It is being sent now. If no answer is written down, {settled}{until}."
