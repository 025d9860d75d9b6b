"""Brokers, workers and shops in processes of their own, for what only a real Celery can show."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import uuid4

from tests.services import skip_without
from tests.tracking.processes import ROOT, Machine, environment_of
from tests.tracking.waiting import PATIENCE, until


class Redis:
    """A Redis server on a port of its own, which a test may kill and start again. It keeps nothing on disk."""

    def __init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        self._server: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self._server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(self._answers, "Redis starts")

    def kill(self) -> None:
        """Without a farewell: what it held is lost."""
        self.resume()
        if self._server:
            self._server.kill()
            self._server.wait()

    def pause(self) -> None:
        """Let it accept connections and say nothing."""
        assert self._server
        self._server.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        if self._server and self._server.poll() is None:
            self._server.send_signal(signal.SIGCONT)

    def _answers(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(64).startswith(b"+PONG")
        return False


@contextmanager
def redis_server() -> Iterator[Redis]:
    if not shutil.which("redis-server"):
        skip_without("redis-server")
    redis = Redis()
    redis.start()
    try:
        yield redis
    finally:
        redis.kill()


def rabbitmq_url() -> str:
    """The address of a RabbitMQ server for tests."""
    if "TEST_RABBITMQ_URL" not in os.environ:
        skip_without("RabbitMQ (TEST_RABBITMQ_URL is not set)")
    return os.environ["TEST_RABBITMQ_URL"]


_SHOP = """
from tests.tracking.celery_shop import app
settings.TRACKING_ENGINE = "celery"
"""


class CeleryShop:
    """A shop whose orders wake workers through one broker, by a queue of its own."""

    def __init__(self, database: Path, *, port: int, broker: str) -> None:
        self.machine = Machine(database, port=port)
        self.folder = database.parent
        self.environment = {
            **environment_of(database),
            "CELERY_BROKER_URL": broker,
            "QUEUE": f"test-{uuid4()}",
            "TRY_AGAIN": "0.2",
        }

    def start(self, script: str, **environment: str) -> "subprocess.Popen[str]":
        return self.machine.start(_SHOP + textwrap.dedent(script), **self.environment, **environment)

    def run(self, script: str) -> str:
        """Run a script of the shop: `owe(n)`, then `engines.kick()`, is what an order's commit comes to."""
        return self.machine.run(_SHOP + textwrap.dedent(script), timeout=PATIENCE, **self.environment)

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
