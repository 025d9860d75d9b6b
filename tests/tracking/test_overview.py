"""The overview in Django admin: what it adds up, what it compares with, where its figures lead, what it costs."""

import random
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.factories import ConversionFactory, OfferFactory, PostbackFactory
from tests.tracking.admin_pages import staff
from tracking.models import Adjustment, Conversion, LandingCount, Offer, Postback, WorkerHeartbeat
from tracking.reports import needs
from tracking.reports.overview import OverviewPage, from_day_to_day, last_days, last_hours, overview, reading
from tracking.reports.overview.figures import Figure
from tracking.reports.overview.period import Period

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 10, 12, 30, tzinfo=UTC)
ADDRESS = "/admin/tracking/overview/"


def offer() -> Offer:
    found: Offer = Offer.objects.first() or OfferFactory.create()
    return found


def order(outcome: str = "organic", *, ago: timedelta = timedelta(hours=1), **values: Any) -> Conversion:
    """An order so long before NOW."""
    earned = {"offer": offer()} if outcome == "credited" else {"offer": None, "affiliate_id": ""}
    conversion: Conversion = ConversionFactory.create(
        **{"outcome": outcome, "completed_at": NOW - ago, **earned, **values}
    )
    return conversion


def postback(status: str, *, ago: timedelta = timedelta(hours=1), took: float = 1, **values: Any) -> Postback:
    """A postback settled so long before NOW, or created then where it is not settled."""
    at = NOW - ago
    times: dict[str, Any] = {"created_at": at - timedelta(seconds=took), "settled_at": at, "verdict": status}
    if status in {"pending", "sending"}:
        times = {"created_at": at}
    if status == "sending":
        times |= {"claim_token": "1" * 32, "lease_expires_at": NOW + timedelta(minutes=1)}
    row: Postback = PostbackFactory.create(
        **{"status": status, "offer": offer(), "conversion__completed_at": at, **times, **values}
    )
    return row


def week() -> Period:
    return last_days(7, now=NOW, zone=UTC)


def page_of(period: Period | None = None) -> OverviewPage:
    return overview(period or week(), now=NOW)


def figure(label: str, period: Period | None = None) -> Figure:
    return next(each for each in page_of(period).figures if each.label == label)


def plain(text: str) -> str:
    return text.replace("\u202f", " ")


DAY = timedelta(days=1)
PERIODS: dict[str, Any] = {
    "24h": lambda now, zone: last_hours(24, now=now, zone=zone),
    "30d": lambda now, zone: last_days(30, now=now, zone=zone),
    "own, by weeks, not over": lambda now, zone: from_day_to_day(
        (now - 160 * DAY).date(), (now + 9 * DAY).date(), now=now, zone=zone
    ),
}


# Figures ----------------------------------------------------------------------------------------------------


def test_credited_orders_are_counted_against_the_period_before() -> None:
    for ago in (0, 1, 6, 7, 13):
        order("credited", ago=ago * DAY + timedelta(minutes=1))
    order("organic")
    shown = figure("Credited orders")
    assert (shown.value, shown.compared) == ("3", "+50 %: 2 before")


def test_the_period_before_ends_at_the_same_time_of_day() -> None:
    order("credited", ago=7 * DAY + timedelta(minutes=1))
    order("credited", ago=7 * DAY - timedelta(minutes=1))  # later that day than it is now
    assert figure("Credited orders").compared == "-100 %: 1 before"


def test_goods_are_told_in_each_currency() -> None:
    order("credited", items_total=Decimal("1234567.50"))
    order("credited")
    order("credited", currency="EUR", items_total=Decimal(10))
    order("credited", ago=8 * DAY)
    shown = figure("Their goods")
    assert plain(shown.value) == "1 234 617.49 USD"
    assert shown.more == ("10.00 EUR",)
    assert shown.compared.endswith("49.99 USD before")


