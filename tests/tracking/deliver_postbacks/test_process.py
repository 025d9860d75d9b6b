"""`deliver_postbacks` as a process: ended by signals, with an exit status that tells."""

import signal
import subprocess
from pathlib import Path

import pytest

from tests.network import Network
from tests.tracking.deliver_postbacks.gate import Gate
from tests.tracking.processes import Machine
from tests.tracking.terminal import run_manage, start_manage
from tests.tracking.waiting import PATIENCE

NOBODY = "postgres://postgres@127.0.0.1:1/nobody?connect_timeout=2"  # no database listens there


def test_as_a_cron_job_it_delivers_what_is_due(machine: Machine, database: Path, network: Network) -> None:
    ended = run_manage("deliver_postbacks", "--once", database=database)
    assert (ended.status, ended.out) == (0, "Tried: 20.\n")
    assert machine.states == ["accepted"] * 20
    assert sorted(int(query["adv_unique1"]) for query in network.received) == list(range(1, 21))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_in_mid_work_settles_what_is_under_way_and_exits_0(
    machine: Machine, database: Path, network: Network, gate: Gate, number: signal.Signals
) -> None:
    with start_manage("deliver_postbacks", database=database) as process:
        assert gate.arrived.wait(PATIENCE)
        process.send_signal(number)
        gate.open()
        out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, err) == (0, "")
    assert "Ended; nothing was left under way." in out
    assert machine.states.count("accepted") == len(network.received) > 0
    assert machine.states.count("pending") == 20 - len(network.received) > 0


def test_a_second_signal_ends_at_once_and_leaves_the_leases_to_tell(
    machine: Machine, database: Path, gate: Gate
) -> None:
    with start_manage("deliver_postbacks", database=database) as process:
        assert gate.arrived.wait(PATIENCE)
        for _ in range(50):  # a signal sent before the first was dealt with is the same signal
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=0.1)
                break
            except subprocess.TimeoutExpired:
                continue
    assert process.returncode == -signal.SIGTERM
    assert set(machine.states) == {"sending", "pending"}


def test_a_worker_that_is_idle_ends_on_a_signal(database: Path) -> None:
    with start_manage("deliver_postbacks", database=database) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "Delivering postbacks; Ctrl-C ends it.\n"
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE)
    assert process.returncode == 0


def test_without_a_database_it_exits_1_and_says_so_in_one_line() -> None:
    ended = run_manage("deliver_postbacks", "--once", database=NOBODY)
    assert ended.status == 1
    assert ended.err.startswith("CommandError: The database cannot be used: ")
    assert ended.err.count("\n") == 1


def test_before_migrate_it_exits_1_and_says_what_to_run(tmp_path: Path) -> None:
    ended = run_manage("deliver_postbacks", "--once", database=tmp_path / "empty.sqlite3")
    assert ended.status == 1
    assert "run `manage.py migrate`" in ended.err


def test_with_a_wrong_setting_it_exits_1_and_names_it(database: Path) -> None:
    ended = run_manage("deliver_postbacks", "--once", database=database, TRACKING_CONCURRENCY="-1")
    assert ended.status == 1
    assert "TRACKING_CONCURRENCY is -1" in ended.err


def test_as_a_process_wrong_usage_exits_2(database: Path) -> None:
    assert run_manage("deliver_postbacks", "--twice", database=database).status == 2
