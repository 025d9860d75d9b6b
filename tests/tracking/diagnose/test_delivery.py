"""What `diagnose_tracking` finds of the engine and the outbox."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.tracking.diagnose.steps import only, postback
from tracking.reports.diagnose import delivery
from tracking.reports.diagnose.results import Level

pytestmark = pytest.mark.django_db


def test_an_engine_with_nothing_overdue_is_in_order(settings: Any, now: datetime) -> None:
    settings.TRACKING_ENGINE = "thread"
    assert only(delivery.check_engine(now)).level is Level.OK


def test_workers_that_nothing_was_ever_seen_of_are_a_warning(now: datetime) -> None:
    found = only(delivery.check_engine(now))
    assert found.level is Level.WARNING
    assert "manage.py deliver_postbacks" in found.remedy


@pytest.mark.parametrize(("engine", "remedy"), [("thread", "cron"), ("worker", "Start `manage.py deliver_postbacks`")])
def test_overdue_postbacks_show_that_nobody_delivers(settings: Any, now: datetime, engine: str, remedy: str) -> None:
    settings.TRACKING_ENGINE = engine
    postback(due_at=now - timedelta(minutes=10))
    found = only(delivery.check_engine(now))
    assert found.level is Level.FAULT
    assert remedy in found.remedy


def test_an_empty_outbox_is_in_order(now: datetime) -> None:
    assert only(delivery.check_outbox(now)).evidence == "Nothing is owed."


def test_what_is_due_now_is_not_late(now: datetime) -> None:
    postback(due_at=now)
    assert only(delivery.check_outbox(now)).evidence == "1 postback waits to be sent, none is late."


def test_the_oldest_overdue_postback_is_named_with_its_last_try(now: datetime) -> None:
    postback(due_at=now - timedelta(minutes=10), conversion__order_id="1001", detail="no connection")
    postback(due_at=now - timedelta(minutes=5), conversion__order_id="1002")
    found = only(delivery.check_outbox(now))
    assert found.level is Level.FAULT
    assert "2 postbacks are overdue; the oldest, of order 1001" in found.evidence
    assert "(10 minutes). Its last try: no connection." in found.evidence


def test_a_row_that_is_stuck_in_sending_is_a_fault(now: datetime) -> None:
    postback(
        status="sending",
        claim_token=uuid4(),
        lease_expires_at=now - timedelta(minutes=5),
        conversion__order_id="1001",
    )
    found = only(delivery.check_outbox(now))
    assert found.level is Level.FAULT
    assert "stuck in “sending”" in found.evidence
    assert "order 1001" in found.evidence


def test_what_waits_for_something_to_be_mended_is_a_warning(now: datetime) -> None:
    postback(due_at=None, detail="the order is in EUR, the offer in USD")
    found = only(delivery.check_outbox(now))
    assert found.level is Level.WARNING
    assert "the order is in EUR" in found.evidence


@pytest.mark.parametrize("status", ["rejected", "failed", "unconfirmed"])
def test_what_needs_a_person_is_a_warning_with_the_latest_words(now: datetime, status: str) -> None:
    for number in range(1001, 1006):
        postback(status=status, due_at=None, detail=f"Words on {number}", conversion__order_id=str(number))
    found = only(delivery.check_outbox(now))
    assert found.level is Level.WARNING
    assert f"5 postbacks are {status}, orders 1005, 1004, 1003, …; the latest: Words on 1005" in found.evidence


def test_tests_by_hand_are_left_out(now: datetime) -> None:
    postback(status="rejected", is_test=True, due_at=None)
    assert only(delivery.check_outbox(now)).level is Level.OK