def test_the_acceptance_rate_is_of_what_was_settled() -> None:
    for status in ("accepted", "accepted", "accepted", "rejected"):
        postback(status)
    postback("cancelled")
    postback("pending")
    postback("accepted", ago=8 * DAY)
    postback("unconfirmed", ago=8 * DAY)
    shown = figure("Acceptance rate")
    assert (shown.value, shown.compared) == ("75.0 %", "+25.0 points: 50.0 % before")
    assert shown.tone == "bad"


def test_one_refusal_among_many_is_not_rounded_away() -> None:
    from tracking.reports.overview.figures import _percent

    assert _percent(Decimal("99.99")) == "99.9 %"
    assert _percent(Decimal(100)) == "100 %"


def test_what_waits_is_told_against_the_periods_beginning() -> None:
    postback("pending")
    postback("pending", ago=9 * DAY)
    postback("sending")
    postback("accepted", ago=DAY, took=8 * 86400)  # waited when the week began
    shown = figure("Waiting now")
    assert (shown.value, shown.compared) == ("3", "2 when this period began")


def test_what_needs_a_person_is_counted_as_its_list_has_it() -> None:
    for status in ("rejected", "unconfirmed", "failed"):
        postback(status)
    postback("failed", ago=9 * DAY)
    postback("failed", is_called_off=True)
    postback("pending", due_at=None)
    order("unknown_offer")
    Adjustment.objects.create(postback=postback("accepted", amount_left=0), reason="cancelled", since=NOW - DAY)
    shown = figure("Needing attention")
    assert (shown.value, shown.compared) == ("7", "6 of this period, 1 of the one before")
    assert sum(needs.counts(needs.SOURCES).values()) == 7


def test_tests_are_outside_all_figures() -> None:
    order("credited", is_test=True)
    postback("rejected", is_test=True, conversion__is_test=True)
    postback("pending", is_test=True, conversion__is_test=True)
    shown = page_of()
    assert [each.value for each in shown.figures] == ["0", "0.00", "-", "0", "0"]
    assert shown.strip == ()


# Days -------------------------------------------------------------------------------------------------------


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

    found = [row for row in reading.read_standings(period) if not row.is_open]

    for status in Postback.Status:
        settled = [row.settled_at for row in real if row.status == status and row.settled_at]
        told = [row for row in found if row.state == status]
        assert sum(row.in_period for row in told) == sum(period.start <= at < period.end for at in settled)
        assert sum(row.in_before for row in told) == sum(
            period.before_start <= at < period.before_end for at in settled
        )
    waited = [row for row in real if row.settled_at and row.created_at < period.start <= row.settled_at]
    assert sum(row.waited_at_start for row in found) == len(waited) > 0


# Who earned what --------------------------------------------------------------------------------------------


def test_affiliates_sales_stand_against_organic_ones() -> None:
    order("credited")
    order("organic")
    order("organic")
    order("expired")
    shown = page_of().share
    assert [(line.name, line.orders, line.share) for line in shown.lines] == [
        ("Through affiliates", "1", "25 %"),
        ("Organic", "2", "50 %"),
        ("Neither: see why below", "1", "25 %"),
    ]
    assert [(part.y, part.height) for part in shown.bar] == [(0, 250), (250, 500), (750, 250)]


def test_the_top_affiliates_come_with_their_goods() -> None:
    for affiliate, number in (("few", 1), ("many", 3)):
        for _ in range(number):
            order("credited", affiliate_id=affiliate)
    order("credited", affiliate_id="many", currency="EUR")
    order("credited", affiliate_id="past", ago=8 * DAY)
    assert [(line.name, line.orders, line.goods) for line in page_of().affiliates] == [
        ("many", "4", ("149.97 USD", "49.99 EUR")),
        ("few", "1", ("49.99 USD",)),
    ]


