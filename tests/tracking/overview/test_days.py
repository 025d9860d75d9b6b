"""The overview by days, hours and weeks: what is read is what a person would add up."""

import random
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from tests.factories import ConversionFactory, OfferFactory
from tests.tracking.overview.steps import DAY, NOW, offer, order, page_of, postback, week
from tracking.models import Conversion, Offer, Postback
from tracking.reports.overview import from_day_to_day, last_days, last_hours, reading, standings
from tracking.reports.overview.period import Period

pytestmark = pytest.mark.django_db

PERIODS: dict[str, Any] = {
    "24h": lambda now, zone: last_hours(24, now=now, zone=zone),
    "30d": lambda now, zone: last_days(30, now=now, zone=zone),
    "own, by weeks, not over": lambda now, zone: from_day_to_day(
        (now - 160 * DAY).date(), (now + 9 * DAY).date(), now=now, zone=zone
    ),
}

# Days ---------------------------------------------------------------------------------------------------------


def by_step(period: Period) -> dict[str, list[str]]:
    shown = page_of(period).days
    kinds = [kind for kind, _ in shown.outcomes]
    return {
        row.label: [f"{kind} {cell.number}" for kind, cell in zip(kinds, row.cells, strict=False) if cell.number != "0"]
        for row in shown.rows
        if row.cells[-1].number != "0"
    }


def test_orders_are_counted_by_day_and_outcome() -> None:
    order("credited")
    order("organic")
    order("organic", ago=2 * DAY)
    assert by_step(week()) == {"2026-03-10": ["credited 1", "organic 1"], "2026-03-08": ["organic 1"]}


@pytest.mark.parametrize(
    ("zone", "day"), [("UTC", "2026-03-09"), ("Asia/Kolkata", "2026-03-10"), ("America/New_York", "2026-03-09")]
)
def test_days_begin_in_the_current_time_zone(zone: str, day: str) -> None:
    from zoneinfo import ZoneInfo

    order("organic", completed_at=datetime(2026, 3, 9, 18, 45, tzinfo=UTC))
    assert by_step(last_days(7, now=NOW, zone=ZoneInfo(zone))) == {day: ["organic 1"]}


def test_days_are_right_where_summer_time_begins_within_the_period() -> None:
    from zoneinfo import ZoneInfo

    berlin = ZoneInfo("Europe/Berlin")
    order("organic", completed_at=datetime(2026, 3, 28, 23, 30, tzinfo=UTC))  # 0:30 on the 29th, winter time
    order("organic", completed_at=datetime(2026, 3, 29, 21, 59, tzinfo=UTC))  # 23:59 on the 29th, summer time
    order("organic", completed_at=datetime(2026, 3, 29, 22, 0, tzinfo=UTC))  # 0:00 on the 30th
    now = datetime(2026, 3, 31, 12, tzinfo=UTC)
    assert by_step(last_days(7, now=now, zone=berlin)) == {"2026-03-29": ["organic 2"], "2026-03-30": ["organic 1"]}


def test_a_day_goes_by_hours() -> None:
    order("organic", ago=timedelta(hours=3))
    order("organic", ago=timedelta(hours=23, minutes=29))
    order("organic", ago=timedelta(hours=23, minutes=31))
    assert by_step(last_hours(24, now=NOW, zone=UTC)) == {"13:00": ["organic 1"], "09:00": ["organic 1"]}


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata"])
def test_an_hour_leads_to_the_orders_that_it_counts(boss: Client, zone: str) -> None:
    from zoneinfo import ZoneInfo

    for minutes in range(5, 120, 10):
        order("organic", ago=timedelta(minutes=minutes))
    shown = page_of(last_hours(24, now=NOW, zone=ZoneInfo(zone))).days
    counted = [row for row in shown.rows if row.cells[-1].number != "0"]
    assert [(row.label[-2:], row.cells[-1].number) for row in counted] == [
        ("00" if zone == "UTC" else "30", number) for number in ("3", "6", "3")
    ]
    for row in counted:
        assert boss.get(row.cells[-1].url).context["cl"].result_count == int(row.cells[-1].number)


def test_the_hour_that_comes_twice_has_two_bars() -> None:
    from zoneinfo import ZoneInfo

    now = datetime(2026, 10, 25, 12, tzinfo=UTC)
    shown = last_hours(24, now=now, zone=ZoneInfo("Europe/Berlin"))
    assert [step.label for step in shown.steps].count("02:00") == 2
    assert len(shown.steps) == 24


