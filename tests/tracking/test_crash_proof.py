"""Workers and shops are killed at random moments, again and again; the receiving end counts.

Received more than once: 0. Lost: 0. Every row in a state that tells the truth. CRASH_ROUNDS sets how often something
is killed in each test (`make crash`), with fifty orders for each; CRASH_SEED repeats a run's chances.
"""

import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Final

import pytest
from django.db import OperationalError, connection
from pytest_django import DjangoDbBlocker

from tests.tracking.crash_machine import PLACE_ORDERS, Crew, PostgresServer, Process, Shop, new_database
from tests.tracking.ledger import Entry, Ledger
from tests.tracking.waiting import until

ROUNDS: Final = int(os.environ.get("CRASH_ROUNDS", "8"))
ORDERS: Final = 50 * ROUNDS
MANY: Final = 10_000 if "CRASH_ROUNDS" in os.environ else 1_000
SEED: Final = int(os.environ.get("CRASH_SEED") or random.randrange(10**6))
THREADS: Final = 8

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


# The books ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Books:
    """What the shop's database says beside what the receiver counted."""

    what: str
    shop: Shop
    ledger: Ledger
    began: float

    def compare(self, *, owed: set[str], perhaps: frozenset[str] = frozenset(), most_swept: int) -> None:
        """Check every invariant. `perhaps`: orders whose shop was killed around their commit. `most_swept`: requests
        that were under way, at most, in what was killed."""
        rows, entries = self.shop.rows(), self.ledger.entries
        states = Counter(row.status for row in rows.values())
        swept = [row for row in rows.values() if row.was_swept]
        self._report(states, len(swept), lost=owed - set(rows))

        assert not self.ledger.paid_twice
        assert owed <= set(rows) <= owed | perhaps
        assert set(entries) <= set(rows), "an order was sent that was never committed"
        assert set(states) <= {"accepted", "unconfirmed"}
        assert len(swept) <= most_swept
        for row in rows.values():
            received = entries.get(row.order_id, [])
            assert row.attempts_made >= len(received)
            if row.status == "accepted":
                assert Entry.PAID in received or Entry.DUPLICATE in received, row
            else:
                assert row.was_swept or received == [Entry.CUT], (row, received)

    def _report(self, states: Counter[str], swept: int, *, lost: set[str]) -> None:
        """A line of the table that `make crash` shows."""
        counts = {
            "owed": states.total(),
            "received": self.ledger.count,
            "twice": len(self.ledger.paid_twice),
            "lost": len(lost),
            **states,
            "swept": swept,
            "seconds": round(time.monotonic() - self.began),
        }
        line = "".join(f"{count:>8} {name}" for name, count in counts.items())
        sys.stdout.write(f"\n{connection.vendor:<12}{self.what:<34}{line}  (seed {SEED})\n")


def numbers(count: int, *, first: int = 1) -> set[str]:
    return {str(number) for number in range(first, first + count)}


# Killed at random ---------------------------------------------------------------------------------------------------


def in_mid_drain(shop: Shop, ledger: Ledger, chance: random.Random, *, times: int, orders: int) -> Iterator[int]:
    """Some moments, so many, spread at random over the delivery of the orders."""
    for number in range(times):
        target = ledger.count + chance.randint(1, orders // times)
        while ledger.count < target and shop.count("status = 'pending'"):
            Event().wait(0.005)
        yield number


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
                with shop.start(PLACE_ORDERS.format(first=begun + 1, count=a_shop_places)) as checkout:
                    checkout.wait_for("committed", times=chance.randint(1, a_shop_places))
                    crew.kill_one(chance)
                logs.append(checkout.log)
            shop.wait_until_nothing_is_pending()
            crew.stop()
        shop.drain_by_hand()
        ends = [line.rsplit(" ", 1) for log in logs for line in log.splitlines()]
        began_to_place, committed, rolled_back = (
            {number for what, number in ends if what == said} for said in ("placing", "committed", "rolled back")
        )
        Books(f"{len(logs)} shops, {crew.killed} workers killed", shop, ledger, began).compare(
            owed=committed | {"0"},
            perhaps=frozenset(began_to_place - committed - rolled_back),
            most_swept=crew.killed * THREADS,
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
            Books(f"connections cut {cuts} times", shop, ledger, began), most_swept=cuts * workers * THREADS
        )


@pytest.mark.skipif(connection.vendor != "postgresql", reason="Stops a PostgreSQL server of its own.")
def test_a_database_stopped_and_started_in_mid_drain_costs_no_result(tmp_path: Path, chance: random.Random) -> None:
    """Nothing is sent meanwhile, and what was under way is written down afterwards."""
    began = time.monotonic()
    workers, outages = 2, max(2, ROUNDS // 10)
    with Ledger(seed=SEED) as ledger, PostgresServer() as server:
        shop = Shop(server.url, tmp_path, ledger)
        shop.owe(ORDERS)
        with Crew(shop, workers, "--concurrency", str(THREADS)) as crew:
            for number in in_mid_drain(shop, ledger, chance, times=outages, orders=ORDERS):
                shop.disconnect()
                server.stop(signal.SIGQUIT if number % 2 else signal.SIGINT)
                sent = ledger.count
                Event().wait(1)
                assert ledger.count <= sent + workers * THREADS
                server.start()
            shop.wait_until_nothing_is_pending()
            crew.stop()
        books = Books(f"{outages} database restarts", shop, ledger, began)
        compare_after_outages(books, most_swept=outages * workers * THREADS)


def compare_after_outages(books: Books, *, most_swept: int) -> None:
    """An answer that came is written down. Left in doubt are rows alone whose claim's commit was not heard of."""
    books.shop.drain_by_hand()
    books.compare(owed=numbers(ORDERS), most_swept=most_swept)
    rows = books.shop.rows()
    assert {rows[order].status for order in books.ledger.entries} == {"accepted"}
    books.shop.disconnect()