def test_the_top_offers_come_by_name() -> None:
    spring = OfferFactory.create(offer_id="999", name="Spring", is_default=False)
    order("credited", offer=spring)
    order("credited", offer=spring)
    autumn = OfferFactory.create()
    order("credited", offer=autumn)
    assert [(line.name, line.orders, line.share) for line in page_of().offers] == [
        ("Spring (999)", "2", "67 %"),
        ("Autumn (12345)", "1", "33 %"),
    ]


def test_orders_are_added_up_by_outcome_and_reason() -> None:
    order("credited")
    order("organic", currency="EUR", items_total=Decimal(5))
    order("organic", items_total=Decimal(7))
    order("excluded", cause="no_amount", items_total=Decimal(0))
    order("excluded", cause="lacks_id", items_total=Decimal(3))
    assert [(line.kind, line.why, line.orders, line.share, line.goods) for line in page_of().reasons] == [
        ("credited", "", "1", "20 %", ("49.99 USD",)),
        ("organic", "", "2", "40 %", ("5.00 EUR", "7.00 USD")),
        ("excluded", "The click lacks the id that the offer's protocol reports", "1", "20 %", ("3.00 USD",)),
        ("excluded", "No positive amount", "1", "20 %", ("0.00 USD",)),
    ]


def test_every_cause_can_be_told() -> None:
    for cause in Conversion.Cause:
        order("excluded", cause=cause)
    assert {line.why for line in page_of().reasons} == {cause.label for cause in Conversion.Cause}


# Is it working ----------------------------------------------------------------------------------------------


def test_the_time_from_commit_to_accepted_is_told_for_half_and_for_most() -> None:
    for seconds in [*range(1, 100), 600]:
        postback("accepted", took=seconds)
    postback("accepted", took=9999, ago=8 * DAY)
    postback("accepted", took=9999, verdict="unconfirmed")  # marked by a person
    shown = page_of().times
    assert shown
    assert (shown.half, shown.most, shown.of) == ("50.0 s", "1 minute", "100 accepted")


def test_a_hold_is_no_delay() -> None:
    postback("accepted", took=86400, held_until=NOW - timedelta(hours=1, seconds=2))
    shown = page_of().times
    assert shown
    assert shown.half == "2.0 s"


def test_the_strip_has_the_last_sixty_the_newest_last() -> None:
    rows = [postback("accepted", ago=400 * DAY) for _ in range(61)]
    newest = postback("rejected")
    shown = page_of().strip
    assert len(shown) == 60
    assert shown[-1].url == reverse("admin:tracking_postback_change", args=[newest.pk])
    assert shown[0].url == reverse("admin:tracking_postback_change", args=[rows[2].pk])


def test_the_oldest_waiting_postback_is_told_with_its_reason() -> None:
    postback("pending", ago=timedelta(hours=5), due_at=None, detail="No rate from EUR to USD.")
    postback("pending", ago=timedelta(hours=2), due_at=NOW)
    shown = page_of().oldest
    assert shown
    assert (shown.since, shown.why) == ("5 hours, since 07:30 UTC", "No rate from EUR to USD.")


def test_the_reason_shows_no_secret() -> None:
    offer().__class__.objects.update(pasted_security_token="s3cret")
    postback("pending", due_at=None, detail="Got s3cret back.")
    shown = page_of().oldest
    assert shown
    assert "s3cret" not in shown.why


def test_a_postback_that_nobody_sends_says_so() -> None:
    postback("pending", due_at=NOW - timedelta(hours=1))
    shown = page_of().oldest
    assert shown
    assert "nobody has sent it" in shown.why


def test_landings_with_an_unreplaced_macro_are_told() -> None:
    for finding, parameter, number, ago in (
        ("any", "", 200, 0),
        ("unreplaced_macro", "affiliate_id", 24, 0),
        ("unreplaced_macro", "affiliate_id", 500, 8),
        ("invalid", "", 3, 0),
    ):
        LandingCount.objects.add(day=(NOW - ago * DAY).date(), finding=finding, parameter=parameter, number=number)
    shown = page_of().landings
    assert [(line.found, line.parameter, line.landings, line.share) for line in shown.lines] == [
        ("an unreplaced macro", "affiliate_id", "24", "12 %"),
        ("no valid id", "", "3", "1.5 %"),
    ]
    assert shown.number == "200"


