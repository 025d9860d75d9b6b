"""Processes of their own over a database file of their own, for what only a real process can show."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import textwrap
from pathlib import Path

from tests.tracking.waiting import PATIENCE

ROOT = Path(__file__).resolve().parents[2]

PREAMBLE = """
import os, signal, sys, threading, time
import django
from django.conf import settings
settings.INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "tracking"]  # starts in half the time
django.setup()
from django.db import connection, transaction
from django.utils import timezone
from tracking.models import Attempt, Offer, Postback
from tracking.postbacks import delivery, engines, outbox, worker
from tracking.postbacks.exchanges import Timeouts
from tracking.postbacks.transport import Transport
from tracking.postbacks.worker import Drain
from tests.tracking.processes import die_after, die_before
URL = sys.argv[1]

def owe(count, **values):
    from tests.factories import OfferFactory, PostbackFactory
    offer = Offer.objects.first() or OfferFactory(postback_url=URL, **values)
    first = Postback.objects.count() + 1
    with transaction.atomic():
        for number in range(first, first + count):
            PostbackFactory(offer=offer, conversion__order_id=str(number))
"""


def die_after(owner: object, name: str) -> None:
    """Let this process be killed as soon as `owner.name` has returned."""
    function = getattr(owner, name)

    def deadly(*args: object, **values: object) -> None:
        function(*args, **values)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(owner, name, deadly)


def die_before(owner: object, name: str) -> None:
    """Let this process be killed when it calls `owner.name`."""

    def deadly(*_args: object, **_values: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(owner, name, deadly)


class Machine:
    """A machine with one shop's database, on which scripts are run."""

    def __init__(self, database: Path, *, port: int) -> None:
        self._database = database
        self._url = f"http://127.0.0.1:{port}/?aff_id=AFFILIATE_ID&amount=AMOUNT&adv_unique1=ORDER_ID"

    def start(self, script: str, **environment: str) -> "subprocess.Popen[str]":
        """Start a script; PREAMBLE says what it can use."""
        return subprocess.Popen(
            [sys.executable, "-c", PREAMBLE + textwrap.dedent(script), self._url],
            cwd=ROOT,
            env={**environment_of(self._database), **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, script: str, *, ends_with: int = 0, timeout: float = PATIENCE, **environment: str) -> str:
        """Run a script to its end, and return what it printed."""
        with self.start(script, **environment) as process:
            try:
                output, errors = process.communicate(timeout=timeout)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
        assert process.returncode == ends_with, errors
        return output

    def rows(self, columns: str, table: str = "postback") -> list[tuple[object, ...]]:
        with sqlite3.connect(self._database, timeout=20) as database:
            found = database.execute(f"SELECT {columns} FROM tracking_{table} ORDER BY id").fetchall()
        database.close()
        return found

    @property
    def states(self) -> list[object]:
        return [status for (status,) in self.rows("status")]

    def expire_leases(self, table: str = "postback") -> None:
        """Let the leases' time go by."""
        self._write(f"UPDATE tracking_{table} SET lease_expires_at='2020-01-01' WHERE status='sending'")

    def make_due(self, table: str = "postback") -> None:
        """Let the wait for the next try go by."""
        self._write(f"UPDATE tracking_{table} SET due_at='2020-01-01' WHERE status='pending'")

    def _write(self, statement: str) -> None:
        with sqlite3.connect(self._database, timeout=20) as database:
            database.execute(statement)
        database.close()


def environment_of(database: Path) -> dict[str, str]:
    return {
        **{name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")},
        "DATABASE_URL": f"sqlite:///{database}",
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "LOG_LEVEL": "WARNING",
        "PYTHONWARNINGS": "error::ResourceWarning",
    }


def migrated(folder: Path) -> Path:
    """The database file with tracking's tables in `folder`, made when there is none."""
    database = folder / "tracking.sqlite3"
    if database.exists():
        return database
    subprocess.run(
        [sys.executable, "-m", "django", "migrate", "tracking", "--verbosity=0"],
        cwd=ROOT,
        env=environment_of(database),
        check=True,
        capture_output=True,
    )
    return database


def copied(database: Path, folder: Path) -> Path:
    """A copy of a database that nobody has open."""
    return Path(shutil.copy(database, folder / "shop.sqlite3"))
