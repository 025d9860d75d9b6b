"""The engine `thread` under a real gunicorn: preloading, several workers, reloads, recycling, ends, and forks."""

import signal
import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import closing, suppress
from http.client import HTTPConnection
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

from tests.tracking.fault_server import Connection, FaultServer, always, reply, silent
from tests.tracking.processes import ROOT, Machine, copied, environment_of, migrated
from tests.tracking.waiting import PATIENCE, until

NewMachine = Callable[[FaultServer], Machine]


class Gunicorn:
    """A gunicorn with the small shop, while the `with` block lasts."""

    def __init__(self, database: Path, *options: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = free.getsockname()[1]
        command = f"-m gunicorn tests.tracking.served_shop --bind 127.0.0.1:{self._port} --log-level warning"
        self.process = subprocess.Popen(
            [sys.executable, *command.split(), *options], cwd=ROOT, env=environment_of(database)
        )

    def __enter__(self) -> Self:
        until(lambda: self.get(), "gunicorn serves")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill() if error else self.stop()

    def get(self, path: str = "/") -> str:
        """The number of the process that served the page; empty if none did."""
        with closing(HTTPConnection("127.0.0.1", self._port, timeout=20)) as connection, suppress(OSError):
            connection.request("GET", path)
            return connection.getresponse().read().decode()
        return ""

    def reload(self) -> None:
        self.process.send_signal(signal.SIGHUP)

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(PATIENCE)


@pytest.fixture(scope="module")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return migrated(tmp_path_factory.getbasetemp())


@pytest.fixture
def database(empty_database: Path, tmp_path: Path) -> Path:
    return copied(empty_database, tmp_path)


@pytest.fixture
def new_machine(database: Path) -> NewMachine:
    def new(aspire: FaultServer) -> Machine:
        machine = Machine(database, port=aspire.port)
        machine.run("owe(0)")  # the offer
        return machine

    return new


def received(aspire: FaultServer) -> Counter[str]:
    return Counter(target.rpartition("=")[2] for target in aspire.targets)


def slowly(connection: Connection) -> None:
    while connection.read_request():
        threading.Event().wait(0.1)  # a usual way to Aspire and back
        connection.send(reply())


@pytest.mark.parametrize("options", [(), ("--preload",), ("--worker-class", "gthread", "--threads", "4")])
def test_every_worker_delivers(new_machine: NewMachine, database: Path, options: tuple[str, ...]) -> None:
    with FaultServer(always(reply())) as aspire:
        machine = new_machine(aspire)
        with Gunicorn(database, "--workers", "2", *options) as server:
            workers: set[str] = set()
            while len(workers) < 2 or len(machine.states) < 10:
                workers.add(server.get(f"/order/{len(machine.states) + 1}/"))
            until(lambda: set(machine.states) == {"accepted"}, "all is delivered")

    assert set(received(aspire).values()) == {1}


def test_a_server_that_was_restarted_takes_up_what_is_due_with_its_first_page(
    new_machine: NewMachine, database: Path
) -> None:
    with FaultServer(always(reply())) as aspire:
        machine = new_machine(aspire)
        machine.run("owe(3)")
        with Gunicorn(database):  # has served a page as soon as it is known to serve
            until(lambda: machine.states == ["accepted"] * 3, "all is delivered")

    assert set(received(aspire).values()) == {1}


def test_what_falls_due_later_is_delivered_without_another_page(new_machine: NewMachine, database: Path) -> None:
    answers = iter([reply("busy", "503 Service Unavailable")])

    def busy_at_first(connection: Connection) -> None:
        while connection.read_request():
            connection.send(next(answers, reply()))

    with FaultServer(busy_at_first) as aspire:
        machine = new_machine(aspire)
        with Gunicorn(database) as server:
            server.get("/order/1/")
            until(lambda: machine.states == ["accepted"], "it falls due again")

    assert received(aspire) == {"1": 2}


@pytest.mark.parametrize("options", [(), ("--preload",)], ids=["", "preload"])
def test_a_reload_in_mid_delivery_loses_and_repeats_nothing(
    new_machine: NewMachine, database: Path, options: tuple[str, ...]
) -> None:
    with FaultServer(slowly) as aspire:
        machine = new_machine(aspire)
        machine.run("owe(400)")
        with Gunicorn(database, "--workers", "2", *options) as server:
            until(lambda: len(aspire.requests) >= 20, "it is in the midst of them")
            server.reload()
            until(lambda: server.get() and set(machine.states) == {"accepted"}, "all is delivered")

    assert len(received(aspire)) == 400
    assert set(received(aspire).values()) == {1}


def test_workers_that_are_recycled_lose_and_repeat_nothing(new_machine: NewMachine, database: Path) -> None:
    with FaultServer(slowly) as aspire:
        machine = new_machine(aspire)
        with Gunicorn(database, "--workers", "2", "--max-requests", "5") as server:
            for number in range(1, 25):
                until(lambda number=number: server.get(f"/order/{number}/"), "an order is placed")
            until(lambda: server.get() and set(machine.states) == {"accepted"}, "all is delivered")

    assert len(received(aspire)) == 24
    assert set(received(aspire).values()) == {1}


def test_a_server_that_ends_with_a_backlog_leaves_nothing_half_sent(new_machine: NewMachine, database: Path) -> None:
    with FaultServer(slowly) as aspire:
        machine = new_machine(aspire)
        machine.run("owe(1000)")
        with Gunicorn(database, "--workers", "2") as server:
            until(lambda: len(aspire.requests) >= 20, "it is in the midst of them")
            assert server.stop() == 0

    assert set(machine.states) == {"accepted", "pending"}
    assert machine.states.count("accepted") == len(aspire.requests)


def test_a_server_ends_while_the_other_side_says_nothing(new_machine: NewMachine, database: Path) -> None:
    with FaultServer(silent) as aspire:
        machine = new_machine(aspire)
        with Gunicorn(database) as server:
            server.get("/order/1/")
            until(lambda: aspire.requests, "the request is under way")
            assert server.stop() == 0

    assert machine.states == ["sending"]  # it becomes unconfirmed once its lease is over


def test_a_fork_in_mid_drain_delivers_what_the_child_commits_and_repeats_nothing(new_machine: NewMachine) -> None:
    is_forked = threading.Event()

    def until_forked(connection: Connection) -> None:
        while connection.read_request():
            is_forked.wait(20)
            connection.send(reply())

    with FaultServer(until_forked) as aspire:
        machine = new_machine(aspire)
        with machine.start(
            """
            import warnings
            warnings.simplefilter("ignore", DeprecationWarning)
            settings.TRACKING_ENGINE = "thread"
            owe(1)
            engines.kick()
            while not Postback.objects.filter(status="sending").exists(): time.sleep(0.01)
            connection.close()
            child = os.fork()
            if not child:
                owe(1)
                engines.kick()
                print("forked", flush=True)
                sys.exit(0)
            assert os.waitpid(child, 0)[1] == 0
            """,
        ) as process:
            assert process.stdout
            assert process.stdout.readline() == "forked\n"
            is_forked.set()
            _out, errors = process.communicate(timeout=PATIENCE)

    assert (process.returncode, errors) == (0, "")
    assert machine.states == ["accepted"] * 2
    assert received(aspire) == {"1": 1, "2": 1}


@pytest.mark.parametrize(
    "does",
    ["from django.core.management import call_command\ncall_command('check')", "Client().get('/')"],
    ids=["a command", "a test of the shop"],
)
def test_nothing_is_delivered_by_what_serves_no_shopper(new_machine: NewMachine, does: str) -> None:
    with FaultServer(always(reply())) as aspire:
        machine = new_machine(aspire)
        machine.run("owe(1)")
        threads = machine.run(
            "from tests.tracking import served_shop\nfrom django.test import Client\n"
            f"settings.ALLOWED_HOSTS = ['*']\n{does}\nprint([thread.name for thread in threading.enumerate()])"
        )

    assert "tracking-drain" not in threads
    assert machine.states == ["pending"]
