"""What was looked at for an order's click, and which click of all that was found counts. Plain rules."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from tracking.capture.clicks import Click, Held, KeptClick, choose

PLACES: Final = ("cookie", "session")
"""Where a request is looked into."""
_ONE_VISIT: Final = timedelta(seconds=10)  # between a landing's request and its page's script


class Result(StrEnum):
    """What came of one click that was looked at."""

    CHOSEN = "chosen"
    SAME = "same"
    """The chosen click, once more in another place; or the same visit, told once more by its page's script."""
    EARLIER = "earlier"
    """Another click came later, and the last one counts."""
    LATER = "later"
    """Another click came earlier, and the first one counts."""
    PAST = "past"
    """Past the window that it was kept for."""
    LESS = "less"
    """A place that is asked before this one held a click that counts."""
    EMPTY = "empty"
    """There was none in this place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Considered:
    """One place that was looked at, when, and the click it held."""

    at: str
    """When it was asked: "placed" (by `remember`), "request", "served_request" or "completed"."""
    place: str
    """ "landing", "cookie", "session", "customer" or "subscription"."""
    result: str
    kept: KeptClick | None = None
    note: str = ""
    """What there is to say of a place that holds no clicks of its own, the subscription."""

    def to_json(self) -> dict[str, Any]:
        """Write it for the conversion's row."""
        entry: dict[str, Any] = {"at": self.at, "place": self.place, "result": str(self.result)}
        if self.kept:
            entry["click"] = self.kept.to_text()
        return entry | ({"note": self.note} if self.note else {})

    @classmethod
    def from_json(cls, entry: dict[str, Any]) -> "Considered":
        """Read what `to_json` wrote."""
        kept = KeptClick.from_text(entry.get("click", ""))
        return cls(at=entry["at"], place=entry["place"], result=entry["result"], kept=kept, note=entry.get("note", ""))


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, or the customer's row, that was asked for clicks: where it was looked and what was there."""

    at: str
    places: tuple[str, ...]
    held: Sequence[Held]


@dataclass(frozen=True, slots=True)
class Weighed:
    """The click that counts among all that was found; one past its window only where nothing better is."""

    click: Click | None
    considered: tuple[Considered, ...]

    @property
    def chosen(self) -> Considered | None:
        """Where the click that counts was found."""
        return next((one for one in self.considered if one.result == Result.CHOSEN), None)

    def is_valid(self, now: datetime) -> bool:
        """Tell whether the click that counts is within the window it was kept for."""
        return self.chosen is not None and self.chosen.kept is not None and self.chosen.kept.until >= now


def weigh(asked: Iterable[Asked], *, attribution: str, now: datetime) -> Weighed:
    """Choose among everything that one moment has to offer: all of `asked` count alike."""
    everything = [(one, held) for one in asked for held in one.held]
    valid = [held.kept for _, held in everything if held.kept.until >= now]
    rule = attribution if valid else "last"
    click = choose((kept.click for kept in valid or [held.kept for _, held in everything]), attribution=rule)
    considered = [
        Considered(at=one.at, place=held.place, kept=held.kept, result=_result(held.kept, click, valid, rule))
        for one, held in everything
    ]
    considered += [
        Considered(at=one.at, place=place, result=Result.EMPTY)
        for one in asked
        for place in one.places
        if all(held.place != place for held in one.held)
    ]
    return Weighed(click, tuple(_mark_repeats(considered)))


def first_valid(groups: Sequence[Weighed], *, now: datetime) -> Weighed:
    """Join groups that are asked in turn: the first with a click within its window counts, else the first with any."""
    best = next(
        (one for one in groups if one.is_valid(now)),
        next((one for one in groups if one.click), Weighed(None, ())),
    )
    considered = [
        replace(entry, result=Result.LESS) if group is not best and entry.result == Result.CHOSEN else entry
        for group in groups
        for entry in group.considered
    ]
    return Weighed(best.click, tuple(considered))


def to_json(considered: Iterable[Considered]) -> list[dict[str, Any]]:
    """Write a list of them for a row."""
    return [one.to_json() for one in considered]


def from_json(entries: Iterable[dict[str, Any]]) -> list[Considered]:
    """Read what `to_json` wrote."""
    return [Considered.from_json(entry) for entry in entries]


def _result(kept: KeptClick, chosen: Click | None, valid: Sequence[KeptClick], attribution: str) -> Result:
    if kept.click == chosen:
        return Result.CHOSEN
    if kept not in valid:
        return Result.PAST
    if chosen and _are_one_visit(kept.click, chosen):
        return Result.SAME
    return Result.LATER if attribution == "first" else Result.EARLIER


def _are_one_visit(one: Click, other: Click) -> bool:
    """Tell whether they differ in nothing but a few seconds; which of them counts makes no difference then."""
    return abs(one.clicked_at - other.clicked_at) <= _ONE_VISIT and replace(one, clicked_at=other.clicked_at) == other


def _mark_repeats(considered: Iterable[Considered]) -> Iterable[Considered]:
    is_marked = False
    for one in considered:
        if one.result == Result.CHOSEN and is_marked:
            yield replace(one, result=Result.SAME)
        else:
            is_marked = is_marked or one.result == Result.CHOSEN
            yield one
