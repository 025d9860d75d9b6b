"""Who may send a row: the oldest first, one process each."""

import threading
from collections import Counter
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction

from tests.factories import OrderDetailsFactory, PostbackFactory
from tests.tracking.outbox.steps import NOW, due, statements
from tracking.models import Offer, Postback
from tracking.postbacks import outbox
from tracking.postbacks.outbox import LEASE, claims

pytestmark = pytest.mark.django_db


def test_the_oldest_rows_are_claimed_first_and_no_more_than_asked(offer: Offer) -> None:
    rows = {age: due(offer, age) for age in (1, 3, 2)}
    tie = due(offer, 3)

    claims = outbox.claim(3, now=NOW)

    assert [claim.postback_id for claim in claims] == [rows[3].pk, tie.pk, rows[2].pk]
    assert Counter(Postback.objects.values_list("status", flat=True)) == {"sending": 3, "pending": 1}


def test_a_claim_holds_what_sending_needs_and_a_lease(offer: Offer) -> None:
    row = due(offer, attempts_made=3, attempts_before_requeue=1)

    (claim,) = outbox.claim(1, now=NOW)

    assert (claim.postback_id, claim.order_id, claim.affiliate_id) == (row.pk, row.conversion.order_id, "77")
    assert (claim.amount, claim.offer) == (Decimal("49.99"), offer)
    assert (claim.lease_expires_at, claim.scheduled_attempt) == (NOW + LEASE, 3)


@pytest.mark.parametrize(
    "values",
    [
        {"due_at": NOW + timedelta(seconds=1)},
        {"due_at": None},
        {"is_test": True},
        {"status": "accepted"},
        {"status": "rejected"},
        {"status": "unconfirmed"},
        {"status": "failed"},
        {"status": "cancelled"},
        {"status": "sending", "claim_token": uuid4(), "lease_expires_at": NOW - timedelta(days=1)},
    ],
    ids=lambda values: "-".join(values) + "-" + str(values.get("status", "")),
)
def test_nothing_else_is_claimed(offer: Offer, values: dict[str, object]) -> None:
    PostbackFactory(**{"offer": offer, "due_at": NOW, **values})

    assert outbox.claim(10, now=NOW) == []


def test_what_is_claimed_is_not_claimed_again(offer: Offer) -> None:
    due(offer)

    assert len(outbox.claim(10, now=NOW)) == 1
    assert outbox.claim(10, now=NOW) == []


def test_a_row_that_another_process_took_meanwhile_is_left_to_it(offer: Offer) -> None:
    """The conditional UPDATE decides, whatever was read before it."""
    first, second = due(offer), due(offer)
    outbox.claim(1, now=NOW)

    taken = claims._take(outbox.POSTBACK, [first.pk, second.pk], uuid4(), NOW)

    assert [claim.postback_id for claim in taken] == [second.pk]


def test_a_test_is_claimed_by_name_and_once(offer: Offer) -> None:
    row = due(offer, is_test=True)

    assert outbox.claim_test(row, now=NOW) is not None
    assert outbox.claim_test(row, now=NOW) is None


@pytest.mark.parametrize("count", [1, 20])
def test_a_claim_costs_few_statements_however_many_rows(offer: Offer, count: int) -> None:
    for _ in range(count):
        due(offer)

    with statements() as run:
        assert len(outbox.claim(32, now=NOW)) == count

    assert len(run) == (1 if connection.vendor == "postgresql" else 3), run


def test_a_look_at_an_empty_outbox_costs_one_statement() -> None:
    with statements() as run:
        outbox.claim(32, now=NOW)

    assert len(run) == 1, run


def test_details_that_cannot_be_sent_wake_nobody(offer: Offer, settings: Any) -> None:
    settings.TRACKING_ORDER_DETAILS_SECRET = "s3cr3t/of+Aspire"
    OrderDetailsFactory(offer=offer, due_at=NOW)
    assert outbox.next_due_at() == NOW
    settings.TRACKING_ORDER_DETAILS_SECRET = ""
    assert outbox.next_due_at() is None


def test_the_next_due_row_is_known(offer: Offer) -> None:
    due(offer, minutes_ago=-9)
    due(offer, minutes_ago=-5)
    due(offer, minutes_ago=99, is_test=True)
    due(offer, minutes_ago=99, status="accepted")

    assert outbox.next_due_at() == NOW + timedelta(minutes=5)


# Side by side ---------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor == "sqlite", reason="in memory; test_fail_points has SQLite's files")
def test_claimers_side_by_side_never_share_a_row(offer: Offer) -> None:
    for number in range(60):
        due(offer, number)
    taken: list[int] = []
    ready = threading.Barrier(4)

    def work() -> None:
        ready.wait()
        while claims := outbox.claim(3, now=NOW):
            taken.extend(claim.postback_id for claim in claims)
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(taken) == len(set(taken)) == 60


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has no SKIP LOCKED")
def test_rows_that_another_process_is_claiming_are_skipped_and_not_waited_for(offer: Offer) -> None:
    first, second = due(offer, 2), due(offer, 1)
    found: list[int] = []

    def work() -> None:
        found.extend(claim.postback_id for claim in outbox.claim(10, now=NOW))
        connection.close()

    with transaction.atomic():
        list(Postback.objects.select_for_update().filter(pk=first.pk))
        thread = threading.Thread(target=work)
        thread.start()
        thread.join(10)
        assert found == [second.pk]
