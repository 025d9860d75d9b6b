"""Manners towards a host: how many requests it gets at once and a second, and when it is left alone."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracking.postbacks.manners import (
    FAILURES_TO_BREAK,
    FIRST_WINDOW,
    LONGEST_PAUSE,
    SHORTEST_PAUSE,
    Host,
    has_answered,
    pause_length,
)
from tracking.postbacks.verdicts import Verdict

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)

ANSWERS = [Verdict.ACCEPTED, Verdict.DUPLICATE, Verdict.REJECTED, Verdict.FAILED]
FAILURES = [Verdict.UNCONFIRMED, Verdict.BUSY, Verdict.NOT_SENT]


def after(*verdicts: Verdict, size: int = 32) -> Host:
    """A host as it is known after attempts that ended so, one after the other."""
    host = Host(size)
    for verdict in verdicts:
        host.begin()
        host.end(verdict)
    return host


# What an attempt shows ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verdict", ANSWERS)
def test_a_host_that_says_anything_clear_is_at_work(verdict: Verdict) -> None:
    assert has_answered(verdict)


@pytest.mark.parametrize("verdict", FAILURES)
def test_a_host_that_says_nothing_or_is_busy_is_not(verdict: Verdict) -> None:
    assert not has_answered(verdict)


def test_every_verdict_is_one_of_the_two() -> None:
    assert set(ANSWERS) | set(FAILURES) == set(Verdict)


# The window -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verdicts", "window"),
    [
        ([], FIRST_WINDOW),
        ([Verdict.ACCEPTED], 5),
        ([Verdict.REJECTED] * 3, 7),
        ([Verdict.ACCEPTED] * 100, 32),
        ([Verdict.NOT_SENT], 2),
        ([Verdict.NOT_SENT] * 2, 1),
        ([Verdict.UNCONFIRMED] * 9, 1),
        ([*[Verdict.ACCEPTED] * 100, Verdict.BUSY], 16),
        ([*[Verdict.NOT_SENT] * 5, Verdict.ACCEPTED], 2),
    ],
)
def test_the_window_opens_by_one_with_each_answer_and_halves_with_each_failure(
    verdicts: list[Verdict], window: int
) -> None:
    assert after(*verdicts).window == window


@given(st.lists(st.sampled_from(list(Verdict)), max_size=80), st.integers(min_value=FIRST_WINDOW, max_value=64))
def test_the_window_is_never_shut_and_never_wider_than_the_process(verdicts: list[Verdict], size: int) -> None:
    assert 1 <= after(*verdicts, size=size).window <= size


@pytest.mark.parametrize(
    ("under_way", "most", "room"), [(0, 32, 4), (3, 32, 1), (4, 32, 0), (6, 32, 0), (0, 2, 2), (1, 2, 1), (0, 0, 0)]
)
def test_the_room_is_what_window_and_threads_leave(under_way: int, most: int, room: int) -> None:
    host = Host(32)
    for _ in range(under_way):
        host.begin()
    assert host.room(most=most) == room


def test_a_host_that_was_paused_is_known_no_better_than_a_new_one() -> None:
    host = after(*[Verdict.ACCEPTED] * 50, *[Verdict.NOT_SENT] * 3)
    host.start_again()
    assert (host.window, host.failures) == (FIRST_WINDOW, 0)


# The circuit ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verdict", FAILURES)
def test_the_circuit_breaks_with_the_tenth_failure_in_a_row_and_once(verdict: Verdict) -> None:
    host = Host(32)
    broke = []
    for _ in range(30):
        host.begin()
        broke.append(host.end(verdict))
    assert broke.index(True) == FAILURES_TO_BREAK - 1 == 9
    assert broke.count(True) == 1


@pytest.mark.parametrize("verdict", ANSWERS)
def test_an_answer_begins_the_count_anew(verdict: Verdict) -> None:
    host = after(*[Verdict.NOT_SENT] * 9, verdict, *[Verdict.NOT_SENT] * 8)
    host.begin()
    assert not host.end(Verdict.NOT_SENT)
    host.begin()
    assert host.end(Verdict.NOT_SENT)


@given(st.lists(st.sampled_from(list(Verdict)), max_size=60))
def test_the_circuit_breaks_only_after_ten_failures_in_a_row(verdicts: list[Verdict]) -> None:
    host = Host(32)
    in_a_row = 0
    for verdict in verdicts:
        host.begin()
        in_a_row = 0 if has_answered(verdict) else in_a_row + 1
        assert host.end(verdict) == (in_a_row == FAILURES_TO_BREAK)
    assert host.under_way == 0


# The length of a pause ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "seconds"), [(1, 30), (2, 60), (3, 120), (4, 240), (5, 480), (6, 900), (7, 900), (1000, 900)]
)
def test_each_pause_is_twice_as_long_up_to_a_quarter_of_an_hour(number: int, seconds: int) -> None:
    assert pause_length(number) == timedelta(seconds=seconds)


@given(st.integers(min_value=1, max_value=32767))
def test_a_pause_is_never_shorter_than_the_one_before(number: int) -> None:
    assert SHORTEST_PAUSE <= pause_length(number) <= pause_length(number + 1) <= LONGEST_PAUSE


# The rate -------------------------------------------------------------------------------------------------------


def test_without_a_rate_all_may_begin() -> None:
    assert Host(32).within_rate(32, now=NOW) == 32


@pytest.mark.parametrize(("rate", "at_once"), [(1, 1), (2, 1), (8, 2), (40, 10), (400, 32)])
def test_a_quarter_of_a_second_s_worth_may_begin_at_once(rate: int, at_once: int) -> None:
    assert Host(32, rate=rate).within_rate(32, now=NOW) == at_once


def test_what_was_begun_is_made_up_for_by_time() -> None:
    host = Host(32, rate=4)
    assert host.within_rate(5, now=NOW) == 1
    host.begin()
    assert host.within_rate(5, now=NOW) == 0
    assert host.within_rate(5, now=NOW + timedelta(seconds=0.2)) == 0
    assert host.within_rate(5, now=NOW + timedelta(seconds=0.3)) == 1


def test_time_in_which_nothing_is_sent_is_not_saved_up() -> None:
    host = Host(32, rate=8)
    host.within_rate(1, now=NOW)
    assert host.within_rate(32, now=NOW + timedelta(hours=1)) == 2


def test_a_clock_that_is_set_back_neither_gives_nor_takes() -> None:
    host = Host(32, rate=8)
    host.within_rate(1, now=NOW)
    for _ in range(2):
        host.begin()
    assert host.within_rate(32, now=NOW - timedelta(hours=1)) == 0
    assert host.within_rate(32, now=NOW - timedelta(minutes=59)) == 2


@given(
    st.integers(min_value=1, max_value=200),
    st.lists(st.tuples(st.floats(min_value=0, max_value=2), st.integers(min_value=0, max_value=64)), max_size=60),
)
def test_no_more_begin_than_the_rate_allows_in_any_time(rate: int, steps: list[tuple[float, int]]) -> None:
    host = Host(64, rate=rate)
    passed, begun = 0.0, 0
    for wait, wanted in steps:
        passed += wait
        for _ in range(host.within_rate(wanted, now=NOW + timedelta(seconds=passed))):
            host.begin()
            begun += 1
        assert begun <= rate * passed + max(rate / 4, 1) + 0.01
