"""Findings: what is wrong at one moment, and the facts and limits that say so. Plain values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from tracking.models.alerts import KEY_LENGTH

ORDER_DETAILS: Final = "order details"  # the subject of an alert about them


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong now; `level` says how bad, from 1, in steps that are each worth another mail."""

    kind: str
    what: str
    level: int = 1
    subject: str = ""
    since: datetime | None = None

    @property
    def key(self) -> str:
        """The same for the same trouble. A long one ends in a hash instead, and stays another than all others."""
        whole = f"{self.kind}:{self.subject}"
        if len(whole) <= KEY_LENGTH:
            return whole
        ending = f"~{sha256(whole.encode()).hexdigest()}"
        return whole[: KEY_LENGTH - len(ending)] + ending


@dataclass(frozen=True, slots=True)
class Group:
    """Some orders alike: how many, since when, and why in the words of the latest."""

    number: int
    since: datetime
    why: str = ""
    is_capped: bool = False
    """There are more than were counted."""


@dataclass(frozen=True, slots=True)
class Unaccepted:
    """The oldest order that was tried since the last acceptance in vain, or that is due and was not."""

    order_id: str
    ready_at: datetime


@dataclass(frozen=True, slots=True)
class Settled:
    """How many postbacks came to an end in a time, and how many of them were accepted."""

    accepted: int = 0
    others: int = 0

    @property
    def total(self) -> int:
        return self.accepted + self.others

    @property
    def rate(self) -> float:
        """The share that was accepted, from 0 to 1. Only where there are some."""
        return self.accepted / self.total


@dataclass(frozen=True, slots=True)
class BrokenHost:
    """A host that failed again and again, and is probed since."""

    name: str
    since: datetime
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the database says at one moment."""

    for_a_person: Mapping[str, Group] = field(default_factory=dict)
    """By state."""
    failed_details: Group | None = None
    """Order details that were given up on."""
    without_offer: Group | None = None
    held: Group | None = None
    """Postbacks that wait for something to be mended: a rate, a currency."""
    last_accepted_at: datetime | None = None
    unaccepted: Unaccepted | None = None
    settled_lately: Settled = Settled()
    """In the last day."""
    settled_before: Settled = Settled()
    """In the week before that day."""
    landings: Mapping[datetime, int] = field(default_factory=dict)
    """By the hour that they came in, of the last weeks."""
    oldest_due_at: datetime | None = None
    """Of what is due and not sent, hosts that are paused apart."""
    is_delivered_by_workers: bool = False
    """By processes of their own, which may all be gone; False for the engine `thread`."""
    last_beat_at: datetime | None = None
    broken_hosts: tuple[BrokenHost, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """From when on something is worth an alert; see the settings TRACKING_ALERT_…."""

    silence: timedelta
    pause: timedelta
    worker: timedelta
    drop: int
    """Percentage points."""
    landings: int
    """Landings that are missed."""
