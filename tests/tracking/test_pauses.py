"""Pauses of hosts: kept in the database, so that all processes leave a host alone together and one probes it."""

import threading
from collections import Counter
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection

from tests.tracking.processes import Machine, copied, migrated
from tests.tracking.waiting import PATIENCE
from tracking.models import HostPause
from tracking.postbacks import pauses
from tracking.postbacks.manners import LONGEST_PAUSE, SHORTEST_PAUSE

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOST = "get.aspr.app"


def pause() -> HostPause:
    return HostPause.objects.get()


def broken(now: datetime = NOW) -> HostPause:
    pauses.open_circuit(HOST, why="HTTP 503", now=now)
    return pause()


# A circuit that opens -------------------------------------------------------------------------------------------


def test_a_host_that_failed_is_left_alone_for_half_a_minute_and_the_reason_is_kept(
    caplog: pytest.LogCaptureFixture,
) -> None:
    broken()
    assert pauses.current()[HOST].paused_until == NOW + SHORTEST_PAUSE
    assert (pause().reason, pause().since, pause().is_broken) == ("HTTP 503", NOW, True)
    assert f"{HOST} failed again and again (HTTP 503): nothing is sent there until" in caplog.text


def test_a_second_process_that_sees_it_fail_changes_nothing(caplog: pytest.LogCaptureFixture) -> None:
    broken()
    caplog.clear()
    pauses.open_circuit(HOST, why="refused", now=NOW + timedelta(seconds=20))
    assert (pause().paused_until, pause().reason) == (NOW + SHORTEST_PAUSE, "HTTP 503")
    assert caplog.text == ""


def test_hosts_are_paused_one_by_one() -> None:
    broken()
    pauses.open_circuit("aspireiq.go2cloud.org", why="refused", now=NOW)
    pauses.close_circuit(HOST)
    assert set(pauses.current()) == {"aspireiq.go2cloud.org"}


# The probe ------------------------------------------------------------------------------------------------------


def test_there_is_no_probe_before_the_pause_is_over() -> None:
    broken()
    assert not pauses.take_probe(pause(), now=NOW + SHORTEST_PAUSE - timedelta(seconds=1))
    assert pauses.take_probe(pause(), now=NOW + SHORTEST_PAUSE)


def test_one_of_two_processes_takes_the_probe() -> None:
    broken()
    seen_by_one, seen_by_another = pause(), pause()
    assert pauses.take_probe(seen_by_one, now=NOW + SHORTEST_PAUSE)
    assert not pauses.take_probe(seen_by_another, now=NOW + SHORTEST_PAUSE)


def test_the_probe_of_a_process_that_died_is_free_again_after_a_minute() -> None:
    broken()
    taken_at = NOW + SHORTEST_PAUSE
    assert pauses.take_probe(pause(), now=taken_at)
    assert not pauses.take_probe(pause(), now=taken_at + timedelta(seconds=59))
    assert pauses.take_probe(pause(), now=taken_at + timedelta(seconds=60))


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor == "sqlite", reason="in memory; the processes below have SQLite's files")
def test_of_many_at_the_same_moment_one_takes_the_probe() -> None:
    broken()
    ready, taken = threading.Barrier(4), Counter[bool]()

    def work() -> None:
        seen = pause()
        ready.wait()
        taken[pauses.take_probe(seen, now=NOW + SHORTEST_PAUSE)] += 1
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert taken == {True: 1, False: 3}


