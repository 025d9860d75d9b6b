"""The click: what a landing address says, and the text that keeps it. Plain rules: no request, no clock."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from urllib.parse import unquote

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_MACRO = re.compile(r"\{[A-Za-z0-9_]{1,40}\}|AFFILIATE_ID|OFFER_ID|TRANSACTION_ID")
_BETWEEN = "~"
MOST_KEPT = 8  # clicks of one shopper; of 216 characters at most, so that a cookie holds them


@dataclass(frozen=True, slots=True, kw_only=True)
class Click:
    """One visit that an affiliate sent. `clicked_at` is aware; an id that the landing did not carry is empty."""

    affiliate_id: str
    clicked_at: datetime
    offer_id: str = ""
    transaction_id: str = ""

    def is_within(self, window: timedelta, now: datetime) -> bool:
        """Tell whether this click can still earn an order that completes at `now`."""
        return now - self.clicked_at <= window


class Finding(StrEnum):
    """What one parameter of a landing holds."""

    ABSENT = "absent"
    VALID = "valid"
    UNREPLACED_MACRO = "unreplaced_macro"
    INVALID = "invalid"
    ANY = "any"
    """Of a count alone: every landing, whatever it held."""


def find_id(values: Sequence[str]) -> tuple[Finding, str]:
    """Judge the values that one landing parameter came with; the last valid one counts.

    An unreplaced macro (`{affiliate_id}`, also percent-encoded once more) means that the Offer URL in Aspire is wrong
    or was opened by hand, so it is told apart from junk.
    """
    finding = Finding.ABSENT
    for value in reversed(values):
        if _MACRO.fullmatch(unquote(value).strip()):
            finding = Finding.UNREPLACED_MACRO
        elif _ID.fullmatch(value):
            return Finding.VALID, value
        elif value and finding is not Finding.UNREPLACED_MACRO:
            finding = Finding.INVALID
    return finding, ""


@dataclass(frozen=True, slots=True)
class Landing:
    """What the parameters of one landing amount to: a click, or why there is none."""

    finding: Finding
    click: Click | None = None
    unreplaced: tuple[str, ...] = field(default=())
    """Names of the parameters that came with an unreplaced macro."""


def read_landing(
    get_values: Callable[[str], Sequence[str]],
    *,
    affiliate_id_param: str,
    offer_id_param: str,
    transaction_id_param: str,
    now: datetime,
) -> Landing:
    """Turn a landing's query into a click, if an affiliate id or a transaction id in it is valid.

    `get_values` gives all values of a parameter, decoded (`request.GET.getlist`).
    """
    names = (affiliate_id_param, offer_id_param, transaction_id_param)
    found = {name: find_id(get_values(name)) for name in names}
    unreplaced = tuple(name for name in names if found[name][0] is Finding.UNREPLACED_MACRO)
    affiliate, transaction = found[affiliate_id_param], found[transaction_id_param]
    if Finding.VALID in (affiliate[0], transaction[0]):
        click = Click(
            affiliate_id=affiliate[1],
            offer_id=found[offer_id_param][1],
            transaction_id=transaction[1],
            clicked_at=now,
        )
        return Landing(Finding.VALID, click, unreplaced)
    if unreplaced:
        return Landing(Finding.UNREPLACED_MACRO, unreplaced=unreplaced)
    if Finding.INVALID in (affiliate[0], transaction[0]):
        return Landing(Finding.INVALID)
    return Landing(Finding.ABSENT)


@dataclass(frozen=True, slots=True)
class KeptClick:
    """A click as session and cookie keep it, with the end of the window it was given when it was kept."""

    click: Click
    until: datetime

    def to_text(self) -> str:
        """Write it as text; its ids need no escaping, because they were validated."""
        click = self.click
        times = (str(_seconds(click.clicked_at)), str(_seconds(self.until)))
        return ".".join((*times, click.affiliate_id, click.offer_id, click.transaction_id))

    @classmethod
    def from_text(cls, text: str) -> "KeptClick | None":
        """Read what `to_text` wrote; None for anything else."""
        parts = text.split(".")
        if len(parts) != 5 or not all(_is_id_or_empty(part) for part in parts[2:]) or not any(parts[2::2]):
            return None
        try:
            clicked_at, until = (datetime.fromtimestamp(int(part), UTC) for part in parts[:2])
        except (ValueError, OverflowError, OSError):
            return None
        affiliate_id, offer_id, transaction_id = parts[2:]
        click = Click(
            affiliate_id=affiliate_id, offer_id=offer_id, transaction_id=transaction_id, clicked_at=clicked_at
        )
        return cls(click, until)


@dataclass(frozen=True, slots=True)
class Held:
    """A click that a shopper holds, and where: "landing" (the request itself), "cookie", "session", "customer"."""

    place: str
    kept: KeptClick


def choose(clicks: Iterable[Click], *, attribution: str) -> Click | None:
    """Choose the click that counts: the latest, or with `attribution` "first" the earliest."""
    pick = min if attribution == "first" else max
    return pick(clicks, key=lambda click: click.clicked_at, default=None)


# Several clicks ---------------------------------------------------------------------------------------------


def add_click(held: Iterable[KeptClick], new: KeptClick, *, attribution: str, now: datetime) -> list[KeptClick]:
    """The clicks to keep from now on: `new`, and those of `held` that may still earn an order instead of it.

    Windows differ by offer, so the click that counts today may end before another does: with "first" that is the rule,
    with "last" an older click can outlive a newer one. A click that ends before one that is preferred to it is dropped.
    """
    valid = [kept for kept in held if kept.until >= now]
    # `sorted` leaves equals as they stand: of two clicks in the same second the new one is the later.
    if attribution == "first":
        by_preference = sorted([*valid, new], key=lambda kept: kept.click.clicked_at)
    else:
        by_preference = sorted([new, *valid], key=lambda kept: kept.click.clicked_at, reverse=True)
    worth: list[KeptClick] = []
    for kept in by_preference:
        if all(kept.until > preferred.until for preferred in worth):
            worth.append(kept)
    return worth if len(worth) <= MOST_KEPT else [*worth[: MOST_KEPT - 1], worth[-1]]


def to_text(kept: Iterable[KeptClick]) -> str:
    """Write several clicks as one text."""
    return _BETWEEN.join(one.to_text() for one in kept)


def from_text(text: str) -> list[KeptClick]:
    """Read what `to_text` wrote; what is no click is left out."""
    return [kept for part in text.split(_BETWEEN) if (kept := KeptClick.from_text(part))]


def _is_id_or_empty(text: str) -> bool:
    return not text or _ID.fullmatch(text) is not None


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())
