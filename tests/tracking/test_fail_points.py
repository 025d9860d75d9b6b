"""Real processes killed or stopped at each step of a delivery: nothing is lost, nothing is sent twice."""

import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.tracking.fault_server import Connection, FaultServer, always, reply
from tests.tracking.processes import Machine, copied, migrated
from tests.tracking.waiting import PATIENCE

DELIVER = "Drain(concurrency=2, timeouts=Timeouts(connect=2, read=5, whole=8)).run()"


@pytest.fixture(scope="module")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return migrated(tmp_path_factory.getbasetemp())


@pytest.fixture
def aspire() -> Iterator[FaultServer]:
    with FaultServer(always(reply())) as server:
        yield server


@pytest.fixture
def new_machine(empty_database: Path, tmp_path: Path) -> Callable[[FaultServer], Machine]:
    return lambda server: Machine(copied(empty_database, tmp_path), port=server.port)


FAIL_POINTS = {
    "after the claim": ("die_after(outbox, 'claim')", 0),
    "before sending": ("die_before(Transport, 'get')", 0),
    "after the reply": ("die_after(Transport, 'get')", 1),
    "before settling": ("die_before(delivery, 'settle')", 1),
    "in mid-settling": ("die_before(outbox.settling, 'insert_all')", 1),
    "before the commit": ("die_after(delivery, 'settle')", 1),
}


@pytest.mark.parametrize(("fail_point", "received"), list(FAIL_POINTS.values()), ids=list(FAIL_POINTS))
def test_a_process_killed_while_it_holds_a_row_leaves_it_unconfirmed(
    aspire: FaultServer, new_machine: Callable[[FaultServer], Machine], fail_point: str, received: int
) -> None:
    machine = new_machine(aspire)

    machine.run(f"owe(1)\n{fail_point}\n{DELIVER}", ends_with=-signal.SIGKILL)
    assert machine.states == ["sending"]
    machine.expire_leases()
    machine.run(f"{DELIVER}\n{DELIVER}")

    assert machine.states == ["unconfirmed"]
    assert machine.rows("verdict", "attempt") == [("unconfirmed",)]
    assert len(aspire.requests) == received


def test_a_process_killed_while_it_waits_for_the_answer_leaves_the_row_unconfirmed(
    new_machine: Callable[[FaultServer], Machine],
) -> None:
    def kill(connection: Connection) -> None:
        connection.read_request()
        process.kill()

    with FaultServer(kill) as aspire:
        machine = new_machine(aspire)
        with machine.start(f"owe(1)\n{DELIVER}") as process:
            assert process.wait(20) == -signal.SIGKILL
        assert machine.states == ["sending"]
        machine.expire_leases()
        machine.run(DELIVER)

    assert machine.states == ["unconfirmed"]
    assert len(aspire.requests) == 1


def test_a_process_killed_before_its_order_commits_owes_nothing(
    aspire: FaultServer, new_machine: Callable[[FaultServer], Machine]
) -> None:
    machine = new_machine(aspire)

    machine.run("with transaction.atomic():\n    owe(1)\n    os._exit(7)", ends_with=7)
    machine.run(DELIVER)

    assert machine.states == []
    assert aspire.requests == []


def test_a_process_killed_after_settling_leaves_the_row_accepted(
    aspire: FaultServer, new_machine: Callable[[FaultServer], Machine]
) -> None:
    machine = new_machine(aspire)

    machine.run(f"owe(1)\ndie_after(Drain, 'run')\n{DELIVER}", ends_with=-signal.SIGKILL)
    machine.run(DELIVER)

    assert machine.states == ["accepted"]
    assert len(aspire.requests) == 1


def test_a_crash_leaves_no_more_rows_unconfirmed_than_there_are_threads(
    aspire: FaultServer, new_machine: Callable[[FaultServer], Machine]
) -> None:
    machine = new_machine(aspire)

    machine.run(f"owe(9)\ndie_before(delivery, 'settle')\n{DELIVER}", ends_with=-signal.SIGKILL)
    machine.expire_leases()
    machine.run(DELIVER)

    assert sorted(map(str, machine.states)) == ["accepted"] * 7 + ["unconfirmed"] * 2


def test_where_aspire_deduplicates_a_row_of_a_killed_process_is_sent_again_and_its_duplicate_is_ours(
    new_machine: Callable[[FaultServer], Machine],
) -> None:
    def first_yes_then_duplicate(connection: Connection) -> None:
        while connection.read_request():
            seen = len(connection.server.requests)
            connection.send(reply() if seen == 1 else reply("success=false; err_msg=Duplicate conversion;"))

    with FaultServer(first_yes_then_duplicate) as aspire:
        machine = new_machine(aspire)
        machine.run(f"owe(1, deduplicates=True)\ndie_before(delivery, 'settle')\n{DELIVER}", ends_with=-signal.SIGKILL)
        machine.expire_leases()
        machine.run(f"delivery.sweep()\nPostback.objects.update(due_at=timezone.now())\n{DELIVER}")

    assert machine.states == ["accepted"]
    assert len(aspire.requests) == 2


