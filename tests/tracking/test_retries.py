"""What follows from a judgement, and when."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracking.postbacks.retries import LONGEST_RETRY_AFTER, SCHEDULE, Next, decide_next, delay_after, read_retry_after
from tracking.postbacks.verdicts import Judgement, Verdict

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
BUSY = Judgement(Verdict.BUSY, "HTTP 503")
NOT_SENT = Judgement(Verdict.NOT_SENT, "refused")
UNCONFIRMED = Judgement(Verdict.UNCONFIRMED, "HTTP 500")

verdicts = st.sampled_from(list(Verdict))
attempts = st.integers(min_value=1, max_value=40)
chances = st.floats(min_value=0, max_value=1, exclude_max=True)


def after(
    judgement: Judgement,
    *,
    attempt: int = 1,
    deduplicates: bool = False,
    is_repeat: bool = False,
    may_retry: bool = True,
    chance: float = 0.5,
) -> Next:
    return decide_next(
        judgement,
        attempt=attempt,
        now=NOW,
        deduplicates=deduplicates,
        is_repeat=is_repeat,
        may_retry=may_retry,
        chance=chance,
    )


def test_the_schedule_makes_ten_attempts_over_75_hours() -> None:
    assert len(SCHEDULE) + 1 == 10
    assert timedelta(hours=75) < sum(SCHEDULE, timedelta()) < timedelta(hours=76)


@pytest.mark.parametrize(
    ("attempt", "seconds"),
    list(enumerate([5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400], start=1)),
)
@pytest.mark.parametrize("judgement", [BUSY, NOT_SENT], ids=["busy", "not sent"])
def test_what_did_not_arrive_is_due_again_by_the_schedule(judgement: Judgement, attempt: int, seconds: int) -> None:
    assert after(judgement, attempt=attempt) == Next("pending", judgement.detail, NOW + timedelta(seconds=seconds))


@pytest.mark.parametrize("judgement", [BUSY, NOT_SENT], ids=["busy", "not sent"])
def test_it_is_given_up_after_ten_attempts(judgement: Judgement) -> None:
    following = after(judgement, attempt=10)

    assert (following.status, following.due_at) == ("failed", None)
    assert "given up after 10 attempts" in following.detail


@pytest.mark.parametrize(
    ("verdict", "is_repeat", "deduplicates", "status"),
    [
        (Verdict.ACCEPTED, False, False, "accepted"),
        (Verdict.REJECTED, False, False, "rejected"),
        (Verdict.REJECTED, True, True, "rejected"),
        (Verdict.DUPLICATE, False, False, "rejected"),
        (Verdict.DUPLICATE, False, True, "rejected"),
        (Verdict.DUPLICATE, True, False, "accepted"),
        (Verdict.DUPLICATE, True, True, "accepted"),
        (Verdict.FAILED, False, True, "failed"),
        (Verdict.UNCONFIRMED, False, False, "unconfirmed"),
        (Verdict.UNCONFIRMED, True, False, "unconfirmed"),
        (Verdict.UNCONFIRMED, False, True, "pending"),
        (Verdict.BUSY, False, False, "pending"),
        (Verdict.NOT_SENT, False, False, "pending"),
    ],
)
def test_each_verdict_leads_to_one_state(verdict: Verdict, is_repeat: bool, deduplicates: bool, status: str) -> None:
    following = after(Judgement(verdict, "words"), is_repeat=is_repeat, deduplicates=deduplicates)

    assert following.status == status
    assert (following.due_at is not None) == (status == "pending")


@given(attempts, chances)
def test_an_unknown_outcome_is_never_repeated_unless_aspire_deduplicates(attempt: int, chance: float) -> None:
    assert after(UNCONFIRMED, attempt=attempt, chance=chance).status == "unconfirmed"


def test_an_unknown_outcome_stays_unknown_once_a_deduplicating_offers_tries_are_used_up() -> None:
    assert after(UNCONFIRMED, attempt=9, deduplicates=True).status == "pending"
    assert after(UNCONFIRMED, attempt=10, deduplicates=True).status == "unconfirmed"


@given(verdicts, attempts, st.booleans(), st.booleans())
def test_a_test_is_tried_once(verdict: Verdict, attempt: int, deduplicates: bool, is_repeat: bool) -> None:
    following = after(
        Judgement(verdict, "words"),
        attempt=attempt,
        deduplicates=deduplicates,
        is_repeat=is_repeat,
        may_retry=False,
    )

    assert following.status != "pending"
    assert following.due_at is None


@given(st.integers(min_value=1, max_value=len(SCHEDULE)), chances)
def test_jitter_stays_within_a_fifth_of_the_delay(attempt: int, chance: float) -> None:
    planned = SCHEDULE[attempt - 1]

    assert planned * 0.8 <= delay_after(BUSY, attempt=attempt, chance=chance) <= planned * 1.2


def test_jitter_is_drawn_when_none_is_given() -> None:
    assert len({delay_after(BUSY, attempt=9) for _ in range(20)}) > 1


@pytest.mark.parametrize(
    ("asked", "waits"),
    [
        (timedelta(0), timedelta(seconds=5)),
        (timedelta(seconds=3), timedelta(seconds=5)),
        (timedelta(hours=1), timedelta(hours=1)),
        (timedelta(days=30), timedelta(hours=24)),
    ],
    ids=["nothing", "less than planned", "more than planned", "far too much"],
)
def test_what_aspire_asks_for_counts_if_it_is_longer_up_to_a_day(asked: timedelta, waits: timedelta) -> None:
    judgement = Judgement(Verdict.BUSY, "HTTP 503", asked)

    assert delay_after(judgement, attempt=1, chance=0.5) == waits


@given(st.integers(min_value=1, max_value=9), chances, st.timedeltas(min_value=timedelta(0)))
def test_no_delay_is_shorter_than_planned_or_longer_than_a_day_and_its_jitter(
    attempt: int, chance: float, asked: timedelta
) -> None:
    delay = delay_after(Judgement(Verdict.BUSY, "", asked), attempt=attempt, chance=chance)

    assert SCHEDULE[attempt - 1] * 0.8 <= delay <= timedelta(hours=24) * 1.2


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("0", timedelta(0)),
        ("120", timedelta(seconds=120)),
        (" 120 ", timedelta(seconds=120)),
        ("86401", LONGEST_RETRY_AFTER),
        ("9" * 400, LONGEST_RETRY_AFTER),
        (format_datetime(NOW + timedelta(minutes=5), usegmt=True), timedelta(minutes=5)),
        ("Sun, 22 Nov 2026 13:00:00 +0100", None),
        ("Sun, 22 Nov 2026 14:00:00 +0100", timedelta(hours=1)),
        (format_datetime(NOW - timedelta(minutes=5), usegmt=True), None),
        ("Sun, 22 Nov 2026 12:05:00", None),
        ("", None),
        ("-5", None),
        ("1.5", None),
        ("5, 10", None),
        ("soon", None),
        ("٣", None),
        ("²", None),
        ("Sun, 22 Nov 99999 12:00:00 GMT", None),
        ("Sun, 22 Nov 2026 12:00:00 +99999999999999999999", None),
        ("Sun, 99 Nov 2026 12:00:00 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date_and_anything_else_is_passed_over(
    value: str, expected: timedelta | None
) -> None:
    assert read_retry_after(value, NOW) == expected


@given(st.one_of(st.text(max_size=60), st.from_regex(r"\w{3}, \d{1,3} \w{3} \d{1,6} \d\d:\d\d:\d\d [+-]?\d{0,25}")))
def test_no_retry_after_breaks_the_reader(value: str) -> None:
    found = read_retry_after(value, NOW)

    assert found is None or found >= timedelta(0)
