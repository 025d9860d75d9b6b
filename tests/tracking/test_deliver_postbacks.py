"""`deliver_postbacks`: a worker or a cron job, ended by signals, with an exit status that tells."""

import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone
from werkzeug import Request, Response

from tests.factories import OfferFactory, PostbackFactory
from tests.network import Network
from tests.tracking.database_proxy import DatabaseProxy
from tests.tracking.fault_server import Connection, FaultServer, reply
from tests.tracking.processes import Machine, copied, migrated
from tests.tracking.terminal import run, run_manage, start_manage
from tests.tracking.waiting import PATIENCE, until
from tracking.management.commands.deliver_postbacks import Command
from tracking.models import Attempt, Postback

NOBODY = "postgres://postgres@127.0.0.1:1/nobody?connect_timeout=2"  # no database listens there


# In this process --------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("status", "body", "state"),
    [
        (200, "success=true;", "accepted"),
        (200, "success=false; err_msg=No;", "rejected"),
        (500, "", "unconfirmed"),
        (503, "", "pending"),
        (404, "", "failed"),
    ],
)
def test_once_exits_0_whatever_aspire_says(network: Network, status: int, body: str, state: str) -> None:
    PostbackFactory(offer=OfferFactory(postback_url=network.postback_url))
    network.replies(status, body)
    ended = run("deliver_postbacks", "--once")
    assert (ended.status, ended.out) == (0, "Tried: 1.\n")
    assert Postback.objects.get().status == state


@pytest.mark.django_db(transaction=True)
def test_once_with_nothing_due_exits_0() -> None:
    PostbackFactory(due_at=timezone.now() + timedelta(hours=1))
    ended = run("deliver_postbacks", "--once")
    assert (ended.status, ended.out) == (0, "Tried: 0.\n")


@pytest.mark.django_db(transaction=True)
def test_once_sweeps_expired_leases() -> None:
    PostbackFactory(
        status="sending",
        claim_token="12345678123456781234567812345678",
        lease_expires_at=timezone.now() - timedelta(seconds=1),
    )
    run("deliver_postbacks", "--once")
    assert Postback.objects.get().status == "unconfirmed"


@pytest.mark.django_db(transaction=True)
def test_a_program_that_calls_it_keeps_its_own_signal_handlers() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    run("deliver_postbacks", "--once")
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def test_it_can_be_called_from_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tracking.management.commands.deliver_postbacks.Drain", FakeDrain)
    monkeypatch.setattr("tracking.watch.rounds.look", lambda now: [])
    monkeypatch.setattr("tracking.watch.letters.tell", lambda now: 0)
    failures: list[BaseException] = []

    def job() -> None:
        try:
            call_command("deliver_postbacks", "--once", verbosity=0)
        except BaseException as error:  # noqa: BLE001 - shown by the assertion
            failures.append(error)

    thread = threading.Thread(target=job)
    thread.start()
    thread.join(10)
    assert failures == []


class FakeDrain:
    def __init__(self, **_options: Any) -> None:
        pass

    def run(self, _stop: threading.Event, **_options: Any) -> int:
        return 0

    def close(self) -> None:
        pass


def test_options_that_do_not_exist_are_refused() -> None:
    with pytest.raises(CommandError):
        call_command("deliver_postbacks", "--twice")


# Options ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("option", "value"),
    [
        *[("--concurrency", value) for value in ("0", "-1", "1.5", "many", "", "1000001", "²")],
        *[("--max-postbacks", value) for value in ("0", "-5", "all")],
        *[("--interval", value) for value in ("0", "-1", "soon", "nan", "inf", "3601")],
    ],
)
def test_a_value_that_makes_no_sense_exits_2_and_is_told(
    capsys: pytest.CaptureFixture[str], option: str, value: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        Command().run_from_argv(["manage.py", "deliver_postbacks", f"{option}={value}"])
    assert ended.value.code == 2
    assert f"argument {option}: {value!r} is not a" in capsys.readouterr().err


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("options", [("--once",), ()], ids=["once", "worker"])
@pytest.mark.parametrize("most", [1, 7, 12])
def test_with_max_postbacks_it_ends_after_so_many(network: Network, most: int, options: tuple[str, ...]) -> None:
    offer = OfferFactory(postback_url=network.postback_url)
    for _ in range(12):
        PostbackFactory(offer=offer)

    ended = run("deliver_postbacks", *options, "--max-postbacks", str(most))

    assert ended.status == 0
    assert len(network.received) == Postback.objects.filter(status="accepted").count() == most
    assert Postback.objects.filter(status="pending").count() == 12 - most


@pytest.mark.django_db(transaction=True)
def test_once_with_fewer_due_than_max_postbacks_ends_with_them(network: Network) -> None:
    PostbackFactory(offer=OfferFactory(postback_url=network.postback_url))
    assert run("deliver_postbacks", "--once", "--max-postbacks", "5").out == "Tried: 1.\n"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("options", "most"), [(("--concurrency", "2"), 2), ((), 3)], ids=["option", "setting"])
