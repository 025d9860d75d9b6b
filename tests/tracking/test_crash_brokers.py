"""Brokers are killed and started again while Celery's workers drain and the shop takes orders; every second time the
worker is killed with its broker.

The receiving end counts, as in test_crash_proof.
"""

import random
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from pytest_django import DjangoDbBlocker

from tests.tracking.brokers import Broker, rabbitmq_server, redis_server
from tests.tracking.celery_machine import WITH_CELERY, Worker, celery_environment
from tests.tracking.crash_books import ORDERS, ROUNDS, SEED, Books, in_mid_drain, numbers
from tests.tracking.crash_machine import PLACE_ORDERS, Placed, Shop, new_database
from tests.tracking.ledger import Ledger

POOL = 2
THREADS = 8


@pytest.fixture(params=[redis_server, rabbitmq_server])
def broker(request: pytest.FixtureRequest) -> Iterator[Broker]:
    with request.param() as running:
        yield running


def test_brokers_killed_and_started_in_mid_drain_cost_no_postback(
    broker: Broker, tmp_path: Path, django_db_blocker: DjangoDbBlocker
) -> None:
    began, chance, outages, killed = time.monotonic(), random.Random(SEED), max(1, ROUNDS // 8), 0
    with ExitStack() as stack:
        stack.enter_context(django_db_blocker.unblock())
        url = stack.enter_context(new_database(tmp_path))
        ledger = stack.enter_context(Ledger(seed=SEED))
        environment = {**celery_environment(broker.url), "BEAT_EVERY": "1", "TRACKING_CONCURRENCY": str(THREADS)}
        shop = Shop(url, tmp_path, ledger, **environment)
        shop.owe(ORDERS)
        orders = PLACE_ORDERS.format(first=ORDERS + 1, count=10**6, rest=0.03)
        checkout = stack.enter_context(shop.start(WITH_CELERY + orders))
        checkout.wait_for_another("committed")

        def new_worker() -> Worker:
            return stack.enter_context(Worker(tmp_path, ("--beat", f"--concurrency={POOL}"), shop.environment))

        worker = new_worker()
        for number in in_mid_drain(shop, ledger, chance, times=outages, orders=ORDERS):
            broker.kill()
            if number % 2:
                worker.kill()
                killed += 1
            checkout.wait_for_another("committed")
            broker.start()
            if number % 2:
                worker = new_worker()
        checkout.kill()
        shop.wait_until_nothing_is_pending()
        worker.stop()  # its exit status is Celery's own affair once it has lost a broker; the books tell what it left
        shop.drain_by_hand()
        placed = Placed.read([checkout.log])
        assert not placed.failed
        Books(f"{type(broker).__name__} killed {outages} times", shop, ledger, began).compare(
            owed=numbers(ORDERS) | placed.committed, perhaps=placed.in_doubt, most_swept=killed * POOL * THREADS
        )
        shop.disconnect()
