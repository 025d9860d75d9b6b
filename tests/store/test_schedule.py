"""When subscriptions renew: rules on dates alone."""

from datetime import UTC, datetime, timedelta

import pytest

from store.schedule import CHARGES, month_after, next_renewal, wait_after


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}T09:30").replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "day", "following"),
    [
        ("2026-03-15", 15, "2026-04-15"),
        ("2026-12-15", 15, "2027-01-15"),
        ("2026-01-31", 31, "2026-02-28"),
        ("2028-01-31", 31, "2028-02-29"),
        ("2026-02-28", 31, "2026-03-31"),
    ],
)
def test_a_month_later_is_the_same_day_or_the_months_last(moment: str, day: int, following: str) -> None:
    assert month_after(at(moment), day) == at(following)


def test_months_that_nobody_ran_are_skipped() -> None:
    assert next_renewal(at("2026-01-31"), 31, now=at("2026-04-02")) == at("2026-04-30")


def test_the_next_renewal_is_never_due_at_once() -> None:
    assert next_renewal(at("2026-01-10"), 10, now=at("2026-02-10")) == at("2026-03-10")


def test_a_renewal_is_given_up_within_two_weeks_before_the_next_one() -> None:
    waits = [wait_after(charges) for charges in range(1, CHARGES + 1)]

    assert min(waits) >= timedelta(days=1)
    assert sum(waits, timedelta()) == timedelta(days=14)
