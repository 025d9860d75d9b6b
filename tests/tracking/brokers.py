"""Brokers of a test's own, which it may kill and start again, and the address of a RabbitMQ that it may not."""

import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from tests.services import skip_without
from tests.tracking.waiting import until


def lasting_port() -> int:
    """A free port that no connection is given while its server is away: the system gives them ports from 32768 on."""
    while True:
        port = random.randrange(20_000, 32_000)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


class Broker(ABC):
    """Listens on a port of its own."""

    greeting: bytes
    """What it answers."""

    def __init__(self) -> None:
        self.port = lasting_port()
        self._server: subprocess.Popen[bytes] | None = None

    @property
    @abstractmethod
    def url(self) -> str: ...

    def start(self) -> None:
        self._server = self._run()
        until(self._answers, f"{type(self).__name__} starts")

    def kill(self) -> None:
        """Without a farewell."""
        if self._server:
            with suppress(ProcessLookupError):
                os.killpg(self._server.pid, signal.SIGKILL)
            self._server.wait()

    @abstractmethod
    def _run(self) -> "subprocess.Popen[bytes]": ...

    def _answers(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
            connection.sendall(self.greeting)
            return bool(connection.recv(64))
        return False


class Redis(Broker):
    """It keeps nothing on disk: killed, it has lost what it held."""

    greeting = b"PING\r\n"

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def kill(self) -> None:
        self.resume()
        super().kill()

    def pause(self) -> None:
        """Let it accept connections and say nothing."""
        assert self._server
        self._server.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        if self._server and self._server.poll() is None:
            self._server.send_signal(signal.SIGCONT)

    def _run(self) -> "subprocess.Popen[bytes]":
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        return _started(command, {**os.environ})


# Debian's own command is for root alone; the one behind it is for everybody.
_RABBITMQ_PATH: Final = os.pathsep.join(["/usr/lib/rabbitmq/bin", os.environ["PATH"]])


class RabbitMQ(Broker):
    """It keeps its messages in a folder."""

    greeting = b"AMQP\x00\x00\x09\x01"

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        self._environment = {
            **os.environ,
            "HOME": str(folder),
            "RABBITMQ_NODENAME": f"tracking-{self.port}@localhost",
            "RABBITMQ_DIST_PORT": str(lasting_port()),
            "RABBITMQ_CONF_ENV_FILE": os.devnull,
            "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
            "RABBITMQ_MNESIA_BASE": str(folder),
            "RABBITMQ_LOG_BASE": str(folder),
        }

    @property
    def url(self) -> str:
        return f"amqp://guest:guest@127.0.0.1:{self.port}//"

    def _run(self) -> "subprocess.Popen[bytes]":
        (self._folder / "rabbitmq.conf").write_text(f"listeners.tcp.default = 127.0.0.1:{self.port}\n")
        command = shutil.which("rabbitmq-server", path=_RABBITMQ_PATH)
        assert command
        return _started([command], self._environment)


def _started(command: list[str], environment: dict[str, str]) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )


@contextmanager
def redis_server() -> Iterator[Redis]:
    if not shutil.which("redis-server"):
        skip_without("redis-server")
    redis = Redis()
    with _running(redis):
        yield redis


@contextmanager
def rabbitmq_server() -> Iterator[RabbitMQ]:
    if not shutil.which("rabbitmq-server", path=_RABBITMQ_PATH):
        skip_without("rabbitmq-server")
    with tempfile.TemporaryDirectory(prefix="tracking-rabbitmq-", ignore_cleanup_errors=True) as folder:
        rabbitmq = RabbitMQ(Path(folder))
        with _running(rabbitmq):
            yield rabbitmq


@contextmanager
def _running(broker: Broker) -> Iterator[None]:
    try:
        broker.start()
        yield
    finally:
        broker.kill()


def rabbitmq_url() -> str:
    """The address of a RabbitMQ server for tests, which others use too."""
    if "TEST_RABBITMQ_URL" not in os.environ:
        skip_without("RabbitMQ (TEST_RABBITMQ_URL is not set)")
    return os.environ["TEST_RABBITMQ_URL"]
