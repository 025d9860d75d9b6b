"""Refunds beside workers and beside each other, for real: threads with connections of their own."""

import random
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from decimal import Decimal

import pytest
from django.db import OperationalError, connection, transaction
from django.utils import timezone
from werkzeug import Request, Response

from tests.factories import OfferFactory, completed_order, visit_from
from tests.network import Network
from tests.tracking.drain.steps import TIMEOUTS
from tests.tracking.threads import side_by_side
from tests.tracking.waiting import until
from tracking.conversions import refunding
from tracking.models import Adjustment, Conversion, EarlyRefund, Postback
from tracking.postbacks import outbox
from tracking.postbacks.outbox import Settlement
from tracking.postbacks.retries import Next
from tracking.postbacks.verdicts import Verdict
from tracking.postbacks.worker import Drain
from tracking.signals import order_cancelled, order_completed, order_refunded

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor == 'sqlite'", reason="SQLite has one writer at a time"),
]

WHOLE = Decimal(50)
ORDERS = [str(number) for number in range(1, 61)]


def complete(order_ids: Iterable[str]) -> None:
    for order_id in order_ids:
        with transaction.atomic():
            order_completed.send(
                sender=None, order=completed_order(order_id=order_id, items_total=WHOLE), request=visit_from("77")
            )


def refund(order_ids: Iterable[str], left: str, seed: int) -> None:
    shuffled = random.Random(seed).sample(list(order_ids), len(list(order_ids)))
    for order_id in shuffled:
        with transaction.atomic():
            order_refunded.send(sender=None, order_id=order_id, items_total=Decimal(left))


def cancel(order_ids: Iterable[str], seed: int) -> None:
    for order_id in random.Random(seed).sample(list(order_ids), len(list(order_ids))):
        order_cancelled.send(sender=None, order_id=order_id)


def deliver() -> None:
    drain = Drain(concurrency=4, timeouts=TIMEOUTS)
    try:
        drain.run()
    finally:
        drain.close()


def busy_at_first(seen: Counter[str]) -> Callable[[Request], Response]:
    """Every third order is not taken at first."""

    def answer(request: Request) -> Response:
        order_id = request.args["adv_unique1"]
        seen[order_id] += 1
        if int(order_id) % 3 == 0 and seen[order_id] == 1:
            return Response("", 503)
        return Response("success=true;", 200)

    return answer


def test_refunds_beside_workers_leave_no_wrong_number_behind(network: Network) -> None:
    OfferFactory(postback_url=network.postback_url)
    complete(ORDERS)
    network.replies_by(busy_at_first(Counter()))
    third = len(ORDERS) // 3
    failures = side_by_side(
        deliver,
        deliver,
        lambda: refund(ORDERS[: 2 * third], "30", seed=1),
        lambda: refund(ORDERS[third : 2 * third], "20", seed=2),
        lambda: refund(ORDERS[third : 2 * third], "40", seed=3),
        lambda: cancel(ORDERS[2 * third :], seed=4),
    )
    assert failures == []
    Postback.objects.filter(status="pending").update(due_at=timezone.now())
    deliver()
    least = dict.fromkeys(ORDERS[:third], Decimal(30)) | dict.fromkeys(ORDERS[third : 2 * third], Decimal(20))
    least |= dict.fromkeys(ORDERS[2 * third :], Decimal(0))
    counted = {query["adv_unique1"]: Decimal(query["amount"]) for query in network.received}
    to_see_to = {row.postback.conversion.order_id: row.amount_due for row in Adjustment.objects.open()}
    for row in Postback.objects.select_related("conversion"):
        order_id = row.conversion.order_id
        assert row.conversion.items_left == least[order_id]
        assert row.status in {"accepted", "cancelled"}
        if row.status == "accepted":
            assert counted[order_id] == row.amount
            assert to_see_to.get(order_id, row.amount) == least[order_id]
        else:
            assert least[order_id] == 0
            assert order_id not in to_see_to
    assert Adjustment.objects.count() <= len(ORDERS)


def test_an_order_and_its_refund_in_the_same_moment_find_each_other() -> None:
    OfferFactory()
    failures = side_by_side(
        lambda: complete(ORDERS),
        lambda: refund(ORDERS, "30", seed=1),
        lambda: refund(ORDERS, "20", seed=2),
    )
    assert failures == []
    refunding.apply_missed()
    assert set(Postback.objects.values_list("amount", flat=True)) == {Decimal(20)}
    assert set(Conversion.objects.values_list("items_left", flat=True)) == {Decimal(20)}
    assert not EarlyRefund.objects.exists()


def test_many_refunds_of_one_order_at_once_make_one_adjustment() -> None:
    OfferFactory()
    complete(["1"])
    Postback.objects.update(status="accepted", settled_at=timezone.now(), due_at=None)
    failures = side_by_side(*(lambda left=left: refund(["1"], str(left), seed=left) for left in range(10, 18)))
    assert failures == []
    assert [(row.amount_sent, row.amount_due) for row in Adjustment.objects.open()] == [(WHOLE, Decimal(10))]


def in_one_transaction(orders: Iterable[str], left: str, *, met: threading.Barrier) -> None:
    """Refund several orders as a shop does that closes a day in one transaction; another one is at it meanwhile."""
    first, *others = orders
    with transaction.atomic():
        order_refunded.send(sender=None, order_id=first, items_total=Decimal(left))
        met.wait(10)
        for order_id in others:
            order_refunded.send(sender=None, order_id=order_id, items_total=Decimal(left))


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="MySQL undoes the shop's whole transaction, loudly")
def test_refunds_that_wait_for_each_other_are_both_kept() -> None:
    """Two transactions take the same orders in another order: the database breaks one off, and the refund stays."""
    OfferFactory()
    complete(["1", "2"])
    met = threading.Barrier(2)
    failures = side_by_side(
        lambda: in_one_transaction(["1", "2"], "30", met=met),
        lambda: in_one_transaction(["2", "1"], "20", met=met),
    )
    assert failures == []
    assert set(Conversion.objects.values_list("items_left", flat=True)) == {Decimal(20)}
    assert set(Postback.objects.values_list("amount", flat=True)) == {Decimal(20)}
    assert not EarlyRefund.objects.exists()


def somebody_waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="MySQL undoes the shop's whole transaction, loudly")
def test_refunds_beside_a_worker_that_writes_many_results_at_once_are_kept(network: Network) -> None:
    OfferFactory(postback_url=network.postback_url)
    complete(["1", "2"])
    claims = outbox.claim(2, now=timezone.now())
    holds_the_last = threading.Event()

    def settle() -> None:
        holds_the_last.wait(10)
        with connection.cursor() as cursor:
            cursor.execute("SET deadlock_timeout = '30s'")  # so that the shop is broken off
        accepted = [Settlement(claim, Next("accepted", ""), Verdict.ACCEPTED, attempt=None) for claim in claims]
        while Postback.objects.filter(status="sending").exists():
            with suppress(OperationalError):  # broken off in place of the shop: a worker tries again
                outbox.settle(accepted, now=timezone.now())

    def close_the_day() -> None:
        with transaction.atomic():
            order_cancelled.send(sender=None, order_id="2")
            holds_the_last.set()
            until(somebody_waits_for_a_lock, "a worker that waits for the row")
            order_cancelled.send(sender=None, order_id="1")

    assert side_by_side(settle, close_the_day) == []
    refunding.apply_missed()
    assert set(Postback.objects.values_list("status", "amount_left")) == {("accepted", Decimal(0))}
    assert Adjustment.objects.open().count() == 2
