"""Workers and shops are killed at random moments, again and again; the receiving end counts.

Received more than once: 0. Lost: 0. Every row in a state that tells the truth.
"""

import os
import random
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from threading import Event
from typing import Final

import pytest
from django.db import OperationalError, connection
from pytest_django import DjangoDbBlocker

from tests.tracking.crash_books import ORDERS, ROUNDS, SEED, THREADS, Books, in_mid_drain, numbers
from tests.tracking.crash_machine import PLACE_ORDERS, Crew, Placed, Shop, new_database
from tests.tracking.crash_process import Process
from tests.tracking.database_servers import server_of_its_own
from tests.tracking.ledger import Ledger
from tests.tracking.waiting import until

MANY: Final = 10_000 if "CRASH_ROUNDS" in os.environ else 1_000

pytestmark = pytest.mark.database_server


@pytest.fixture(autouse=True)
def _database_access(django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """These tests make databases of their own."""
    with django_db_blocker.unblock():
        yield


@pytest.fixture
def chance() -> random.Random:
    return random.Random(SEED)


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    with new_database(tmp_path) as url:
        yield url


# Killed at random ---------------------------------------------------------------------------------------------------


def test_workers_killed_again_and_again_lose_nothing_and_send_nothing_twice(
    url: str, tmp_path: Path, chance: random.Random
) -> None:
    began = time.monotonic()
    with Ledger(cut=0.02, seed=SEED) as ledger:
        shop = Shop(url, tmp_path, ledger)
        shop.owe(ORDERS)
        with Crew(shop, 3, "--concurrency", str(THREADS)) as crew:
            for _ in in_mid_drain(shop, ledger, chance, times=ROUNDS, orders=ORDERS):
                crew.kill_one(chance)
            shop.wait_until_nothing_is_pending()
            crew.stop()
        shop.drain_by_hand()
        Books(f"{crew.killed} workers killed", shop, ledger, began).compare(
            owed=numbers(ORDERS), most_swept=crew.killed * THREADS
        )
        shop.disconnect()


def test_workers_stopped_again_and_again_leave_nothing_in_doubt(
    url: str, tmp_path: Path, chance: random.Random
) -> None:
    began = time.monotonic()
    orders = ORDERS // 2
    with Ledger(seed=SEED) as ledger:
        shop = Shop(url, tmp_path, ledger)
        shop.owe(orders)
        with Crew(shop, 3, "--concurrency", str(THREADS)) as crew:
            for _ in in_mid_drain(shop, ledger, chance, times=ROUNDS // 4, orders=orders):
                crew.stop_one(chance)
            shop.wait_until_nothing_is_pending()
            crew.stop()
        Books(f"{ROUNDS // 4} workers stopped", shop, ledger, began).compare(owed=numbers(orders), most_swept=0)
        shop.disconnect()


def test_orders_that_committed_are_sent_and_no_others_while_shops_and_workers_are_killed(
    url: str, tmp_path: Path, chance: random.Random
) -> None:
    began = time.monotonic()
    orders, a_shop_places = ORDERS // 4, 100
    with Ledger(slowest=0.3, cut=0.02, seed=SEED) as ledger:
        shop = Shop(url, tmp_path, ledger)
        shop.owe(1, first=0)  # makes the offer
        logs: list[str] = []
        with Crew(shop, 2, "--concurrency", str(THREADS)) as crew:
            while (begun := sum(log.count("placing") for log in logs)) < orders:
                with shop.start(PLACE_ORDERS.format(first=begun + 1, count=a_shop_places, rest=0)) as checkout:
                    checkout.wait_for("committed", times=chance.randint(1, a_shop_places))
                    crew.kill_one(chance)
                logs.append(checkout.log)
            shop.wait_until_nothing_is_pending()
            crew.stop()
        shop.drain_by_hand()
        placed = Placed.read(logs)
        assert not placed.failed
        Books(f"{len(logs)} shops, {crew.killed} workers killed", shop, ledger, began).compare(
            owed=placed.committed | {"0"}, perhaps=placed.in_doubt, most_swept=crew.killed * THREADS
        )
        shop.disconnect()


def test_where_aspire_deduplicates_every_order_is_paid_once_however_often_its_worker_is_killed(
    url: str, tmp_path: Path, chance: random.Random
) -> None:
    began = time.monotonic()
    orders = ORDERS // 2
    with Ledger(cut=0.05, deduplicates=True, seed=SEED) as ledger:
        shop = Shop(url, tmp_path, ledger)
        shop.owe(orders, deduplicates=True)
        with Crew(shop, 2, "--concurrency", str(THREADS)) as crew:
            for _ in in_mid_drain(shop, ledger, chance, times=ROUNDS // 4, orders=orders):
                crew.kill_one(chance)
            shop.wait_until_nothing_is_pending()
            crew.stop()
        shop.drain_by_hand()
        Books(f"{crew.killed} killed, deduplicated", shop, ledger, began).compare(owed=numbers(orders), most_swept=0)
        assert {row.status for row in shop.rows().values()} == {"accepted"}
        shop.disconnect()


# Many workers -------------------------------------------------------------------------------------------------------


def test_ten_workers_share_one_log(url: str, tmp_path: Path) -> None:
    began = time.monotonic()
    with Ledger(seed=SEED) as ledger:
        shop = Shop(url, tmp_path, ledger)
        with Crew(shop, 10, "--concurrency", str(THREADS)) as crew:
            shop.owe(MANY)
            shop.wait_until_nothing_is_pending()
            crew.stop()
        Books("ten workers", shop, ledger, began).compare(owed=numbers(MANY), most_swept=0)
        assert ledger.count == MANY
        shop.disconnect()


# Zombies ------------------------------------------------------------------------------------------------------------


def stop_holding_rows(worker: Process, shop: Shop) -> None:
    """Stop a process while it holds rows, but no lock that the whole database would wait for."""
    shop.be_impatient()
    while True:
        until(lambda: shop.count("status = 'sending'"), "a row is being sent")
        worker.send_signal(signal.SIGSTOP)
        Event().wait(0.5)  # a server goes on with what it was told: a claim's lease would be there only after this
        try:
            shop.expire_leases()
        except OperationalError:
            shop.disconnect()
            shop.be_impatient()
        else:
            if shop.count("status = 'sending'"):
                return
        worker.send_signal(signal.SIGCONT)


def test_zombies_that_wake_after_their_rows_were_settled_change_nothing(url: str, tmp_path: Path) -> None:
    began = time.monotonic()
    zombies, orders = max(3, ROUNDS // 10), 100
    with Ledger(slowest=0.2, seed=SEED) as ledger:
        shop = Shop(url, tmp_path, ledger)
        for number in range(zombies):
            with shop.worker("--concurrency", str(THREADS)) as zombie:
                shop.owe(orders, first=1 + number * orders)
                stop_holding_rows(zombie, shop)
                shop.deliver_once()
                settled = shop.query("SELECT * FROM tracking_postback ORDER BY id")
                zombie.send_signal(signal.SIGCONT)
                assert zombie.stop() == 0, zombie.log
            assert shop.query("SELECT * FROM tracking_postback ORDER BY id") == settled
        owed = numbers(zombies * orders)
        Books(f"{zombies} zombies", shop, ledger, began).compare(owed=owed, most_swept=zombies * THREADS)
        assert shop.count("status = 'unconfirmed'")
        assert shop.query("SELECT COUNT(*) FROM tracking_attempt WHERE is_late AND verdict = 'accepted'") != [(0,)]
        shop.disconnect()


# Clocks -------------------------------------------------------------------------------------------------------------

JUMPING: Final = """
import random, time_machine
from datetime import timedelta
chance, stop = random.Random({seed}), threading.Event()
worker.SWEEP_EVERY = 0.1
signal.signal(signal.SIGTERM, lambda *_: stop.set())
print("ready", flush=True)
with time_machine.travel(timezone.now(), tick=True) as clock:
    def jump():
        if chance.random() < 0.1:
            clock.move_to(timezone.now() + timedelta(seconds=chance.uniform(-300, 300)))
    drain = Drain(concurrency={threads})
    while not stop.wait(0.01):
        drain.run(stop, each_round=jump)
        jump()
"""


def test_workers_whose_clocks_jump_lose_nothing_and_send_nothing_twice(url: str, tmp_path: Path) -> None:
    """A clock that is ahead takes others' leases for expired: their rows are unconfirmed, and never sent again."""
    began = time.monotonic()
    with Ledger(seed=SEED) as ledger, ExitStack() as stack:
        shop = Shop(url, tmp_path, ledger)
        shop.owe(MANY // 2)
        workers = [
            stack.enter_context(shop.start(JUMPING.format(seed=SEED + number, threads=THREADS))) for number in range(3)
        ]
        until(lambda: ledger.count >= MANY // 4, "half of the rows are sent")
        for worker in workers:
            assert worker.stop() == 0, worker.log
        shop.drain_by_hand()
        Books("clocks that jump", shop, ledger, began).compare(owed=numbers(MANY // 2), most_swept=MANY)
        shop.disconnect()


# The database goes away ---------------------------------------------------------------------------------------------


@pytest.mark.skipif(connection.vendor == "sqlite", reason="A file has no connections that could be cut.")
def test_connections_to_the_database_cut_in_mid_drain_cost_no_result(
    url: str, tmp_path: Path, chance: random.Random
) -> None:
    began = time.monotonic()
    cuts, workers = ROUNDS // 4, 2
    with Ledger(seed=SEED) as ledger:
        shop = Shop(url, tmp_path, ledger)
        shop.owe(ORDERS)
        with Crew(shop, workers, "--concurrency", str(THREADS)) as crew:
            for _ in in_mid_drain(shop, ledger, chance, times=cuts, orders=ORDERS):
                shop.cut_connections()
            shop.wait_until_nothing_is_pending()
            crew.stop()
        compare_after_outages(
            Books(f"connections cut {cuts} times", shop, ledger, began), Placed(), most_swept=cuts * workers * THREADS
        )


@pytest.mark.skipif(connection.vendor == "sqlite", reason="A file is no server that could be stopped.")
def test_a_database_stopped_and_started_in_mid_drain_costs_no_result(tmp_path: Path, chance: random.Random) -> None:
    """Nothing is sent meanwhile, what was under way is written down afterwards, and no order is taken for saved that
    is not."""
    began = time.monotonic()
    workers, outages = 2, max(2, ROUNDS // 10)
    with Ledger(seed=SEED) as ledger, server_of_its_own() as server:
        shop = Shop(server.url, tmp_path, ledger)
        shop.owe(ORDERS)
        with (
            shop.start(PLACE_ORDERS.format(first=ORDERS + 1, count=10**6, rest=0.03)) as checkout,
            Crew(shop, workers, "--concurrency", str(THREADS)) as crew,
        ):
            for number in in_mid_drain(shop, ledger, chance, times=outages, orders=ORDERS):
                checkout.wait_for_another("committed")
                shop.disconnect()
                server.stop(server.endings[number % 2])
                sent = ledger.count
                Event().wait(1)
                checkout.wait_for_another("failed")
                assert ledger.count <= sent + workers * THREADS
                server.start()
            checkout.wait_for_another("committed")
            checkout.kill()
            shop.wait_until_nothing_is_pending()
            crew.stop()
        books = Books(f"{outages} database restarts", shop, ledger, began)
        compare_after_outages(books, Placed.read([checkout.log]), most_swept=outages * workers * THREADS)


def compare_after_outages(books: Books, placed: Placed, *, most_swept: int) -> None:
    """An answer that came is written down. Left in doubt are rows alone whose claim's commit was not heard of."""
    books.shop.drain_by_hand()
    books.compare(owed=numbers(ORDERS) | placed.committed, perhaps=placed.in_doubt, most_swept=most_swept)
    rows = books.shop.rows()
    assert {rows[order].status for order in books.ledger.entries} == {"accepted"}
    books.shop.disconnect()