def test_a_zombie_changes_nothing_when_it_wakes(new_machine: Callable[[FaultServer], Machine]) -> None:
    asked, answer = threading.Event(), threading.Event()

    def when_told(connection: Connection) -> None:
        connection.read_request()
        asked.set()
        answer.wait(20)
        connection.send(reply())

    with FaultServer(when_told) as aspire:
        machine = new_machine(aspire)
        with machine.start(f"owe(1)\n{DELIVER}") as zombie:
            try:
                assert asked.wait(20)
                os.kill(zombie.pid, signal.SIGSTOP)
                machine.expire_leases()
                machine.run(DELIVER)
                assert machine.states == ["unconfirmed"]
                before = machine.rows("*")
            finally:
                answer.set()
                os.kill(zombie.pid, signal.SIGCONT)
            assert zombie.wait(20) == 0

    assert machine.rows("*") == before
    assert machine.rows("verdict, is_late", "attempt") == [("unconfirmed", 0), ("accepted", 1)]
    assert len(aspire.requests) == 1


def test_a_zombie_that_had_not_sent_yet_sends_nothing_when_it_wakes(
    aspire: FaultServer, new_machine: Callable[[FaultServer], Machine]
) -> None:
    """Its clock ran past the lease between the claim and the request."""
    machine = new_machine(aspire)

    machine.run(
        f"""
        owe(1)
        outbox.claims.LEASE = delivery.SEND_MARGIN
        {DELIVER}
        """
    )

    assert machine.rows("status, verdict") == [("pending", "not_sent")]
    assert aspire.requests == []


def test_processes_side_by_side_share_the_rows_and_send_each_once(
    aspire: FaultServer, new_machine: Callable[[FaultServer], Machine]
) -> None:
    machine = new_machine(aspire)
    machine.run("owe(60)")

    workers = [machine.start(DELIVER) for _ in range(3)]
    for worker in workers:
        _, errors = worker.communicate(timeout=PATIENCE)
        assert worker.returncode == 0, errors

    assert machine.states == ["accepted"] * 60
    assert len(aspire.requests) == len(set(aspire.targets)) == 60


def test_claimers_side_by_side_never_share_a_row_of_a_file(
    aspire: FaultServer, new_machine: Callable[[FaultServer], Machine]
) -> None:
    machine = new_machine(aspire)
    machine.run("owe(60)")
    begin = time.time() + 1.5  # so that they claim at the same time, not one after the other

    claimers = [
        machine.start(
            f"""
            import json
            mine = []
            time.sleep(max(0, {begin} - time.time()))
            while claims := outbox.claim(2, now=timezone.now()):
                mine += [claim.postback_id for claim in claims]
            print(json.dumps(mine))
            """
        )
        for _ in range(3)
    ]
    taken: list[int] = []
    for claimer in claimers:
        output, errors = claimer.communicate(timeout=PATIENCE)
        assert claimer.returncode == 0, errors
        taken += json.loads(output)

    assert len(taken) == len(set(taken)) == 60


# The second kind of message ---------------------------------------------------------------------------------------

OWE_DETAILS = """
settings.TRACKING_ORDER_DETAILS_URL = URL.partition("?")[0] + "details"
settings.TRACKING_ORDER_DETAILS_SECRET = "secret"
def owe_details():
    from tests.factories import OfferFactory, OrderDetailsFactory
    OrderDetailsFactory(offer=OfferFactory(postback_url=URL), conversion__order_id="1001")
"""
DETAILS_FAIL_POINTS = {**FAIL_POINTS, "before sending": ("die_before(Transport, 'post')", 0)}
DETAILS_FAIL_POINTS["after the claim"] = ("die_before(worker.Senders, 'submit')", 0)
DETAILS_FAIL_POINTS["after the reply"] = ("die_after(Transport, 'post')", 1)


@pytest.mark.parametrize(("fail_point", "received"), list(DETAILS_FAIL_POINTS.values()), ids=list(DETAILS_FAIL_POINTS))
def test_order_details_of_a_killed_process_are_sent_again(
    aspire: FaultServer, new_machine: Callable[[FaultServer], Machine], fail_point: str, received: int
) -> None:
    """They do no harm twice, so they end as accepted, whatever the process had done."""
    machine = new_machine(aspire)

    machine.run(f"{OWE_DETAILS}\nowe_details()\n{fail_point}\n{DELIVER}", ends_with=-signal.SIGKILL)
    assert machine.rows("status", "orderdetails") == [("sending",)]
    machine.expire_leases("orderdetails")
    machine.run(f"{OWE_DETAILS}\ndelivery.sweep()")
    assert machine.rows("status, verdict", "orderdetails") == [("pending", "unconfirmed")]
    machine.make_due("orderdetails")
    machine.run(f"{OWE_DETAILS}\n{DELIVER}")

    assert machine.rows("status, attempts_made", "orderdetails") == [("accepted", 2)]
    assert machine.rows("verdict", "orderdetailsattempt") == [("unconfirmed",), ("accepted",)]
    assert len(aspire.requests) == received + 1
