"""Totals per reason and period: what became of the orders, and what the landings carried."""

import threading
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import OperationalError, connection
from django.test import Client
from django.urls import reverse

from tests.factories import ConversionFactory, OfferFactory
from tests.tracking.test_admin import staff
from tracking.capture import tally
from tracking.capture.clicks import Finding, Landing
from tracking.models import Conversion, LandingCount
from tracking.reports.totals import percent, totals

pytestmark = pytest.mark.django_db

DAY = date(2026, 3, 1)


def order(outcome: str, cause: str = "", **values: Any) -> None:
    times = {"completed_at": datetime(2026, 3, 1, 12, tzinfo=UTC)}
    ConversionFactory(**{"outcome": outcome, "cause": cause, "offer": None, **times, **values})


def landings(finding: str, number: int, parameter: str = "", day: date = DAY) -> None:
    LandingCount.objects.add(day=day, finding=finding, parameter=parameter, number=number)


# The figures ------------------------------------------------------------------------------------------------


def test_orders_are_added_up_by_outcome_and_reason() -> None:
    offer = OfferFactory()
    order("credited", offer=offer)
    order("credited", offer=offer, items_total=Decimal("10.01"))
    order("organic", currency="EUR", items_total=Decimal(5))
    order("organic", currency="USD", items_total=Decimal(7))
    order("excluded", "no_amount", items_total=Decimal(0))
    order("excluded", "lacks_id", items_total=Decimal(3))
    shown = totals(DAY, DAY)
    assert shown.orders == 6
    assert [(row.outcome, row.why, row.orders, row.share, row.goods) for row in shown.outcomes] == [
        ("credited", "", 2, "33 %", "60.00 USD"),
        ("organic", "", 2, "33 %", "5.00 EUR, 7.00 USD"),
        ("excluded", "The click lacks the id that the offer's protocol reports", 1, "17 %", "3.00 USD"),
        ("excluded", "No positive amount", 1, "17 %", "0.00 USD"),
    ]


@pytest.mark.parametrize(
    ("completed_at", "is_in"),
    [
        (datetime(2026, 2, 28, 23, 59, 59, tzinfo=UTC), False),
        (datetime(2026, 3, 1, tzinfo=UTC), True),
        (datetime(2026, 3, 2, 23, 59, 59, tzinfo=UTC), True),
        (datetime(2026, 3, 3, tzinfo=UTC), False),
    ],
)
def test_both_days_are_in_the_period(completed_at: datetime, is_in: bool) -> None:
    order("organic", completed_at=completed_at)
    assert totals(DAY, date(2026, 3, 2)).orders == int(is_in)


def test_days_begin_in_the_projects_time_zone(settings: Any) -> None:
    settings.TIME_ZONE = "Europe/Berlin"
    order("organic", completed_at=datetime(2026, 2, 28, 23, 30, tzinfo=UTC))
    assert totals(DAY, DAY).orders == 1


def test_tests_are_outside_all_totals() -> None:
    order("organic", is_test=True)
    assert totals(DAY, DAY).orders == 0


def test_the_share_of_landings_with_an_unreplaced_macro_is_told() -> None:
    landings("any", 100)
    landings("any", 100, day=date(2026, 3, 2))
    landings("unreplaced_macro", 24, "affiliate_id")
    landings("unreplaced_macro", 500, "affiliate_id", day=date(2026, 3, 3))
    landings("invalid", 3)
    shown = totals(DAY, date(2026, 3, 2))
    assert shown.landings == 200
    assert [(row.found, row.parameter, row.landings, row.share) for row in shown.findings] == [
        ("An unreplaced macro", "affiliate_id", 24, "12 %"),
        ("No valid id", "", 3, "1.5 %"),
    ]


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [(12, 100, "12 %"), (1, 3, "33 %"), (1, 30, "3.3 %"), (0, 5, "0 %"), (5, 5, "100 %"), (5, 0, ""), (6, 5, "")],
)
def test_a_share_is_written_shortly(part: int, whole: int, text: str) -> None:
    assert percent(part, whole) == text


def test_totals_cost_two_queries_however_many_orders(django_assert_num_queries: Any) -> None:
    for _ in range(5):
        order("organic")
    with django_assert_num_queries(2):
        totals(DAY, DAY)


# Counting landings ------------------------------------------------------------------------------------------


