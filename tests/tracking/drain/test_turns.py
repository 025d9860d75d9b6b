"""Workers that share an SQLite file commit in turns; whatever becomes of the turn, nothing is held up for good."""

import fcntl
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tracking.fault_server import FaultServer, always, reply
from tests.tracking.processes import Machine, copied, migrated
from tests.tracking.waiting import until
from tracking.postbacks.outbox import turns

DRAIN = "Drain().run()\n"
PATIENTLY = "from tracking.postbacks.outbox import turns\nturns.PATIENCE = 60\n"


@pytest.fixture(scope="module")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return migrated(tmp_path_factory.getbasetemp())


@pytest.fixture
def database(empty_database: Path, tmp_path: Path) -> Path:
    return copied(empty_database, tmp_path)


@pytest.fixture
def aspire() -> Iterator[FaultServer]:
    with FaultServer(always(reply())) as server:
        yield server


@pytest.fixture
def machine(database: Path, aspire: FaultServer) -> Machine:
    return Machine(database, port=aspire.port)


@pytest.fixture
def turn(database: Path) -> Path:
    return Path(f"{database}{turns.SUFFIX}")


def test_a_result_waits_for_the_turn_and_is_written_as_soon_as_it_is_free(
    machine: Machine, aspire: FaultServer, turn: Path
) -> None:
    with turn.open("ab") as file:
        fcntl.lockf(file, fcntl.LOCK_EX)
        with machine.start(f"owe(1)\n{PATIENTLY}{DRAIN}") as process:
            until(lambda: aspire.requests, "the request came")
            time.sleep(0.5)
            assert machine.states == ["sending"]
            fcntl.lockf(file, fcntl.LOCK_UN)
            assert process.wait(10) == 0
    assert machine.states == ["accepted"]


def test_whoever_hangs_in_its_turn_holds_nobody_up_for_long(machine: Machine, turn: Path) -> None:
    with turn.open("ab") as file:
        fcntl.lockf(file, fcntl.LOCK_EX)
        machine.run(f"owe(1)\n{DRAIN}", timeout=20)
    assert machine.states == ["accepted"]


def test_a_process_that_dies_in_its_turn_holds_nobody_up(machine: Machine) -> None:
    machine.run(f"owe(1)\ndie_before(delivery, 'settle')\n{DRAIN}", ends_with=-signal.SIGKILL)
    machine.run(f"owe(1)\n{DRAIN}")

    assert machine.states == ["sending", "accepted"]


@pytest.mark.parametrize(
    "obstacle",
    [
        "os.mkdir(connection.settings_dict['NAME'] + '-drain')",
        "from tracking.postbacks.outbox import turns\nturns.fcntl = None",
    ],
    ids=["no file can be made", "no locks on this system"],
)
def test_without_a_lock_results_are_written_all_the_same(machine: Machine, obstacle: str) -> None:
    machine.run(f"owe(3)\n{obstacle}\n{DRAIN}")
    assert machine.states == ["accepted"] * 3
