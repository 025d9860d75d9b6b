"""What the watch sees in a real database."""

from typing import Any

import pytest
import time_machine
from django.core import mail

from tests.factories import ConversionFactory, OrderDetailsFactory
from tests.tracking.watch.steps import DAY, HOUR, NOW, has_round, owed, settled, tried
from tracking.capture import tally
from tracking.capture.clicks import Finding as Landing
from tracking.models import HostPause, LandingHour, Postback, WorkerHeartbeat
from tracking.watch import rounds

pytestmark = pytest.mark.django_db


def seen() -> list[tuple[str, int]]:
    return [(finding.key, finding.level) for finding in rounds.findings(now=NOW)]


# What it sees -------------------------------------------------------------------------------------------------


def test_a_new_shop_is_in_order(django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(16):
        assert seen() == []


def test_a_busy_shop_costs_few_queries(django_assert_max_num_queries: Any) -> None:
    for status in ("rejected", "unconfirmed", "failed"):
        settled(status, count=3)
    settled("accepted", count=3)
    owed(due_at=None, created_at=NOW - HOUR)
    HostPause.objects.create(host="other.example", paused_until=NOW, since=NOW - HOUR, reason="x")
    with django_assert_max_num_queries(24):
        assert len(seen()) == 5


def test_postbacks_that_need_a_person_are_seen_and_tests_are_not() -> None:
    settled("rejected", detail="Offer\npaused")
    settled("failed", is_test=True)
    [finding] = rounds.findings(now=NOW)
    assert (finding.key, finding.since) == ("needs_person:rejected", NOW - HOUR)
    assert finding.what.endswith("The latest: Offer paused")


def test_order_details_that_were_given_up_on_are_seen(settings: Any) -> None:
    settings.TRACKING_ORDER_DETAILS_SECRET = "s3cr3t-of-details"
    OrderDetailsFactory(status="failed", due_at=None, settled_at=NOW - HOUR, detail="HTTP 401 for s3cr3t-of-details")
    [finding] = rounds.findings(now=NOW)
    assert (finding.key, finding.level, finding.since) == ("needs_person:order details", 1, NOW - HOUR)
    assert "the details of 1 order." in finding.what
    assert "s3cr3t" not in finding.what


def test_a_letter_about_order_details_leads_to_their_list(admin_client: Any) -> None:
    OrderDetailsFactory(status="failed", due_at=None, settled_at=NOW)
    has_round()
    body = mail.outbox[0].body
    path = body.partition("See: https://shop.example")[2].partition("\n")[0]
    assert path == "/admin/tracking/orderdetails/?status__exact=failed"
    assert admin_client.get(path).status_code == 200


def test_a_refusal_whose_order_came_back_is_nothing_to_be_alarmed_about() -> None:
    settled("rejected", is_called_off=True)
    settled("failed", is_called_off=True)
    assert rounds.findings(now=NOW) == []
    settled("unconfirmed", is_called_off=True)
    assert [finding.key for finding in rounds.findings(now=NOW)] == ["needs_person:unconfirmed"]


def test_a_secret_in_what_went_wrong_is_masked(settings: Any) -> None:
    settings.TRACKING_SECURITY_TOKEN = "s3cr3t-token"
    settled("rejected", detail="Bad token s3cr3t-token")
    [finding] = rounds.findings(now=NOW)
    assert "s3cr3t" not in finding.what


@pytest.mark.parametrize(("days", "keys"), [(29, ["no_offer:"]), (31, [])])
def test_orders_without_an_offer_are_seen_for_a_month(days: int, keys: list[str]) -> None:
    ConversionFactory(outcome="unknown_offer", offer=None, completed_at=NOW - days * DAY)
    assert [key for key, _ in seen()] == keys


def test_what_waits_for_a_rate_is_seen() -> None:
    owed(due_at=None, created_at=NOW - HOUR, detail="No rate from EUR to USD")
    assert seen() == [("held:", 1)]


def test_a_try_in_vain_is_silence_after_hours() -> None:
    postback = owed(due_at=NOW + HOUR, attempts_made=3)
    tried(postback, ago=7 * HOUR)
    assert seen() == [("nothing_accepted:", 1)]


def test_what_is_due_and_never_tried_is_silence_too() -> None:
    owed(due_at=NOW - 7 * HOUR)
    WorkerHeartbeat.objects.create(name="w", started_at=NOW, beat_at=NOW)
    assert seen() == [("nothing_accepted:", 1)]


def test_an_order_that_is_held_for_days_is_no_silence() -> None:
    owed(due_at=NOW + 14 * DAY, created_at=NOW - DAY)
    assert seen() == []


def test_an_acceptance_ends_the_silence_and_a_persons_word_does_not() -> None:
    tried(owed(due_at=NOW + HOUR, attempts_made=3), ago=7 * HOUR)
    settled("accepted", ago=2 * HOUR)
    assert seen() == []
    Postback.objects.filter(status="accepted").update(verdict="unconfirmed")
    assert seen() == [("nothing_accepted:", 1)]


def test_a_share_that_falls_is_seen() -> None:
    settled("accepted", ago=3 * DAY, count=60)
    settled("accepted", ago=HOUR, count=10)
    settled("rejected", ago=HOUR, count=15)
    assert ("acceptance:", 2) in seen()


@pytest.mark.parametrize(("engine", "keys"), [("worker", ["no_worker:"]), ("celery", ["no_worker:"]), ("thread", [])])
def test_no_worker_is_seen_where_there_should_be_one(settings: Any, engine: str, keys: list[str]) -> None:
    settings.TRACKING_ENGINE = engine
    owed(due_at=NOW - HOUR)
    assert [key for key, _ in seen() if key == "no_worker:"] == keys


def test_what_waits_for_a_paused_host_does_not_call_for_a_worker() -> None:
    owed(due_at=NOW - HOUR)
    HostPause.objects.create(host="get.aspr.app", paused_until=NOW + HOUR, since=NOW - HOUR, reason="refused")
    assert [key for key, _ in seen()] == ["paused_host:get.aspr.app"]


def test_landings_are_counted_by_the_hour() -> None:
    with time_machine.travel(NOW, tick=False):
        tally._counts[NOW.replace(minute=0), Landing.ANY] += 3
        tally.write()
        tally._counts[NOW.replace(minute=0), Landing.ANY] += 2
        tally.write()
    assert LandingHour.objects.values_list("starts_at", "count").get() == (NOW.replace(minute=0), 5)


def test_landings_that_stay_away_are_seen() -> None:
    hours = [NOW.replace(minute=0) - HOUR * number for number in range(6, 24 * 35)]
    LandingHour.objects.bulk_create(LandingHour(starts_at=hour, count=10) for hour in hours)
    assert [key for key, _ in seen()] == ["no_landings:"]
