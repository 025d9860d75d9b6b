"""Several clicks of one shopper, held in several places, against a model that remembers everything. No database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracking.capture.clicks import MOST_KEPT, Click, KeptClick, add_click, choose, from_text, to_text

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
WINDOWS = {"": 28, "short": 1, "long": 90}  # days, by offer

ATTRIBUTIONS = st.sampled_from(["first", "last"])


@dataclass(frozen=True)
class Step:
    """What a shopper does: waits some hours, then clicks a creator's link on some of the devices."""

    hours: int
    offer_id: str
    places: frozenset[str]


PLACES = ["cookie", "session", "another device's cookie", "customer"]


def steps(*, least_hours: int) -> st.SearchStrategy[Step]:
    return st.builds(
        Step,
        hours=st.integers(least_hours, 24 * 40),
        offer_id=st.sampled_from(sorted(WINDOWS)),
        places=st.frozensets(st.sampled_from(PLACES), min_size=1),
    )


def kept_by(step: Step, number: int, at: datetime) -> KeptClick:
    click = Click(affiliate_id=str(number), offer_id=step.offer_id, clicked_at=at)
    return KeptClick(click, at + timedelta(days=WINDOWS[step.offer_id]))


def earner(valid: Sequence[KeptClick], attribution: str) -> str | None:
    """The model: of all clicks ever made and not yet over, the first or the last by time; of equals, by order."""
    if not valid:
        return None
    times = [kept.click.clicked_at for kept in valid]
    wanted = min(times) if attribution == "first" else max(times)
    same = [kept for kept in valid if kept.click.clicked_at == wanted]
    return (same[0] if attribution == "first" else same[-1]).click.affiliate_id


@given(st.lists(steps(least_hours=1), max_size=MOST_KEPT), st.integers(0, 24 * 100), ATTRIBUTIONS)
def test_the_click_that_counts_is_that_of_a_model_which_forgets_nothing(
    sequence: list[Step], hours_later: int, attribution: str
) -> None:
    now, everything = NOW, []
    places: dict[str, str] = {}
    for number, step in enumerate(sequence):
        now += step.hours * HOUR
        new = kept_by(step, number, now)
        everything.append(new)
        for place in step.places:
            held = from_text(places.get(place, ""))
            places[place] = to_text(add_click(held, new, attribution=attribution, now=now))
    now += hours_later * HOUR
    found = [kept for text in places.values() for kept in from_text(text) if kept.until >= now]
    chosen = choose((kept.click for kept in found), attribution=attribution)
    model = earner([kept for kept in everything if kept.until >= now], attribution)
    assert (chosen.affiliate_id if chosen else None) == model


@given(st.lists(steps(least_hours=0), max_size=40), st.integers(0, 24 * 100), ATTRIBUTIONS)
def test_one_place_agrees_with_the_model_and_never_loses_an_order(
    sequence: list[Step], hours_later: int, attribution: str
) -> None:
    now, everything, text = NOW, [], ""
    dropped = False
    for number, step in enumerate(sequence):
        now += step.hours * HOUR
        new = kept_by(step, number, now)
        everything.append(new)
        worth = add_click(from_text(text), new, attribution=attribution, now=now)
        assert len(worth) <= MOST_KEPT
        dropped = dropped or len(worth) == MOST_KEPT
        text = to_text(worth)
    now += hours_later * HOUR
    chosen = choose((kept.click for kept in from_text(text) if kept.until >= now), attribution=attribution)
    model = earner([kept for kept in everything if kept.until >= now], attribution)
    assert (chosen is None) == (model is None)  # however many clicks: somebody earns where somebody should
    if not dropped:
        assert (chosen.affiliate_id if chosen else None) == model


@pytest.mark.parametrize(("attribution", "held"), [("last", ["2"]), ("first", ["1", "2"])])
def test_with_one_window_the_last_click_alone_or_each_click_in_turn_is_worth_keeping(
    attribution: str, held: list[str]
) -> None:
    first, second = (kept_by(Step(0, "", frozenset()), number, NOW + number * HOUR) for number in (1, 2))
    worth = add_click([first], second, attribution=attribution, now=NOW + 2 * HOUR)
    assert [kept.click.affiliate_id for kept in worth] == held


def test_a_click_that_is_over_is_dropped() -> None:
    over = kept_by(Step(0, "short", frozenset()), 1, NOW)
    new = kept_by(Step(0, "", frozenset()), 2, NOW + 48 * HOUR)
    assert add_click([over], new, attribution="first", now=NOW + 48 * HOUR) == [new]


def test_what_is_no_click_among_several_is_left_out() -> None:
    kept = kept_by(Step(0, "", frozenset()), 1, NOW)
    assert from_text(f"junk~{kept.to_text()}~") == [kept]