def test_the_option_concurrency_goes_before_the_setting(settings: Any, options: tuple[str, ...], most: int) -> None:
    settings.TRACKING_CONCURRENCY = 3
    full, lock = threading.Event(), threading.Lock()
    under_way: list[int] = [0]

    def script(connection: Connection) -> None:
        while connection.read_request():
            with lock:
                under_way.append(under_way[-1] + 1)
                if under_way[-1] == most:
                    full.set()
            assert full.wait(20), f"Never were {most} under way."
            with lock:
                under_way.append(under_way[-1] - 1)
            connection.send(reply())

    with FaultServer(script) as server:
        offer = OfferFactory(postback_url=f"http://127.0.0.1:{server.port}/?adv_unique1=ORDER_ID")
        for _ in range(20):
            PostbackFactory(offer=offer)
        run("deliver_postbacks", "--once", *options)

    assert max(under_way) == most
    assert Postback.objects.filter(status="accepted").count() == 20


# As a process -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return migrated(tmp_path_factory.mktemp("deliver"))


@pytest.fixture
def database(template: Path, tmp_path: Path) -> Path:
    return copied(template, tmp_path)


@pytest.fixture
def machine(database: Path, network: Network) -> Machine:
    """Owes twenty postbacks to `network`."""
    machine = Machine(database, port=0)
    machine.run(f"""
        from tests.factories import OfferFactory
        OfferFactory(postback_url={network.postback_url!r})
        owe(20)
    """)
    return machine


class Gate:
    """Keeps every request waiting until it is opened."""

    def __init__(self, network: Network) -> None:
        self.arrived, self._opened = threading.Event(), threading.Event()
        network.replies_by(self._answer)

    def open(self) -> None:
        self._opened.set()

    def _answer(self, _request: Request) -> Response:
        self.arrived.set()
        self._opened.wait(20)
        return Response("success=true;")


@pytest.fixture
def gate(network: Network) -> Iterator[Gate]:
    gate = Gate(network)
    yield gate
    gate.open()


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


# A database that goes away ----------------------------------------------------------------------------------


@pytest.fixture
def proxy() -> Iterator[DatabaseProxy]:
    """A door before the database server in use."""
    parts = urlsplit(os.environ["DATABASE_URL"])
    assert parts.hostname
    assert parts.port
    with DatabaseProxy(parts.hostname, parts.port) as proxy:
        yield proxy


@contextmanager
def worker_behind(proxy: DatabaseProxy) -> Iterator["subprocess.Popen[str]"]:
    """A worker that reaches the test database through the door, and has to end well when the block does."""
    parts = urlsplit(os.environ["DATABASE_URL"])
    user, at, _ = parts.netloc.rpartition("@")
    behind = parts._replace(netloc=f"{user}{at}127.0.0.1:{proxy.port}", path=f"/{connection.settings_dict['NAME']}")
    with start_manage("deliver_postbacks", "--interval", "0.2", database=behind.geturl()) as process:
        try:
            yield process
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=PATIENCE)
        finally:
            process.kill()
    assert process.returncode == 0


def wait_for_the_log(process: "subprocess.Popen[str]", words: str) -> None:
    assert process.stderr
    for line in process.stderr:
        if words in line:
            return
    raise AssertionError(f"The worker ended without saying {words!r}.")


def are_accepted(count: int) -> None:
    until(lambda: Postback.objects.filter(status="accepted").count() == count, f"{count} are accepted")


behind_a_server = pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite is never away")


@behind_a_server
@pytest.mark.django_db(transaction=True)
def test_while_the_database_is_away_nothing_is_sent_and_afterwards_everything_is(
    network: Network, proxy: DatabaseProxy
) -> None:
    offer = OfferFactory(postback_url=network.postback_url)
    with worker_behind(proxy) as process:
        PostbackFactory(offer=offer)
        are_accepted(1)
        proxy.shut()
        for _ in range(5):
            PostbackFactory(offer=offer)
        for _ in range(2):
            wait_for_the_log(process, "The database is away; nothing is sent meanwhile.")
        assert len(network.received) == 1
        proxy.open()
        are_accepted(6)
    assert len(network.received) == Attempt.objects.count() == 6


@behind_a_server
@pytest.mark.django_db(transaction=True)
def test_an_answer_that_comes_while_the_database_is_away_is_held_and_written_down_later(
    network: Network, proxy: DatabaseProxy, gate: Gate
) -> None:
    PostbackFactory(offer=OfferFactory(postback_url=network.postback_url))
    with worker_behind(proxy) as process:
        assert gate.arrived.wait(PATIENCE)
        proxy.shut()
        gate.open()
        wait_for_the_log(process, "1 results cannot be written down; trying again.")
        assert Postback.objects.get().status == "sending"
        proxy.open()
        are_accepted(1)
    assert len(network.received) == Attempt.objects.count() == 1
