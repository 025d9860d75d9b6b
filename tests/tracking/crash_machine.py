"""A shop on a real database with orders and workers around it, all of them processes that can be killed."""

import os
import random
import sys
import textwrap
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any, Final, Self
from urllib.parse import urlsplit
from uuid import uuid4

import environ
from django.db import OperationalError, connection
from django.db.utils import ConnectionHandler

from tests.tracking.crash_process import Process
from tests.tracking.ledger import Ledger
from tests.tracking.processes import PREAMBLE, environment_of
from tests.tracking.waiting import until

OWE: Final = """
from tests.factories import ConversionFactory, OfferFactory, PostbackFactory
from tracking.models import Conversion
first, count, deduplicates = {first}, {count}, {deduplicates}
offer = Offer.objects.first() or OfferFactory(postback_url=URL, deduplicates=deduplicates)
numbers = range(first, first + count)
with transaction.atomic():
    Conversion.objects.bulk_create(ConversionFactory.build(order_id=str(number), offer=offer) for number in numbers)
    credited = list(Conversion.objects.filter(order_id__in=[str(number) for number in numbers]))
    Postback.objects.bulk_create(PostbackFactory.build(conversion=each, offer=offer) for each in credited)
"""

# Every tenth order is rolled back. A line is written before each order, and one after it. `rest`: seconds between them.
PLACE_ORDERS: Final = """
from django.db import DatabaseError, InterfaceError
from tests.factories import completed_order, visit_from
from tracking.signals import order_completed
for number in range({first}, {first} + {count}):
    print("placing", number, flush=True)
    try:
        with transaction.atomic():
            order_completed.send(sender=None, order=completed_order(order_id=str(number)), request=visit_from("77"))
            if number % 10 == 0:
                transaction.set_rollback(True)
    except (DatabaseError, InterfaceError) as error:
        print("failed", number, flush=True)
        print(repr(error), file=sys.stderr, flush=True)
        connection.close()
        time.sleep(0.1)
        continue
    print("rolled back" if number % 10 == 0 else "committed", number, flush=True)
    time.sleep({rest})
"""


@dataclass(frozen=True, slots=True)
class Placed:
    """What shops wrote down of the orders they placed, by PLACE_ORDERS."""

    committed: frozenset[str] = frozenset()
    in_doubt: frozenset[str] = frozenset()
    """The shop or its database ended around the commit, or the commit failed."""
    failed: frozenset[str] = frozenset()

    @classmethod
    def read(cls, logs: Iterable[str]) -> Self:
        ends = [line.rpartition(" ") for log in logs for line in log.splitlines()]
        began, committed, rolled_back, failed = (
            frozenset(number for what, _, number in ends if what == said)
            for said in ("placing", "committed", "rolled back", "failed")
        )
        return cls(committed, began - committed - rolled_back, failed)


@dataclass(frozen=True, slots=True)
class Row:
    """A postback as the database has it when all is over."""

    order_id: str
    status: str
    detail: str
    attempts_made: int

    @property
    def was_swept(self) -> bool:
        return "the process that was sending it ended" in self.detail


