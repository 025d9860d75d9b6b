"""The engine `thread` in processes of their own: it delivers by itself, and never keeps a process from ending."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_django import Settings

from tests.tracking import fault_server
from tests.tracking.fault_server import Connection, FaultServer, always, dripping, reply
from tests.tracking.processes import Machine, copied, migrated
from tracking.postbacks import engines

ENGINE = "settings.TRACKING_ENGINE = 'thread'\n"
IMPATIENT = "from tracking.postbacks.engines import background\nbackground.GRACE = 0.3\n"
COMMIT = ENGINE + "owe(1)\nengines.kick()\n"


@pytest.fixture(scope="module")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return migrated(tmp_path_factory.getbasetemp())


@pytest.fixture
def new_machine(empty_database: Path, tmp_path: Path) -> Callable[[FaultServer], Machine]:
    return lambda server: Machine(copied(empty_database, tmp_path), port=server.port)


def test_a_process_that_commits_and_ends_has_delivered(new_machine: Callable[[FaultServer], Machine]) -> None:
    with FaultServer(always(reply())) as aspire:
        machine = new_machine(aspire)
        machine.run(COMMIT)

    assert machine.states == ["accepted"]
    assert len(aspire.requests) == 1


@pytest.mark.parametrize(
    "script",
    [fault_server.silent, dripping(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 999)],
    ids=["silent", "dripping"],
)
def test_a_process_ends_promptly_while_the_other_side_stalls(
    new_machine: Callable[[FaultServer], Machine], script: fault_server.Script
) -> None:
    with FaultServer(script) as aspire:
        machine = new_machine(aspire)
        under_way = "while not Postback.objects.filter(status='sending').exists(): time.sleep(0.01)\n"
        ended_after = float(machine.run(COMMIT + under_way + "print(time.time())\n").strip())
        took = time.time() - ended_after

    assert (
        took < 12
    )  # an answer is waited for longer, the grace of two seconds is over before, busy as a machine may be
    assert machine.states == ["sending"]  # it becomes unconfirmed once its lease is over
    assert len(aspire.requests) == 1


def test_a_process_that_ends_with_a_backlog_leaves_nothing_half_sent(
    new_machine: Callable[[FaultServer], Machine],
) -> None:
    """What was asked is settled, the rest stays pending: with Aspire healthy nobody has to look into anything."""

    def slowly(connection: Connection) -> None:
        while connection.read_request():
            threading.Event().wait(0.1)  # a usual way to Aspire and back
            connection.send(reply())

    with FaultServer(slowly) as aspire:
        machine = new_machine(aspire)
        machine.run(
            "from tracking.postbacks.engines import background\nbackground.GRACE = 1\n"
            + ENGINE
            + "owe(1000)\nengines.kick()\n"  # 32 threads ask some 320 times in that second
        )

    assert set(machine.states) == {"accepted", "pending"}
    assert machine.states.count("accepted") == len(aspire.requests)


def test_orders_of_a_long_lived_process_are_delivered_as_they_come(
    new_machine: Callable[[FaultServer], Machine],
) -> None:
    with FaultServer(always(reply())) as aspire:
        machine = new_machine(aspire)
        output = machine.run(
            ENGINE
            + """
            for number in range(1, 4):
                owe(1)
                engines.kick()
                give_up_at = time.monotonic() + 30
                while Postback.objects.filter(status="accepted").count() < number:
                    assert time.monotonic() < give_up_at
                    time.sleep(0.01)
            names = sorted(thread.name for thread in threading.enumerate())
            print(names.count("tracking-drain"))
            """.replace("\n            ", "\n")
        )

    assert machine.states == ["accepted"] * 3
    assert output.strip() == "1"  # one thread drains, however often it is woken


def test_kicking_costs_no_time_even_while_the_other_side_stalls(
    new_machine: Callable[[FaultServer], Machine],
) -> None:
    with FaultServer(fault_server.silent) as aspire:
        machine = new_machine(aspire)
        output = machine.run(
            IMPATIENT
            + COMMIT
            + "began = time.perf_counter()\n"
            + "for _ in range(1000): engines.kick()\n"
            + "print(time.perf_counter() - began)\n"
        )

    assert float(output) < 0.5


def test_after_a_fork_the_child_delivers_by_itself(new_machine: Callable[[FaultServer], Machine]) -> None:
    def with_a_thread_running(connection: Connection) -> None:
        while connection.read_request():
            connection.send(reply())

    with FaultServer(with_a_thread_running) as aspire:
        machine = new_machine(aspire)
        machine.run(
            "import warnings\nwarnings.simplefilter('ignore', DeprecationWarning)\n"
            + COMMIT
            + """
connection.close()
child = os.fork()
if not child:
    owe(1)
    engines.kick()
    sys.exit(0)
assert os.waitpid(child, 0)[1] == 0
"""
        )

    assert machine.states == ["accepted"] * 2
    assert len(aspire.requests) == 2


def test_what_was_left_over_is_delivered_with_the_next_order(new_machine: Callable[[FaultServer], Machine]) -> None:
    with FaultServer(always(reply())) as aspire:
        machine = new_machine(aspire)
        machine.run("owe(2)")
        assert machine.states == ["pending"] * 2
        machine.run(COMMIT)

    assert machine.states == ["accepted"] * 3


def test_a_database_that_is_away_when_woken_is_no_error_of_the_process(
    new_machine: Callable[[FaultServer], Machine],
) -> None:
    with FaultServer(always(reply())) as aspire:
        machine = new_machine(aspire)
        machine.run(ENGINE + "owe(1)\ndef away(**_): raise OSError('away')\ndelivery.sweep = away\nengines.kick()\n")

    assert machine.states == ["pending"]


class BrokenEngine:
    def kick(self) -> None:
        raise OSError("the broker is down")


@pytest.mark.parametrize("name", [f"{__name__}.BrokenEngine", "no.such.Engine", "", 7])
def test_a_kick_never_raises(name: object, settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    settings.TRACKING_ENGINE = name

    engines.kick()

    assert "could not be woken" in caplog.text
