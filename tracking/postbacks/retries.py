"""What follows from a judgement: the postback's next state, and when it is tried again. Plain rules."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

from tracking.postbacks.verdicts import Judgement, Verdict

# Standard Webhooks' table: 10 attempts over 75 hours.
SCHEDULE: Final = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600)
)
JITTER: Final = 0.2  # of the delay, either way
LONGEST_RETRY_AFTER: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Next:
    """Where a postback goes from here. `due_at` is set when it goes back to pending."""

    status: str
    detail: str
    due_at: datetime | None = None


def decide_next(
    judgement: Judgement,
    *,
    attempt: int,
    now: datetime,
    deduplicates: bool,
    is_repeat: bool,
    may_retry: bool = True,
    chance: float | None = None,
) -> Next:
    """Decide the next state after attempt number `attempt` (from 1) of a postback.

    `deduplicates`: the offer says that Aspire drops repeated order ids. `is_repeat`: an earlier attempt of this
    postback may have been counted, so that "duplicate" means ours. `may_retry` is False for tests, which are tried
    once. `chance` in 0..1 sets the jitter; None draws it.
    """
    verdict = judgement.verdict
    if verdict is Verdict.ACCEPTED:
        return Next("accepted", "")
    if verdict is Verdict.DUPLICATE:
        if is_repeat:
            return Next("accepted", f"Aspire had it from an earlier attempt: {judgement.detail}")
        return Next("rejected", judgement.detail)
    if verdict is Verdict.REJECTED:
        return Next("rejected", judgement.detail)
    if verdict is Verdict.FAILED:
        return Next("failed", judgement.detail)
    is_safe_to_repeat = deduplicates or verdict is not Verdict.UNCONFIRMED
    if not is_safe_to_repeat:
        return Next("unconfirmed", judgement.detail)
    if may_retry and attempt <= len(SCHEDULE):
        due_at = now + delay_after(judgement, attempt=attempt, chance=chance)
        return Next("pending", judgement.detail, due_at)
    if verdict is Verdict.UNCONFIRMED:
        return Next("unconfirmed", judgement.detail)
    if not may_retry:
        return Next("failed", judgement.detail)
    return Next("failed", f"{judgement.detail} (given up after {attempt} attempt{'s' if attempt > 1 else ''})")


def in_doubt(following: Next) -> Next:
    """What "failed" really means for a postback of which an earlier attempt may have been counted."""
    return Next("unconfirmed", f"{following.detail}; but an earlier attempt may have been counted")


def delay_after(judgement: Judgement, *, attempt: int, chance: float | None = None) -> timedelta:
    """How long to wait after attempt number `attempt`: the schedule with jitter, or what Aspire asked for if longer."""
    spread = 2 * (random.random() if chance is None else chance) - 1  # noqa: S311 - jitter is no secret
    delay = SCHEDULE[attempt - 1] * (1 + JITTER * spread)
    return max(delay, min(judgement.retry_after, LONGEST_RETRY_AFTER))


def read_retry_after(value: str, now: datetime) -> timedelta | None:
    """Read the header `Retry-After`: whole seconds or an HTTP date. None for anything else, or a time gone by."""
    value = value.strip()
    if value.isascii() and value.isdigit():
        return min(timedelta(seconds=int(value[:9])), LONGEST_RETRY_AFTER)
    try:
        moment = parsedate_to_datetime(value)
    except (TypeError, ValueError, OverflowError):  # the last for a time zone of 10**20 hours
        return None
    if moment.tzinfo is None:
        return None
    return max(moment - now, timedelta(0)) or None
