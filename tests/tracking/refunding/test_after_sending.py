"""Orders that come back after they were reported: a person sees to them."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from tests.factories import OfferFactory, PostbackFactory
from tests.tracking.refunding.steps import cancel, figures, open_adjustments, refund
from tracking.models import Adjustment, Attempt, Offer, Postback
from tracking.postbacks import outbox

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("status", ["accepted", "unconfirmed"])
@pytest.mark.parametrize(
    ("how", "expected"),
    [
        (cancel, ("cancelled", Decimal("49.99"), Decimal(0))),
        (lambda: refund("0"), ("refunded", Decimal("49.99"), Decimal(0))),
        (lambda: refund("20"), ("partly_refunded", Decimal("49.99"), Decimal(20))),
    ],
    ids=["cancelled", "refunded", "refunded in part"],
)
def test_what_comes_back_after_it_was_sent_is_for_a_person(offer: Offer, status: str, how: Any, expected: Any) -> None:
    PostbackFactory(offer=offer, status=status, conversion__order_id="1001")
    how()
    assert open_adjustments() == [expected]
    assert figures()[:2] == (status, Decimal("49.99"))


@pytest.mark.parametrize("status", ["rejected", "failed"])
def test_what_aspire_never_counted_needs_nobody(offer: Offer, status: str) -> None:
    PostbackFactory(offer=offer, status=status, conversion__order_id="1001")
    refund("20")
    assert open_adjustments() == []


@pytest.mark.parametrize("verdict", ["duplicate", "unconfirmed", "accepted"])
def test_what_was_rejected_but_may_have_been_counted_is_for_a_person(offer: Offer, verdict: str) -> None:
    row = PostbackFactory(offer=offer, status="rejected", conversion__order_id="1001")
    Attempt.objects.create(postback=row, started_at=timezone.now(), url="https://x/", verdict=verdict)
    cancel()
    assert len(open_adjustments()) == 1


def test_what_a_person_says_was_counted_after_all_is_for_a_person(offer: Offer) -> None:
    PostbackFactory(offer=offer, status="rejected", conversion__order_id="1001")
    cancel()
    outbox.mark_accepted(Postback.objects.all(), why="Seen there.")
    assert len(open_adjustments()) == 1


def test_a_lead_that_came_back_is_for_a_person() -> None:
    PostbackFactory(offer=OfferFactory(kind="lead"), amount=None, status="accepted", conversion__order_id="1001")
    refund("20")
    assert open_adjustments() == []
    refund("0")
    assert open_adjustments() == [("refunded", None, 0)]


def test_further_refunds_change_the_one_adjustment(offer: Offer) -> None:
    PostbackFactory(offer=offer, status="accepted", conversion__order_id="1001")
    refund("20")
    since = Adjustment.objects.get().since
    refund("20")
    refund("30")
    refund("10")
    assert open_adjustments() == [("partly_refunded", Decimal("49.99"), Decimal(10))]
    cancel()
    assert open_adjustments() == [("cancelled", Decimal("49.99"), 0)]
    assert Adjustment.objects.get().since == since


def test_a_refund_after_it_was_seen_to_opens_it_again(offer: Offer) -> None:
    PostbackFactory(offer=offer, status="accepted", conversion__order_id="1001")
    refund("20")
    Adjustment.objects.update(done_at=timezone.now() - timedelta(days=1), done_by_name="ann", note="Ticket 7.")
    refund("20")
    assert open_adjustments() == []
    refund("10")
    adjustment = Adjustment.objects.get()
    assert (adjustment.done_at, adjustment.done_by_name) == (None, "")
    assert adjustment.note.startswith("Ticket 7.\nDone on ")
    assert "by ann, with 20.00 to stand; then more came back." in adjustment.note
    assert open_adjustments() == [("partly_refunded", Decimal("49.99"), Decimal(10))]


def test_a_person_is_told_in_the_log_once(offer: Offer, caplog: pytest.LogCaptureFixture) -> None:
    PostbackFactory(offer=offer, status="accepted", conversion__order_id="1001")
    refund("20")
    refund("20")
    assert caplog.text.count("adjust it in Aspire by hand") == 1


def test_a_test_asks_for_no_adjustment(offer: Offer) -> None:
    PostbackFactory(offer=offer, status="accepted", is_test=True, conversion__order_id="1001", conversion__is_test=True)
    cancel()
    assert not Adjustment.objects.exists()


# In the database ----------------------------------------------------------------------------------------------


@pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite's plan: other databases read an empty table whole")
def test_the_worklist_is_read_by_its_index(offer: Offer) -> None:
    plan = Adjustment.objects.open().order_by("since", "id")[:100].explain()
    assert "tracking_adjustment_work" in plan
    assert "TEMP B-TREE" not in plan