def test_workers_are_shown_with_their_signs_of_life() -> None:
    for name, ago in (("old", 300), ("new", 3)):
        beat = NOW - timedelta(seconds=ago)
        WorkerHeartbeat.objects.create(name=name, started_at=beat, beat_at=beat, delivered=12345)
    shown = page_of().workers
    assert [(worker.name, worker.is_alive, worker.beat) for worker in shown] == [
        ("new", True, "3 seconds ago"),
        ("old", False, "5 minutes ago"),
    ]


def test_the_way_to_the_first_accepted_postback_is_shown_until_there_is_one() -> None:
    assert [step.is_done for step in page_of().set_up] == [False, False, False, False]
    offer()
    LandingCount.objects.add(day=NOW.date(), finding="any", parameter="")
    order("organic")
    assert [step.is_done for step in page_of().set_up] == [True, True, True, False]
    postback("accepted")
    assert page_of().set_up == ()


# The page ---------------------------------------------------------------------------------------------------


def everything() -> None:
    """Something in each part of the page."""
    for outcome in Conversion.Outcome:
        for days in (0, 1, 20, 40):
            order(outcome, ago=days * DAY + timedelta(minutes=5))
    for status in Postback.Status:
        postback(status)
    LandingCount.objects.add(day=NOW.date(), finding="any", parameter="", number=1500)
    LandingCount.objects.add(day=NOW.date(), finding="unreplaced_macro", parameter="affiliate_id", number=7)
    WorkerHeartbeat.objects.create(name="host:1", started_at=NOW, beat_at=NOW)


def shown_to(client: Client, **query: str) -> str:
    response = client.get(ADDRESS, query)
    assert response.status_code == 200
    html: str = response.content.decode()
    return html


@pytest.fixture
def boss() -> Client:
    """Somebody who may do everything, at NOW."""
    client = Client()
    client.force_login(User.objects.create_superuser("boss"))
    return client


@pytest.fixture(autouse=True)
def _at_noon() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


def test_the_page_has_its_address(boss: Client) -> None:
    assert reverse("admin:tracking_overview_changelist") == ADDRESS
    assert "Overview" in shown_to(boss)


@pytest.mark.parametrize("period", ["24h", "7d", "30d", "90d"])
def test_a_period_is_chosen_by_a_link(boss: Client, period: str) -> None:
    everything()
    html = shown_to(boss, period=period)
    assert f'<a href="?period={period}" aria-current="page">' in html


def test_a_period_of_ones_own_is_shown(boss: Client) -> None:
    everything()
    html = shown_to(boss, first="2026-02-18", last="2026-02-18")
    assert "6 orders in 2026-02-18" in html


@pytest.mark.parametrize(
    ("query", "complaint"),
    [
        ({"first": "2026-03-02", "last": "2026-03-01"}, "The first day comes after the last one"),
        ({"first": "yesterday", "last": "2026-03-01"}, "Enter a valid date"),
        ({"first": "2026-03-02"}, "This field is required"),
        ({"first": "0001-01-01", "last": "9999-12-31"}, "Give days from 2000 to 2100"),
        ({"first": "2020-01-01", "last": "2026-12-31"}, "Give three years at most"),
    ],
)
def test_a_period_that_cannot_be_is_refused(boss: Client, query: dict[str, str], complaint: str) -> None:
    assert complaint in shown_to(boss, **query)