def test_every_landing_with_an_id_is_counted_without_a_query(client: Client, django_assert_num_queries: Any) -> None:
    with time_machine.travel(datetime(2026, 3, 1, 12, tzinfo=UTC), tick=False):
        for query in ("affiliate_id=77", "affiliate_id={affiliate_id}", "affiliate_id=%20", "q=shoes"):
            client.get(f"/?{query}")
    assert not LandingCount.objects.filter(finding="any").exists()
    tally.write()
    counts = set(LandingCount.objects.values_list("finding", "parameter", "count"))
    assert counts == {("any", "", 3), ("invalid", "", 1), ("unreplaced_macro", "affiliate_id", 1)}


def test_counting_costs_no_query(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        tally.count(Landing(Finding.VALID))


def test_counts_of_several_writes_are_added() -> None:
    for _ in range(2):
        tally.count(Landing(Finding.VALID))
        tally.write()
    tally.write()
    assert LandingCount.objects.get().count == 2


def test_threads_side_by_side_lose_no_landing() -> None:
    def count() -> None:
        for _ in range(500):
            tally.count(Landing(Finding.VALID))

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    tally.write()
    assert LandingCount.objects.get().count == 2000


@pytest.mark.django_db(transaction=True)
def test_what_cannot_be_written_is_written_the_next_time(caplog: pytest.LogCaptureFixture) -> None:
    def refuse(*_args: Any) -> Any:
        raise OperationalError("the database is away")

    tally.count(Landing(Finding.VALID))
    with connection.execute_wrapper(refuse):
        tally.write()
    assert "Landings could not be counted" in caplog.text
    tally.count(Landing(Finding.VALID))
    tally.write()
    assert LandingCount.objects.get().count == 2


# The page ---------------------------------------------------------------------------------------------------


def page(client: Client, **query: str) -> str:
    response = client.get(reverse("admin:tracking_conversion_totals"), query)
    assert response.status_code == 200
    html: str = response.content.decode()
    return html


def test_the_page_shows_a_period(admin_client: Client) -> None:
    order("excluded", "no_amount", items_total=Decimal(0))
    landings("any", 50)
    landings("unreplaced_macro", 6, "affiliate_id")
    html = page(admin_client, first="2026-03-01", last="2026-03-01")
    assert "No positive amount" in html
    assert "<strong>12 %</strong> of landings" in html
    assert "6 of 50" in html


def test_without_a_period_the_last_four_weeks_are_shown(admin_client: Client) -> None:
    with time_machine.travel(datetime(2026, 3, 28, 12, tzinfo=UTC), tick=False):
        client = Client()
        client.force_login(staff_user())
        order("organic")
        html = page(client)
    assert 'value="2026-03-01"' in html
    assert "All orders" in html


def staff_user() -> Any:
    from django.contrib.auth.models import User

    return User.objects.create_superuser("boss")


def test_an_empty_period_says_so(admin_client: Client) -> None:
    html = page(admin_client, first="2020-01-01", last="2020-01-02")
    assert "No order was completed in this time." in html
    assert "Nobody landed" in html


@pytest.mark.parametrize(
    ("query", "complaint"),
    [
        ({"first": "2026-03-02", "last": "2026-03-01"}, "The first day comes after the last one"),
        ({"first": "yesterday", "last": "2026-03-01"}, "Enter a valid date"),
        ({"first": "2026-03-02"}, "This field is required"),
        ({"first": "0001-01-01", "last": "9999-12-31"}, "Give days from 2000 to 2100"),
    ],
)
def test_a_period_that_cannot_be_is_refused(admin_client: Client, query: dict[str, str], complaint: str) -> None:
    assert complaint in page(admin_client, **query)


@pytest.mark.parametrize(("permission", "status"), [("view_offer", 403), ("view_conversion", 200)])
def test_who_may_not_see_orders_sees_no_totals(permission: str, status: int) -> None:
    assert staff(permission).get(reverse("admin:tracking_conversion_totals")).status_code == status


def test_the_list_leads_there(admin_client: Client) -> None:
    html = admin_client.get(reverse("admin:tracking_conversion_changelist")).content.decode()
    assert reverse("admin:tracking_conversion_totals") in html


def test_every_cause_can_be_told() -> None:
    for cause in Conversion.Cause:
        order("excluded", cause)
    assert {row.why for row in totals(DAY, DAY).outcomes} == {cause.label for cause in Conversion.Cause}
