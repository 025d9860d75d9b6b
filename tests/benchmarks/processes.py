"""Processes that are measured: started on the benchmarks' database, their CPU time and memory read from outside."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import psutil
from django.db import connection

ROOT: Final = Path(__file__).resolve().parents[2]
START_UP: Final = 0.03  # seconds of CPU that starting Python and what it imports takes at least, on a quick machine
PATIENCE: Final = 60.0  # seconds until a process has started


def environment(**values: str) -> dict[str, str]:
    """The environment of a measured process: this one's, with the database that the benchmarks made."""
    inherited = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    return {
        **inherited,
        "DATABASE_URL": _database_url(),
        "DJANGO_SETTINGS_MODULE": "tests.benchmarks.settings",
        "LOG_LEVEL": "WARNING",
        "TRACKING_ENGINE": "worker",
        **values,
    }


def _database_url() -> str:
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()


class Measured:
    """Some processes and whatever they start."""

    def __init__(self, processes: Sequence["subprocess.Popen[str]"], log: Path) -> None:
        self._processes = processes
        self._log = log

    @property
    def cpu_seconds(self) -> float:
        return sum(sum(each.cpu_times()[:2]) for each in self._family())

    @property
    def resident_mb(self) -> float:
        return sum(each.memory_info().rss for each in self._family()) / 1e6

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace")

    def send_signal(self, number: int) -> None:
        for process in self._processes:
            process.send_signal(number)

    def wait_until_ready(self) -> None:
        """Wait until they have started and use next to no CPU."""
        at_least = START_UP * len(self._processes)
        give_up_at = time.monotonic() + PATIENCE
        before, calm = 0.0, 0
        while calm < 3:
            assert time.monotonic() < give_up_at, f"It does not come to rest: {self.log}"
            time.sleep(0.2)
            for process in self._processes:
                assert process.poll() is None, f"It ended with {process.returncode}: {self.log}"
            now = self.cpu_seconds
            calm = calm + 1 if now >= at_least and now - before <= 0.02 else 0
            before = now

    def _family(self) -> list[psutil.Process]:
        parents = [psutil.Process(process.pid) for process in self._processes]
        return parents + [child for parent in parents for child in parent.children(recursive=True)]


@contextmanager
def measured(*commands: Sequence[str], **values: str) -> Iterator[Measured]:
    """Run a Python process for each command line while the block lasts; then they are killed."""
    with tempfile.NamedTemporaryFile(suffix=".log") as log:
        processes = [
            subprocess.Popen(
                [sys.executable, *command],
                cwd=ROOT,
                env=environment(**values),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                text=True,
                start_new_session=True,
            )
            for command in commands
        ]
        try:
            yield Measured(processes, Path(log.name))
        finally:
            for process in processes:
                _kill_family(process)


def _kill_family(process: "subprocess.Popen[str]") -> None:
    try:
        family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
    except psutil.NoSuchProcess:
        family = []
    for each in family:
        each.kill()
    process.wait()