def test_of_processes_at_the_same_moment_one_takes_the_probe(tmp_path: Path) -> None:
    machine = Machine(copied(migrated(tmp_path), tmp_path), port=1)
    machine.run("""
        from tracking.postbacks import pauses
        from datetime import timedelta
        for number in range(50):
            pauses.open_circuit(f"host-{number:02}", why="", now=timezone.now() - timedelta(hours=1))
    """)
    script = """
        from tracking.postbacks import pauses
        seen = list(pauses.current().values())
        print("ready", flush=True)
        while not os.path.exists(os.environ["START"]):
            pass
        print(sum(pauses.take_probe(pause, now=timezone.now()) for pause in seen))
    """
    start = tmp_path / "start"
    with ExitStack() as all_ended:
        processes = [all_ended.enter_context(machine.start(script, START=str(start))) for _ in range(3)]
        for process in processes:
            assert process.stdout
            assert process.stdout.readline() == "ready\n"
        start.touch()
        outputs = [process.communicate(timeout=PATIENCE)[0] for process in processes]
    assert sum(int(taken) for taken in outputs) == 50


def test_each_probe_that_fails_doubles_the_pause_up_to_a_quarter_of_an_hour() -> None:
    now = broken().paused_until
    lengths = []
    for _ in range(7):
        assert pauses.take_probe(pause(), now=now)
        pauses.probe_failed(HOST, why="refused", now=now)
        lengths.append((pause().paused_until - now) / timedelta(seconds=1))
        now = pause().paused_until
    assert lengths == [60, 120, 240, 480, 900, 900, 900]
    assert timedelta(seconds=lengths[-1]) == LONGEST_PAUSE
    assert (pause().reason, pause().since) == ("refused", NOW)


def test_after_a_probe_that_failed_the_next_pause_has_its_own_probe() -> None:
    over = broken().paused_until
    pauses.take_probe(pause(), now=over)
    pauses.probe_failed(HOST, why="refused", now=over)
    assert pause().probe_expires_at is None
    assert not pauses.take_probe(pause(), now=over + timedelta(seconds=59))
    assert pauses.take_probe(pause(), now=over + timedelta(seconds=60))


def test_a_probe_that_fails_after_a_person_ended_the_pause_is_passed_over() -> None:
    pauses.probe_failed(HOST, why="refused", now=NOW)
    assert pauses.current() == {}


def test_a_host_that_answers_again_is_free_and_the_log_says_so(caplog: pytest.LogCaptureFixture) -> None:
    broken()
    pauses.close_circuit(HOST)
    assert pauses.current() == {}
    assert f"{HOST} answers again" in caplog.text


def test_a_host_that_was_never_paused_is_no_news(caplog: pytest.LogCaptureFixture) -> None:
    pauses.close_circuit(HOST)
    assert caplog.text == ""


# A host that asks to wait ---------------------------------------------------------------------------------------


def wait(seconds: int, now: datetime = NOW) -> None:
    pauses.wait_as_asked(HOST, wait=timedelta(seconds=seconds), why="HTTP 429", now=now)


def test_a_host_is_left_alone_for_as_long_as_it_asks(caplog: pytest.LogCaptureFixture) -> None:
    wait(120)
    assert (pause().paused_until, pause().is_broken) == (NOW + timedelta(seconds=120), False)
    assert f"{HOST} asked to wait (HTTP 429)" in caplog.text


@pytest.mark.parametrize(("second", "until"), [(300, 300), (60, 120)])
def test_the_longest_of_several_waits_counts(second: int, until: int) -> None:
    wait(120)
    wait(second)
    assert pause().paused_until == NOW + timedelta(seconds=until)


def test_a_broken_host_that_asks_for_longer_is_left_alone_for_longer_and_still_probed() -> None:
    broken()
    wait(3600)
    assert (pause().paused_until, pause().is_broken) == (NOW + timedelta(hours=1), True)


def test_a_wait_that_is_over_is_forgotten_and_a_broken_circuit_is_not() -> None:
    wait(60)
    pauses.open_circuit("aspireiq.go2cloud.org", why="refused", now=NOW)
    pauses.forget_finished(now=NOW + timedelta(seconds=59))
    assert len(pauses.current()) == 2
    pauses.forget_finished(now=NOW + timedelta(hours=1))
    assert set(pauses.current()) == {"aspireiq.go2cloud.org"}