def test_a_long_period_goes_by_weeks() -> None:
    order("organic", ago=200 * DAY)
    order("organic", ago=201 * DAY)
    first, last = (NOW - 201 * DAY).date(), NOW.date()
    period = from_day_to_day(first, last, now=NOW, zone=UTC)
    assert by_step(period) == {first.isoformat(): ["organic 2"]}
    assert len(period.steps) == 29


def test_the_charts_say_what_they_show() -> None:
    for _ in range(3):
        order("credited")
    order("organic", ago=DAY)
    shown = page_of().days
    assert shown.orders_finding == "4 orders in the last 7 days; the busiest day was 2026-03-10 with 3."
    assert shown.outcome_finding == "Of 4 orders 75 % credited, 25 % organic."


def added_up(rows: Iterable[tuple[Any, ...]]) -> dict[tuple[Any, ...], tuple[int, Decimal]]:
    """The number and the goods of the rows that are alike but for their last column, which is the goods."""
    found: dict[tuple[Any, ...], tuple[int, Decimal]] = {}
    for *alike, goods in rows:
        number, so_far = found.get(tuple(alike), (0, Decimal()))
        found[tuple(alike)] = (number + 1, so_far + goods)
    return found


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata", "Europe/Berlin", "America/St_Johns"])
@pytest.mark.parametrize("period_of", PERIODS.values(), ids=PERIODS)
def test_what_is_read_is_what_a_person_would_add_up(zone: str, period_of: Any) -> None:
    """At random, around two changes of the clock, and on the very edges of the steps."""
    from zoneinfo import ZoneInfo

    period: Period = period_of(NOW, ZoneInfo(zone))
    offers = [offer(), OfferFactory.create(offer_id="999", is_default=False)]
    rows = random_orders(period, offers)

    expected = added_up(
        (place, row.outcome, row.cause, row.currency, row.offer_id, row.items_total)
        for row in rows
        for place, step in enumerate(period.steps)
        if not row.is_test and step.start <= row.completed_at < min(step.end, period.end)
    ) | added_up(
        (None, row.outcome, "", row.currency, None, row.items_total)
        for row in rows
        if not row.is_test and row.outcome == "credited" and period.before_start <= row.completed_at < period.before_end
    )
    assert {
        (row.step, row.outcome, row.cause, row.currency, row.offer): (row.number, row.goods)
        for row in reading.read_orders(period)
    } == expected
    assert len({key[0] for key in expected}) > 5


def random_orders(period: Period, offers: list[Offer]) -> list[Conversion]:
    chance = random.Random(7)
    around = period.end - period.before_start + 2 * DAY
    edges = [step.start + shift for step in period.steps for shift in (timedelta(), -timedelta.resolution)]
    moments = [period.before_start - DAY + chance.random() * around for _ in range(200)] + edges
    rows = []
    for number, moment in enumerate([*moments, period.end, period.before_start, period.before_end]):
        outcome = chance.choice(list(Conversion.Outcome))
        rows.append(
            ConversionFactory.build(
                order_id=f"R{number}",
                outcome=outcome,
                cause=chance.choice(["no_amount", "lacks_id"]) if outcome == "excluded" else "",
                offer=chance.choice(offers) if outcome == "credited" else None,
                currency=chance.choice(["USD", "EUR"]),
                items_total=Decimal(chance.randrange(10**9)) / 10**4,
                is_test=chance.random() < 0.1,
                completed_at=moment,
            )
        )
    Conversion.objects.bulk_create(rows)
    return rows


def test_what_was_settled_is_counted_for_either_time_and_for_what_had_waited() -> None:
    chance = random.Random(7)
    period = week()
    rows = []
    for _ in range(60):
        ago, took = chance.random() * 21 * DAY, chance.random() * 5 * DAY
        status = chance.choice(["accepted", "rejected", "unconfirmed", "failed", "cancelled"])
        rows.append(postback(status, ago=ago, took=took.total_seconds(), is_test=chance.random() < 0.1))
    real = [row for row in rows if not row.is_test]

    found = [row for row in standings.read_standings(period) if not row.is_open]

    for status in Postback.Status:
        settled = [row.settled_at for row in real if row.status == status and row.settled_at]
        told = [row for row in found if row.state == status]
        assert sum(row.in_period for row in told) == sum(period.start <= at < period.end for at in settled)
        assert sum(row.in_before for row in told) == sum(
            period.before_start <= at < period.before_end for at in settled
        )
    waited = [row for row in real if row.settled_at and row.created_at < period.start <= row.settled_at]
    assert sum(row.waited_at_start for row in found) == len(waited) > 0
