"""What is worth an alert, and how bad it is. Rules: no database."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tracking.watch.findings import BrokenHost, Facts, Finding, Group, Limits, Settled, Unaccepted
from tracking.watch.quiet import missed_landings
from tracking.watch.rules import MANY, find, step

NOW = datetime(2026, 11, 23, 15, 20, tzinfo=UTC)  # a Monday
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)
LIMITS = Limits(
    silence=timedelta(hours=6), pause=timedelta(minutes=15), worker=timedelta(minutes=15), drop=20, landings=20
)


def found(open_keys: tuple[str, ...] = (), **facts: Any) -> list[Finding]:
    return find(Facts(**facts), LIMITS, now=NOW, open_keys=open_keys)


def levels(open_keys: tuple[str, ...] = (), **facts: Any) -> list[tuple[str, int]]:
    return [(finding.key, finding.level) for finding in found(open_keys, **facts)]


def test_a_shop_in_which_nothing_happens_is_in_order() -> None:
    assert found() == []


@pytest.mark.parametrize(("value", "reached"), [(0, 0), (1, 1), (2, 1), (3, 2), (29, 3), (30, 4), (9_999, 8)])
def test_steps_are_reached_one_after_the_other(value: int, reached: int) -> None:
    assert step(value, MANY) == reached


def test_each_state_that_needs_a_person_is_an_alert_of_its_own() -> None:
    groups = {"rejected": Group(1, NOW - HOUR, "Offer paused"), "unconfirmed": Group(12, NOW - DAY)}
    one, many = found(for_a_person=groups)
    assert (one.key, one.level, one.since) == ("needs_person:rejected", 1, NOW - HOUR)
    assert one.what == "Aspire refused 1 postback. The latest: Offer paused"
    assert (many.key, many.level) == ("needs_person:unconfirmed", 3)
    assert "12 postbacks" in many.what


def test_the_key_of_a_long_subject_fits_its_column_and_is_its_own() -> None:
    hosts = ["a" * 243, "a" * 244, "a" * 254 + "b", "a" * 254 + "c"]
    keys = [Finding("paused_host", "It fails.", subject=host).key for host in hosts]
    assert keys[0] == f"paused_host:{hosts[0]}"
    assert len(set(keys)) == len(keys)
    assert {len(key) for key in keys} == {255}


def test_more_than_can_be_counted_says_so() -> None:
    [finding] = found(for_a_person={"failed": Group(5000, NOW, is_capped=True)})
    assert "more than 5000 postbacks" in finding.what


def test_orders_without_their_offer_are_told() -> None:
    [finding] = found(without_offer=Group(1, NOW - DAY, "The click names the offer 9."))
    assert finding.kind == "no_offer"
    assert finding.what.startswith("1 order that a creator sent")


@pytest.mark.parametrize(("minutes", "alerts"), [(29, 0), (30, 1)])
def test_what_waits_for_a_rate_is_told_after_half_an_hour(minutes: int, alerts: int) -> None:
    group = Group(2, NOW - timedelta(minutes=minutes), "No rate")
    assert len(found(held=group)) == alerts


# Silence --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("hours", "expected"), [(5.9, []), (6, [1]), (24, [2]), (97, [3]), (400, [4])])
def test_something_to_report_and_nothing_accepted_is_silence(hours: float, expected: list[int]) -> None:
    order = Unaccepted("1001", NOW - HOUR * hours)
    assert [finding.level for finding in found(unaccepted=order)] == expected


def test_an_acceptance_since_then_is_no_silence() -> None:
    order = Unaccepted("1001", NOW - 30 * HOUR)
    assert found(unaccepted=order, last_accepted_at=NOW - HOUR) == []


def test_silence_begins_with_the_last_acceptance() -> None:
    order = Unaccepted("1001", NOW - 30 * HOUR)
    [finding] = found(unaccepted=order, last_accepted_at=NOW - 8 * HOUR)
    assert (finding.since, finding.level) == (NOW - 8 * HOUR, 1)
    assert "8 hours" in finding.what


# The share that is accepted -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lately", "before", "expected"),
    [
        (Settled(20, 0), Settled(100, 0), []),
        (Settled(17, 3), Settled(100, 0), []),  # 15 points
        (Settled(16, 4), Settled(100, 0), [1]),
        (Settled(12, 8), Settled(100, 0), [2]),
        (Settled(4, 16), Settled(100, 0), [3]),
        (Settled(10, 9), Settled(100, 0), []),  # too few to say
        (Settled(10, 10), Settled(49, 0), []),
        (Settled(10, 10), Settled(50, 50), []),  # as bad as it always was
        (Settled(), Settled(100, 0), []),
    ],
)
def test_a_share_that_falls_is_told_where_the_numbers_say_something(
    lately: Settled, before: Settled, expected: list[int]
) -> None:
    assert [each.level for each in found(settled_lately=lately, settled_before=before)] == expected


def test_it_is_over_only_when_it_has_risen_again() -> None:
    facts = {"settled_lately": Settled(17, 3), "settled_before": Settled(100, 0)}
    assert levels(**facts) == []
    assert levels(("acceptance:",), **facts) == [("acceptance:", 1)]
    assert levels(("acceptance:",), **{**facts, "settled_lately": Settled(19, 1)}) == []


# Landings -------------------------------------------------------------------------------------------------------


def hours(of: range, per_hour: int = 5, *, until: timedelta = timedelta(0)) -> dict[datetime, int]:
    """So many landings in each of these hours of each day of five weeks, up to a time before now."""
    start = NOW.replace(minute=0) - 5 * WEEK
    each = [start + HOUR * number for number in range(5 * 7 * 24 + 1)]
    return {hour: per_hour for hour in each if hour.hour in of and hour + HOUR <= NOW - until}


def test_a_shop_with_landings_is_not_quiet() -> None:
    assert found(landings=hours(range(24))) == []


def test_landings_that_usually_come_and_do_not_are_missed() -> None:
    [finding] = found(landings=hours(range(24), until=5 * HOUR))
    assert (finding.key, finding.level) == ("no_landings:", 1)
    assert finding.since == NOW.replace(minute=0) - 5 * HOUR
    assert "about 25 landings" in finding.what


def test_it_gets_worse_as_more_are_missed() -> None:
    assert levels(landings=hours(range(24), until=24 * HOUR)) == [("no_landings:", 2)]


def test_a_shop_that_sleeps_at_that_time_is_not_quiet() -> None:
    assert found(landings=hours(range(8), per_hour=100)) == []


def test_few_landings_are_missed_by_chance() -> None:
    assert found(landings=hours(range(24), per_hour=1, until=12 * HOUR)) == []


def test_a_shop_that_counts_since_a_few_days_has_nothing_to_compare_with() -> None:
    new = {hour: number for hour, number in hours(range(24), until=5 * HOUR).items() if hour > NOW - 6 * DAY}
    assert found(landings=new) == []


def test_a_quiet_that_lasts_for_weeks_stays_one() -> None:
    assert missed_landings(hours(range(24), until=16 * DAY), now=NOW) is not None


def test_a_shop_without_any_landing_is_not_quiet() -> None:
    assert missed_landings({}, now=NOW) is None


def test_once_told_it_lasts_until_somebody_lands() -> None:
    quiet = hours(range(24), per_hour=1, until=12 * HOUR)
    assert levels(("no_landings:",), landings=quiet) == [("no_landings:", 1)]
    assert levels(("no_landings:",), landings=quiet | {NOW.replace(minute=0): 1}) == []


# Workers and hosts ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, [1]),
        ({"last_beat_at": NOW - timedelta(minutes=16)}, [1]),
        ({"last_beat_at": NOW - timedelta(minutes=1)}, []),
        ({"is_delivered_by_workers": False}, []),
        ({"oldest_due_at": None}, []),
        ({"oldest_due_at": NOW - timedelta(minutes=14)}, []),
        ({"oldest_due_at": NOW - timedelta(minutes=60)}, [2]),
    ],
)
def test_what_is_due_without_a_worker_is_told(facts: dict[str, Any], expected: list[int]) -> None:
    usual = {"oldest_due_at": NOW - timedelta(minutes=16), "is_delivered_by_workers": True}
    assert [finding.level for finding in found(**{**usual, **facts})] == expected


@pytest.mark.parametrize(("minutes", "expected"), [(14, []), (15, [1]), (60, [2]), (16 * 15, [3]), (2_000, [4])])
def test_a_host_that_stays_paused_is_told_by_name(minutes: int, expected: list[int]) -> None:
    host = BrokenHost("get.aspr.app", NOW - timedelta(minutes=minutes), "refused")
    told = found(broken_hosts=(host,))
    assert [finding.level for finding in told] == expected
    assert {finding.subject for finding in told} <= {"get.aspr.app"}
