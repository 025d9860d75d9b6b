"""Quiet hours: were there as many landings missing as to be no chance? Plain rules."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

HOUR: Final = timedelta(hours=1)
WEEK: Final = timedelta(days=7)
WEEKS: Final = 4  # that are compared with
LEAST_WEEKS: Final = 2  # of them that have to have been counted


@dataclass(frozen=True, slots=True)
class Missed:
    """There were no landings since then, where past weeks had about so many."""

    since: datetime
    expected: float


def missed_landings(by_hour: Mapping[datetime, int], *, now: datetime) -> Missed | None:
    """What was missed since the last hour with a landing; None where there was one lately, or nothing to compare with.

    `by_hour`: landings by the hour's beginning; an hour without any may be left out. The same hours of the weeks before
    the quiet are what is usual, so that a shop that sleeps at night, or at weekends, is not called quiet.
    """
    busy = [hour for hour, number in by_hour.items() if number]
    if not busy:
        return None
    first, since = min(busy), max(busy) + HOUR
    hours = int((now - since) / HOUR)
    if hours < 1:
        return None
    # Whole weeks back from the quiet, however long it lasts; a long one is compared by its last week.
    asleep = [since + HOUR * number for number in range(max(0, hours - int(WEEK / HOUR)), hours)]
    back = -(-(now - since) // WEEK)
    weeks = [back + number for number in range(WEEKS) if asleep[0] - WEEK * (back + number) >= first]
    if len(weeks) < LEAST_WEEKS:
        return None
    usual = sum(by_hour.get(hour - WEEK * week, 0) for week in weeks for hour in asleep) / len(weeks)
    return Missed(since, usual)
