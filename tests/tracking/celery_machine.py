"""Workers and shops in processes of their own, for what only a real Celery can show."""

import os
import signal
import subprocess
import sys
import textwrap
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from uuid import uuid4

from tests.tracking.processes import ROOT, Machine, environment_of
from tests.tracking.waiting import PATIENCE, until

# To be put in front of a script: the orders it places wake workers.
WITH_CELERY: Final = """
from tests.tracking.celery_shop import app
settings.TRACKING_ENGINE = "celery"
"""


def celery_environment(broker: str) -> dict[str, str]:
    """A broker, and a queue of one's own in it."""
    return {"CELERY_BROKER_URL": broker, "QUEUE": f"test-{uuid4()}", "TRY_AGAIN": "0.2"}


class CeleryShop:
    """A shop whose orders wake workers through one broker, by a queue of its own."""

    def __init__(self, database: Path, *, port: int, broker: str) -> None:
        self.machine = Machine(database, port=port)
        self.folder = database.parent
        self.environment = {**environment_of(database), **celery_environment(broker)}

    def start(self, script: str, **environment: str) -> "subprocess.Popen[str]":
        return self.machine.start(WITH_CELERY + textwrap.dedent(script), **self.environment, **environment)

    def run(self, script: str) -> str:
        """Run a script of the shop: `owe(n)`, then `engines.kick()`, is what an order's commit comes to."""
        return self.machine.run(WITH_CELERY + textwrap.dedent(script), timeout=PATIENCE, **self.environment)

    def purge(self) -> int:
        """Lose every message that waits."""
        return int(self.run("print(app.control.purge())"))

    def worker(self, *options: str, **environment: str) -> "Worker":
        return Worker(self.folder, options, {**self.environment, **environment})

    @property
    def states(self) -> list[object]:
        return self.machine.states

    def until_all_are(self, status: str) -> None:
        until(lambda: set(self.states) == {status}, f"all postbacks are {status}, not {self.states}")


class Worker:
    """A real `celery worker`, in a process group of its own; killed at the latest when the `with` block ends."""

    def __init__(self, folder: Path, options: tuple[str, ...], environment: dict[str, str]) -> None:
        self._log = folder / f"worker-{uuid4()}.log"
        beat = folder / f"beat-{uuid4()}"
        command = "-m celery --app tests.tracking.celery_shop worker --concurrency 2 --loglevel INFO --without-mingle"
        with self._log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, *command.split(), "--schedule", str(beat), *options],
                cwd=ROOT,
                env=environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def __enter__(self) -> Self:
        until(lambda: " ready." in self.log, f"a worker that is ready:\n{self.log}")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    @property
    def log(self) -> str:
        return self._log.read_text()

    def stop(self, *, whole_group: bool = False) -> int:
        """Ask it to end, as a deployment does; its exit status."""
        if whole_group:
            os.killpg(self.process.pid, signal.SIGTERM)
        else:
            self.process.terminate()
        return self.process.wait(PATIENCE)

    def kill(self) -> None:
        """As a power cut does: the worker and the processes of its pool."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
