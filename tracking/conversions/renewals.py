"""Which renewals of a subscription its affiliate earns. Plain rules."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewal:
    """A renewal, and what is known of its subscription."""

    subscription_id: str
    first_order_id: str
    first_outcome: str
    started_at: datetime
    """When the first order was completed."""
    earned_before: int
    """Renewals of it that were credited before this one."""
    stopped: str = ""
    """Why the subscription earns nothing any more; empty while it does."""


@dataclass(frozen=True, slots=True)
class Policy:
    """An offer's terms for renewals: "none", "first" (so many), "months" (for so many) or "forever"."""

    kind: str
    limit: int | None = None


FOREVER: Final = Policy("forever")


def why_not(policy: Policy, renewal: Renewal, *, offer: str, moment: datetime) -> str:
    """Why a renewal that completes at `moment` earns nothing; empty if it does."""
    if renewal.stopped:
        return f"The subscription {renewal.subscription_id} earns nothing any more: {renewal.stopped}"
    if policy.kind == "none":
        return f"{offer} pays for the first order of a subscription alone."
    if policy.kind == "first" and policy.limit is not None and renewal.earned_before >= policy.limit:
        return f"{offer} pays for the first {_count(policy.limit, 'renewal')}; as many were credited before this one."
    if policy.kind == "months" and policy.limit is not None:
        last = add_months(renewal.started_at.date(), policy.limit)
        # By the day: a charge that comes some minutes later in the day than the first one is not past its time.
        if moment.astimezone(renewal.started_at.tzinfo).date() > last:
            return f"{offer} pays for renewals for {_count(policy.limit, 'month')}, which ended on {last}."
    return ""


def add_months(day: date, months: int) -> date:
    """The same day of a later month, or its last day where it has no such day."""
    year, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + year, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
