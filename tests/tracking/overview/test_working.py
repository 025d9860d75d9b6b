"""The overview of whether tracking works: times, the oldest that waits, landings, workers."""

from datetime import timedelta

import pytest
from django.urls import reverse

from tests.tracking.overview.steps import DAY, NOW, offer, order, page_of, postback
from tracking.models import LandingCount, WorkerHeartbeat

pytestmark = pytest.mark.django_db


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
