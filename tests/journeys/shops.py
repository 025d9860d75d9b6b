"""The reference shop under gunicorn, with a database and a key of its own, on whatever host names a test gives it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.nginx import free_ports, wait_for
from tests.tracking.terminal import ROOT, run_manage

SETTINGS = {
    "DJANGO_SETTINGS_MODULE": "config.settings",
    "DEBUG": "1",
    "ALLOWED_HOSTS": ".test,127.0.0.1",
    "TRACKING_POSTBACK_HOSTS": "127.0.0.1",
    "TRACKING_ENGINE": "worker",
}
POSTBACK_URL = "http://127.0.0.1:9/aff_lsr?offer_id=12345&aff_id=AFFILIATE_ID&amount=AMOUNT&adv_unique1=ORDER_ID"


@dataclass(frozen=True)
class Shop:
    port: int
    database: Path
    environment: dict[str, str]

    def manage(self, *arguments: str) -> str:
        """Run a command on the shop's data; returns what it printed."""
        ended = run_manage(*arguments, database=self.database, **self.environment)
        assert ended.status == 0, ended.err
        return ended.out


def stock(folder: Path) -> Path:
    """Make the database of a shop with goods and an offer, for shops to begin with a copy of it."""
    shop = Shop(0, folder / "shop.sqlite3", SETTINGS)
    shop.manage("migrate", "--verbosity=0")
    shop.manage("seed_store")
    shop.manage("set_offer", "--offer-id", "12345", "--default", "--postback-url", POSTBACK_URL)
    return shop.database


@contextmanager
def open_shop(folder: Path, stocked: Path, **environment: str) -> Iterator[Shop]:
    """A shop with a copy of that database, open while the `with` block lasts; nothing of it is delivered."""
    folder.mkdir(parents=True, exist_ok=True)
    (port,) = free_ports(1)
    settings = {**SETTINGS, **environment}
    shop = Shop(port, folder / "shop.sqlite3", settings)
    shutil.copy(stocked, shop.database)
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "gunicorn",
            "config.wsgi",
            "--bind",
            f"127.0.0.1:{port}",
            "--no-control-socket",
            "--threads",
            "4",
        ],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": f"sqlite:///{shop.database}", **settings},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(port, process)
        yield shop
    finally:
        process.terminate()
        process.wait(20)
