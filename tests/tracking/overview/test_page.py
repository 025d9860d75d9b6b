"""The overview's page: where its links lead, what it costs, and who may see it."""

import re
from datetime import UTC, timedelta
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.tracking.admin_pages import staff
from tests.tracking.overview.steps import ADDRESS, DAY, NOW, order, postback
from tracking.models import Conversion, LandingCount, Postback, WorkerHeartbeat
from tracking.reports.overview import last_days

pytestmark = pytest.mark.django_db


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