class Shop:
    """A shop's database, and the processes on it. `url` is that of a database without tables."""

    def __init__(self, url: str, folder: Path, ledger: Ledger, **environment: str) -> None:
        self._url = url
        self._folder = folder
        self._ledger = ledger
        self.environment = {**environment_of(folder / "unused"), "DATABASE_URL": url, **environment}
        self._database = ConnectionHandler({"default": environ.Env.db_url_config(url)})["default"]
        self._run([sys.executable, "-m", "django", "migrate", "tracking", "--verbosity=0"])

    def start(self, script: str) -> Process:
        """Start a script; the PREAMBLE of processes.py says what it can use."""
        return self._start([sys.executable, "-c", PREAMBLE + textwrap.dedent(script), self._ledger.postback_url])

    def run(self, script: str) -> None:
        """Run a script to its end."""
        self._run([sys.executable, "-c", PREAMBLE + textwrap.dedent(script), self._ledger.postback_url])

    def worker(self, *options: str) -> Process:
        """Start a real `manage.py deliver_postbacks`."""
        return self._start([sys.executable, "manage.py", "deliver_postbacks", *options])

    def owe(self, count: int, *, first: int = 1, deduplicates: bool = False) -> None:
        """Owe the postbacks of so many orders, numbered from `first`."""
        self.run(OWE.format(first=first, count=count, deduplicates=deduplicates))

    def drain_by_hand(self) -> None:
        """Let the leases' time and that of retries go by, sweep, and deliver what is due, until nothing is left."""
        for _ in range(20):
            self.expire_leases()
            self.execute("UPDATE tracking_postback SET due_at = '2020-01-01' WHERE status = 'pending'")
            self.execute("DELETE FROM tracking_hostpause")
            self.deliver_once()
            if not self.count("status IN ('pending', 'sending')"):
                return
        raise AssertionError(f"Rows are left over: {self.query('SELECT status, detail FROM tracking_postback')}")

    def expire_leases(self) -> None:
        """Let the leases' time go by."""
        self.execute("UPDATE tracking_postback SET lease_expires_at = '2020-01-01' WHERE status = 'sending'")

    def deliver_once(self) -> None:
        """As cron does."""
        self._run([sys.executable, "manage.py", "deliver_postbacks", "--once"])

    def be_impatient(self) -> None:
        """Wait for a lock for a second, not longer."""
        if connection.vendor == "sqlite":
            self.query("PRAGMA busy_timeout = 1000")
        elif connection.vendor == "mysql":
            self.execute("SET SESSION innodb_lock_wait_timeout = 1")
        else:
            self.execute("SET lock_timeout = '1s'")

    def cut_connections(self) -> None:
        """Cut every connection to this database but our own."""
        if connection.vendor == "postgresql":
            self.query(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            return
        others = "db = DATABASE() AND id <> CONNECTION_ID()"
        for (number,) in self.query(f"SELECT id FROM information_schema.processlist WHERE {others}"):
            with suppress(OperationalError):  # it has gone by itself
                self.execute(f"KILL {number}")

    def wait_until_nothing_is_pending(self) -> None:
        """Wait for as long as there is progress; thousands of rows take a busy machine a while."""
        while left := self._untried:
            until(lambda left=left: self._untried < left, f"the next of {left} rows is taken")

    @property
    def _untried(self) -> int:
        return self.count("status = 'pending' AND attempts_made = 0")

    def count(self, condition: str) -> int:
        return int(self.query(f"SELECT COUNT(*) FROM tracking_postback WHERE {condition}")[0][0])

    def rows(self) -> dict[str, Row]:
        """Each credited order's row; a conversion without one is an error of its own."""
        found = self.query(
            "SELECT order_id, status, detail, attempts_made FROM tracking_conversion AS conversion "
            "LEFT JOIN tracking_postback AS postback ON postback.conversion_id = conversion.id"
        )
        return {row[0]: Row(*row) for row in found}

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        with self._database.cursor() as cursor:
            cursor.execute(statement)
            return list(cursor.fetchall())

    def execute(self, statement: str) -> None:
        with self._database.cursor() as cursor:
            cursor.execute(statement)

    def disconnect(self) -> None:
        self._database.close()

    def _start(self, command: list[str]) -> Process:
        return Process(command, self.environment, self._folder / f"{uuid4()}.log")

    def _run(self, command: list[str]) -> None:
        with self._start(command) as process:
            assert process.wait() == 0, process.log


class Crew:
    """So many workers at a time: whoever is killed is replaced. Killed when the `with` block ends."""

    def __init__(self, shop: Shop, size: int, *options: str) -> None:
        self._shop = shop
        self._options = options
        self.killed = 0
        self._workers = [shop.worker(*options) for _ in range(size)]

    def __enter__(self) -> "Crew":
        until(lambda: all(worker.is_at_work for worker in self._workers), "the workers start")
        return self

    def __exit__(self, *_error: object) -> None:
        for worker in self._workers:
            worker.kill()

    def kill_one(self, chance: random.Random) -> None:
        """Kill a worker that is at work, and start another in its place."""
        self._next(chance).kill()
        self.killed += 1

    def stop_one(self, chance: random.Random) -> None:
        """Stop a worker that is at work, as a deployment does, and start another in its place."""
        worker = self._next(chance)
        assert worker.stop() == 0, worker.log

    def stop(self) -> None:
        """Stop all as a deployment does; none may mind."""
        until(lambda: all(worker.is_at_work for worker in self._workers), "the workers start")
        for worker in self._workers:
            assert worker.stop() == 0, worker.log

    def _next(self, chance: random.Random) -> Process:
        until(lambda: any(worker.is_at_work for worker in self._workers), "a worker is at work")
        worker = chance.choice([worker for worker in self._workers if worker.is_at_work])
        Event().wait(chance.uniform(0, 0.004))  # at no particular moment of its work
        self._workers.remove(worker)
        self._workers.append(self._shop.worker(*self._options))
        return worker


@contextmanager
def new_database(folder: Path) -> Iterator[str]:
    """The URL of an empty database beside the one in use: a file, or a database of its own on the same server."""
    if connection.vendor == "sqlite":
        yield f"sqlite:///{folder / 'shop.sqlite3'}"
        return
    name = f"tracking_crash_{uuid4().hex[:12]}"
    with connection._nodb_cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
    try:
        yield urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()
    finally:
        force = " WITH (FORCE)" if connection.vendor == "postgresql" else ""
        with connection._nodb_cursor() as cursor:
            cursor.execute(f"DROP DATABASE {name}{force}")
