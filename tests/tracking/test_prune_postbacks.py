"""`prune_postbacks`: the log does not grow for ever, and nothing goes that anybody may still need."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from tests.factories import OfferFactory, PostbackFactory, completed_order, visit_from
from tests.tracking.terminal import Ended, run
from tracking.models import Adjustment, Attempt, Conversion, EarlyRefund, Offer, Postback
from tracking.postbacks import outbox
from tracking.postbacks.outbox import pruning
from tracking.postbacks.outbox.pruning import Pruned, prune
from tracking.reports.explain import explain
from tracking.signals import order_completed

pytestmark = pytest.mark.django_db


@pytest.fixture
def offer() -> Offer:
    found: Offer = OfferFactory()
    return found


def prune_postbacks(*arguments: str) -> Ended:
    return run("prune_postbacks", *arguments)


def days_ago(days: float) -> datetime:
    return timezone.now() - timedelta(days=days)


def postback(offer: Offer, *, settled: float, status: str = "accepted", verdict: str = "accepted") -> Postback:
    """A postback with one attempt, both so many days old."""
    lease = {"claim_token": "1" * 32, "lease_expires_at": days_ago(settled)} if status == "sending" else {}
    row: Postback = PostbackFactory(
        offer=offer,
        status=status,
        attempts_made=1,
        created_at=days_ago(settled),
        due_at=days_ago(settled) if status == "pending" else None,
        settled_at=None if status in {"pending", "sending"} else days_ago(settled),
        conversion__completed_at=days_ago(settled),
        **lease,
    )
    attempt(row, started=settled, verdict=verdict)
    return row


def attempt(row: Postback, *, started: float, verdict: str = "accepted") -> Attempt:
    return Attempt.objects.create(
        postback=row, started_at=days_ago(started), duration_ms=20, url="https://get.aspr.app/", verdict=verdict
    )


# What goes --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settled", "kept"), [(401, (0, 0)), (399, (1, 0)), (91, (1, 0)), (89, (1, 1))], ids=lambda value: str(value)
)
def test_postbacks_stay_for_400_days_and_attempts_for_90(offer: Offer, settled: float, kept: tuple[int, int]) -> None:
    postback(offer, settled=settled)
    ended = prune_postbacks()
    assert (ended.status, ended.err) == (0, "")
    assert (Postback.objects.count(), Attempt.objects.count()) == kept


def test_it_tells_what_went(offer: Offer) -> None:
    postback(offer, settled=500)
    postback(offer, settled=100, status="cancelled")
    assert prune_postbacks().out == "Pruned: 1 postback, 2 attempts.\n"
    assert prune_postbacks().out == "Pruned: 0 postbacks, 0 attempts.\n"


def test_days_says_how_long_postbacks_stay_and_no_attempt_outlives_its_own(offer: Offer) -> None:
    postback(offer, settled=31)
    young = postback(offer, settled=29)
    assert prune_postbacks("--days", "30").out == "Pruned: 1 postback, 1 attempt.\n"
    assert Postback.objects.get() == young
    assert Attempt.objects.get().postback == young


@pytest.mark.parametrize("days", ["0", "-1", "99999999"])
def test_wrong_usage_exits_2(offer: Offer, days: str) -> None:
    postback(offer, settled=500)
    assert prune_postbacks(f"--days={days}").status == 2
    assert Postback.objects.exists()


def test_a_dry_run_counts_the_same_and_deletes_nothing(offer: Offer) -> None:
    for settled in (500, 450, 200, 10):
        postback(offer, settled=settled)
    before = (list(Postback.objects.values()), list(Attempt.objects.values()))
    assert prune_postbacks("--dry-run").out == "Would prune: 2 postbacks, 3 attempts.\n"
    assert (list(Postback.objects.values()), list(Attempt.objects.values())) == before
    assert prune_postbacks().out == "Pruned: 2 postbacks, 3 attempts.\n"


# What stays -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["pending", "sending", "unconfirmed", "rejected", "failed"])
def test_what_is_not_settled_or_needs_a_person_stays_with_its_attempts(offer: Offer, status: str) -> None:
    row = postback(offer, settled=1000, status=status)
    assert prune(now=timezone.now()) == Pruned(postbacks=0, attempts=0)
    assert row.attempts.count() == 1


def test_every_state_that_can_be_left_again_stays(offer: Offer) -> None:
    """A state that a person can send from or settle is no place of rest."""
    leavable = outbox.CAN_BE_SENT_AGAIN | outbox.CAN_BE_MARKED_ACCEPTED | outbox.CAN_BE_CANCELLED
    assert not pruning.AT_REST & leavable
    assert pruning.AT_REST | leavable | {Postback.Status.SENDING} == set(Postback.Status)


@pytest.mark.parametrize("status", ["rejected", "failed"])
def test_the_doubt_about_what_was_given_up_outlives_pruning(offer: Offer, status: str) -> None:
    postback(offer, settled=1000, status=status, verdict="unconfirmed")
    prune(now=timezone.now())
    assert Postback.objects.filter(outbox.doubtful()).exists()


def test_what_a_person_has_just_settled_keeps_the_attempts_that_it_rests_on(offer: Offer) -> None:
    row = postback(offer, settled=200, status="unconfirmed", verdict="unconfirmed")
    outbox.mark_accepted(Postback.objects.all(), why="Aspire has it.")
    prune(now=timezone.now())
    assert row.attempts.count() == 1


# The ledger -------------------------------------------------------------------------------------------------


def test_an_order_completed_again_after_pruning_is_not_reported_again(offer: Offer) -> None:
    order_completed.send(sender=None, order=completed_order(), request=visit_from("77"))
    Postback.objects.update(status="accepted", created_at=days_ago(500), settled_at=days_ago(500), due_at=None)
    prune(now=timezone.now())
    order_completed.send(sender=None, order=completed_order(), request=visit_from("77"))
    assert Conversion.objects.get().outcome == "credited"
    assert not Postback.objects.exists()


def test_the_story_of_an_order_says_that_its_postback_was_pruned(offer: Offer) -> None:
    row = postback(offer, settled=500)
    prune(now=timezone.now())
    story = explain(row.conversion.order_id, now=timezone.now())
    assert "prune_postbacks has deleted it" in story.orders[0].next_step


# Page by page -----------------------------------------------------------------------------------------------


def test_pages_are_walked_to_the_end_of_what_is_old(offer: Offer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pruning, "PAGE", 2)
    for settled in (900, 900, 800, 800, 700, 600, 10):
        postback(offer, settled=settled, status="accepted" if settled != 800 else "rejected")
    assert prune(now=timezone.now()) == Pruned(postbacks=4, attempts=4)
    assert Postback.objects.count() == 3


def test_attempts_go_a_page_at_a_time(offer: Offer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pruning, "PAGE", 3)
    row = postback(offer, settled=500)
    for _ in range(6):
        attempt(row, started=500)
    with CaptureQueriesContext(connection) as queries:
        prune(now=timezone.now())
    tables = [query["sql"].partition("WHERE")[0] for query in queries if query["sql"].startswith("DELETE")]
    tables = [table for table in tables if "adjustment" not in table]
    # Three pages of attempts; then the postback, which would take along what is left.
    assert ["attempt" in table for table in tables[:3]] == [True, True, True]
    assert "attempt" not in tables[-1]
    assert not Attempt.objects.exists()


def test_a_long_young_tail_is_not_read(
    offer: Offer, monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    monkeypatch.setattr(pruning, "PAGE", 1)
    for _ in range(10):
        postback(offer, settled=1)
    with django_assert_max_num_queries(7):  # one look at the first page of each table
        prune(now=timezone.now())


# What came back ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("done", "is_kept"), [(None, True), (10, True), (500, False)])
def test_a_postback_stays_while_somebody_has_to_see_to_its_adjustment(
    offer: Offer, done: float | None, is_kept: bool
) -> None:
    row = postback(offer, settled=500)
    Postback.objects.update(amount_left=0)
    done_at = None if done is None else days_ago(done)
    Adjustment.objects.create(postback=row, reason="refunded", since=days_ago(450), done_at=done_at)
    prune(now=timezone.now())
    assert Postback.objects.exists() == Adjustment.objects.exists() == is_kept


def test_what_was_given_up_stays_on_the_worklist_with_the_attempt_that_put_it_there(offer: Offer) -> None:
    row = postback(offer, settled=500, status="cancelled", verdict="unconfirmed")
    Postback.objects.update(amount_left=0)
    Adjustment.objects.create(postback=row, reason="refunded", since=days_ago(450))
    prune(now=timezone.now())
    assert Adjustment.objects.open().count() == Attempt.objects.count() == 1


def test_an_adjustment_that_is_not_needed_keeps_nothing(offer: Offer) -> None:
    row = postback(offer, settled=500)
    Postback.objects.update(amount_left=row.amount)
    Adjustment.objects.create(postback=row, reason="refunded", since=days_ago(450))
    assert prune(now=timezone.now()).postbacks == 1


def test_refunds_of_orders_that_never_came_are_forgotten_after_90_days() -> None:
    for order_id, days in (("old", 91), ("new", 89)):
        EarlyRefund.objects.create(order_id=order_id, items_left=0, told_at=days_ago(days))
    prune(now=timezone.now(), dry_run=True)
    assert EarlyRefund.objects.count() == 2
    prune(now=timezone.now())
    assert EarlyRefund.objects.get().order_id == "new"