@pytest.mark.parametrize("period", ["24h", "7d", "30d", "90d"])
def test_every_link_leads_to_the_rows_behind_its_figure(boss: Client, period: str) -> None:
    everything()
    html = shown_to(boss, period=period)
    links = re.findall(r'<a href="(/admin/tracking/(?:conversion|postback)/\?[^"]+)">(?:<bdi>)?([\d\u202f]+)<', html)
    assert len(links) > 10
    for address, number in set(links):
        response = boss.get(unescape(address))
        assert response.status_code == 200, address
        assert response.context["cl"].result_count == int(number), address


def test_all_other_links_lead_somewhere(boss: Client) -> None:
    everything()
    for address in set(re.findall(r'href="(/admin/[^"]*)"', shown_to(boss))):
        assert boss.get(unescape(address)).status_code == 200, address


@pytest.mark.parametrize("language", ["de", "ar", "en"])
def test_a_locale_changes_no_number_of_a_chart(boss: Client, settings: Any, language: str) -> None:
    everything()
    order("credited", items_total=Decimal("1234567.50"))
    settings.LANGUAGE_CODE, settings.USE_THOUSAND_SEPARATOR = language, True
    html = shown_to(boss)
    bars = re.findall(r'<rect class="tracking-part--\w+" ([^>]*) />', html)
    assert len(bars) > 20
    assert all(re.fullmatch(r'x="\d+" y="\d+" width="\d+" height="\d+"', bar) for bar in bars)
    assert "1\u202f235\u202f067.40 USD" in html


def test_arabic_runs_from_right_to_left(boss: Client, settings: Any) -> None:
    everything()
    settings.LANGUAGE_CODE = "ar"
    assert 'dir="rtl"' in shown_to(boss)


@pytest.mark.parametrize("period", ["24h", "90d"])
def test_the_page_costs_at_most_twelve_queries_for_anybody(period: str, django_assert_max_num_queries: Any) -> None:
    everything()
    client = staff("view_overview", "view_alert")
    with django_assert_max_num_queries(12):
        shown_to(client, period=period)


def test_an_empty_shop_is_led_through_the_set_up(boss: Client, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(12):
        html = shown_to(boss)
    assert "From here to the first accepted postback" in html
    assert reverse("admin:tracking_offer_add") in html
    assert "tracking-figures" not in html


def test_charts_tell_their_finding_to_those_who_do_not_see_them(boss: Client) -> None:
    everything()
    html = shown_to(boss)
    for name in ("tracking-chart-orders", "tracking-chart-outcome", "tracking-share-finding"):
        assert f'role="img" aria-labelledby="{name}"' in html
        assert re.search(rf'<title id="{name}">[^<]*\d', html)


def test_no_text_from_outside_becomes_html(boss: Client) -> None:
    hostile = "<script>alert(1)</script>"
    order("credited", affiliate_id=hostile)
    postback("pending", due_at=None, detail=hostile, conversion__order_id=hostile)
    WorkerHeartbeat.objects.create(name=hostile, started_at=NOW, beat_at=NOW)
    html = shown_to(boss)
    assert hostile not in html
    assert html.count("&lt;script&gt;") >= 4


@pytest.mark.parametrize(
    ("permissions", "status"), [(["view_conversion", "view_postback"], 403), (["view_overview"], 200)]
)
def test_who_may_not_see_the_overview_does_not(permissions: list[str], status: int) -> None:
    assert staff(*permissions).get(ADDRESS).status_code == status


def test_the_index_leads_there(boss: Client) -> None:
    for name in ("index", "app_list"):
        args = ["tracking"] if name == "app_list" else []
        html = boss.get(reverse(f"admin:{name}", args=args)).content.decode()
        assert "Overview of affiliate tracking" in html


def test_the_list_of_orders_leads_there(boss: Client) -> None:
    assert ADDRESS in boss.get(reverse("admin:tracking_conversion_changelist")).content.decode()


def test_now_is_the_usual_end() -> None:
    assert last_days(7, now=timezone.now(), zone=UTC).end == NOW
