"""The drain and what runs it: everything due is delivered, and nothing in hand is dropped."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError
from django.utils import timezone
from pytest_django import Settings
from werkzeug import Request, Response

from tests.factories import OfferFactory, PostbackFactory
from tests.network import Network
from tests.tracking.fault_server import Connection, FaultServer, always, reply
from tracking.models import Attempt, Offer, Postback
from tracking.postbacks import delivery, outbox, worker
from tracking.postbacks.exchanges import Timeouts
from tracking.postbacks.outbox import Claim, Settlement, claims
from tracking.postbacks.senders import Senders
from tracking.postbacks.transport import Transport
from tracking.postbacks.worker import Drain, Worker

pytestmark = pytest.mark.django_db

TIMEOUTS = Timeouts(connect=2, read=2, whole=3)
QUERY = "aff_id=AFFILIATE_ID&amount=AMOUNT&adv_unique1=ORDER_ID"


@pytest.fixture
def drain() -> Iterator[Drain]:
    drain = Drain(concurrency=4, timeouts=TIMEOUTS)
    yield drain
    drain.close()


def offer_at(server: FaultServer) -> Offer:
    return OfferFactory(postback_url=f"http://127.0.0.1:{server.port}/aff_lsr?{QUERY}")


def owe(offer: Offer, count: int = 1) -> list[Postback]:
    return [PostbackFactory(offer=offer) for _ in range(count)]


def states() -> Counter[str]:
    return Counter(Postback.objects.values_list("status", flat=True))


def test_a_drain_delivers_all_that_is_due(network: Network, drain: Drain) -> None:
    rows = owe(OfferFactory(postback_url=network.postback_url), 30)

    assert drain.run() == 30

    assert states() == {"accepted": 30}
    assert sorted(query["adv_unique1"] for query in network.received) == sorted(row.conversion.order_id for row in rows)


def test_a_drain_can_run_again(network: Network, drain: Drain) -> None:
    offer = OfferFactory(postback_url=network.postback_url)
    for _ in range(3):
        owe(offer, 2)
        assert drain.run() == 2

    assert states() == {"accepted": 6}
    assert drain.run() == 0


def test_a_drain_keeps_its_connections_from_one_run_to_the_next(drain: Drain) -> None:
    with FaultServer(always(reply())) as server:
        offer = offer_at(server)
        for _ in range(3):
            owe(offer, 8)
            drain.run()

    assert len(server.requests) == 24
    assert server.accepted <= 4


def test_no_more_rows_are_claimed_than_threads_are_free(drain: Drain) -> None:
    """A crash then leaves at most that many unconfirmed."""
    seen: list[int] = []
    lock = threading.Lock()
    under_way = 0

    def script(connection: Connection) -> None:
        nonlocal under_way
        while connection.read_request():
            with lock:
                under_way += 1
                seen.append(under_way)
            connection.server.closing.wait(0.02)
            with lock:
                under_way -= 1
            connection.send(reply())

    claimed: list[int] = []
    claim = outbox.claim

    def counting(limit: int, **values: object) -> list[outbox.Claim]:
        claims = claim(limit, **values)
        claimed.append(Postback.objects.filter(status="sending").count())
        return claims

    with FaultServer(script) as server, pytest.MonkeyPatch.context() as patched:
        patched.setattr(outbox, "claim", counting)
        owe(offer_at(server), 12)
        drain.run()

    assert max(seen) == 4  # side by side
    assert max(claimed) <= 4


def test_what_waits_for_a_later_time_is_left(drain: Drain) -> None:
    with FaultServer(always(reply("", "503 Busy"))) as server:
        owe(offer_at(server), 3)
        assert drain.run() == 3

    assert states() == {"pending": 3}
    assert len(server.requests) == 3


def test_a_stalled_request_does_not_hold_up_the_others(drain: Drain) -> None:
    others_done = threading.Event()
    served = 0

    def script(connection: Connection) -> None:
        nonlocal served
        while request := connection.read_request():
            if b"adv_unique1=stalls" in request:
                assert others_done.wait(5), "The others wait for the stalled one."
            else:
                served += 1
                if served == 20:
                    others_done.set()
            connection.send(reply())

    with FaultServer(script) as server:
        offer = offer_at(server)
        PostbackFactory(offer=offer, conversion__order_id="stalls", due_at=timezone.now().replace(year=2020))
        owe(offer, 20)
        drain.run()

    assert states() == {"accepted": 21}


def test_once_stopped_nothing_is_claimed(network: Network, drain: Drain) -> None:
    owe(OfferFactory(postback_url=network.postback_url), 3)
    stop = threading.Event()
    stop.set()

    assert drain.run(stop) == 0
    assert states() == {"pending": 3}
    assert network.received == []


def test_stopped_in_mid_flight_what_is_under_way_is_settled_and_nothing_more_claimed(drain: Drain) -> None:
    stop = threading.Event()

    def script(connection: Connection) -> None:
        while connection.read_request():
            stop.set()
            connection.send(reply())

    with FaultServer(script) as server:
        owe(offer_at(server), 50)
        delivered = drain.run(stop)

    assert 1 <= delivered <= 8  # what was under way: four at first, and those claimed before the stop was seen
    assert states() == {"accepted": delivered, "pending": 50 - delivered}
    assert len(server.requests) == delivered


def test_an_expired_lease_is_swept_before_anything_is_sent(network: Network, drain: Drain) -> None:
    offer = OfferFactory(postback_url=network.postback_url)
    owe(offer)
    outbox.claim(1, now=timezone.now().replace(year=2020))
    Postback.objects.update(due_at=timezone.now().replace(year=2019))
    owe(offer)

    assert states() == {"pending": 2}
    outbox.claim(1, now=timezone.now().replace(year=2020))
    drain.run()

    assert states() == {"unconfirmed": 1, "accepted": 1}
    assert len(network.received) == 1


def test_leases_are_swept_also_while_there_is_no_end_of_work(
    network: Network, drain: Drain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "SWEEP_EVERY", 0.0)
    sweeps = 0

    def sweep() -> int:
        nonlocal sweeps
        sweeps += 1
        monkeypatch.setattr(worker, "SWEEP_EVERY", 0.0 if sweeps < 5 else 60.0)
        return 0

    monkeypatch.setattr(delivery, "sweep", sweep)
    owe(OfferFactory(postback_url=network.postback_url), 30)

    drain.run()

    assert sweeps == 5
    assert states() == {"accepted": 30}


# The database is away -------------------------------------------------------------------------------------------


@pytest.fixture
def no_sleep(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "time", SimpleNamespace(monotonic=time.monotonic, sleep=lambda _seconds: None))


def failing(times: int, function: Callable[..., object]) -> Callable[..., object]:
    """`function`, with the database away for so many calls."""
    left = times

    def attempt(*args: object, **values: object) -> object:
        nonlocal left
        left -= 1
        if left >= 0:
            raise OperationalError("the database is away")
        return function(*args, **values)

    return attempt


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("no_sleep")
def test_results_that_cannot_be_written_are_held_and_written_later(
    network: Network, drain: Drain, monkeypatch: pytest.MonkeyPatch
) -> None:
    owe(OfferFactory(postback_url=network.postback_url), 5)
    monkeypatch.setattr(outbox, "settle", failing(3, outbox.settle))

    assert drain.run() == 5

    assert states() == {"accepted": 5}
    assert len(network.received) == Attempt.objects.count() == 5


@pytest.mark.django_db(transaction=True)
def test_results_written_before_the_database_went_away_are_not_written_again(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    owe(OfferFactory(postback_url=network.postback_url), 2)
    settle = outbox.settle

    def settle_and_lose_the_database(*args: Any, **values: Any) -> None:
        settle(*args, **values)
        monkeypatch.setattr(outbox, "settle", settle)
        monkeypatch.setattr(outbox, "claim", failing(1, outbox.claim))

    monkeypatch.setattr(outbox, "settle", settle_and_lose_the_database)
    drain = Drain(concurrency=1)
    with suppress(OperationalError):  # SQLite undoes both and tries again; the others have nothing in hand to lose
        drain.run()
    drain.run()
    drain.close()

    assert states() == {"accepted": 2}
    assert [attempt.is_late for attempt in Attempt.objects.all()] == [False, False]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("no_sleep")
def test_a_drain_that_gave_up_writes_what_it_holds_first_when_it_runs_again(
    network: Network, drain: Drain, monkeypatch: pytest.MonkeyPatch
) -> None:
    owe(OfferFactory(postback_url=network.postback_url))
    monkeypatch.setattr(worker, "DATABASE_PATIENCE", -1.0)
    monkeypatch.setattr(outbox, "settle", failing(1, outbox.settle))
    with pytest.raises(OperationalError):
        drain.run()
    assert states() == {"sending": 1}
    assert drain.is_holding

    assert drain.run() == 1

    assert states() == {"accepted": 1}
    assert not drain.is_holding
    assert len(network.received) == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("no_sleep")
def test_a_result_that_no_database_takes_does_not_stop_the_others_for_ever(
    network: Network, drain: Drain, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    offer = OfferFactory(postback_url=network.postback_url)
    owe(offer)
    monkeypatch.setattr(worker, "DATABASE_PATIENCE", -1.0)
    monkeypatch.setattr(claims, "LEASE", timedelta(0))
    monkeypatch.setattr(outbox, "settle", failing(1, outbox.settle))
    with pytest.raises(OperationalError):
        drain.run()

    assert not drain.is_holding
    assert "is lost" in caplog.text


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("no_sleep")
def test_a_worker_waits_for_a_database_that_is_away(
    network: Network, drain: Drain, monkeypatch: pytest.MonkeyPatch
) -> None:
    owe(OfferFactory(postback_url=network.postback_url), 2)
    monkeypatch.setattr(worker, "AFTER_ERROR", 0.0)
    monkeypatch.setattr(delivery, "sweep", failing(3, delivery.sweep))
    stop = threading.Event()

    def reply_and_stop(_request: Request) -> Response:
        if len(network.received) == 1:  # this is the second
            stop.set()
        return Response("success=true;")

    network.replies_by(reply_and_stop)

    Worker(drain, stop).run()

    assert states() == {"accepted": 2}


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("no_sleep")
def test_a_worker_that_is_stopped_writes_down_what_it_holds(
    network: Network, drain: Drain, monkeypatch: pytest.MonkeyPatch
) -> None:
    owe(OfferFactory(postback_url=network.postback_url), 2)
    stop = threading.Event()
    claims = 0
    claim = outbox.claim

    def away_after_the_first(limit: int, **values: object) -> list[outbox.Claim]:
        nonlocal claims
        claims += 1
        if claims > 1:
            stop.set()
            raise OperationalError("the database is away")
        return claim(limit, **values)

    monkeypatch.setattr(outbox, "claim", away_after_the_first)
    monkeypatch.setattr(worker, "LOOK_AGAIN", 0.0)
    monkeypatch.setattr(worker, "DATABASE_PATIENCE", 0.0)

    Worker(drain, stop).run()

    assert not drain.is_holding
    assert states() == Counter({"accepted": len(network.received), "pending": 2 - len(network.received)})


# The threads that send ------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("db")
def test_where_no_thread_can_start_the_drain_sends_by_itself(
    network: Network, drain: Drain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Senders, "_start_thread", lambda _senders: False)
    owe(OfferFactory(postback_url=network.postback_url), 6)

    assert drain.run() == 6
    assert states() == {"accepted": 6}


def refuse_thread(_thread: threading.Thread) -> None:
    raise RuntimeError("can't start new thread")


def test_a_thread_that_cannot_start_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    senders: Senders[int, int] = Senders(2, lambda job: job * 2)
    monkeypatch.setattr(threading.Thread, "start", refuse_thread)

    for job in (1, 2):
        senders.submit(job)

    assert sorted(senders.collect(most=9, timeout=1, gather=1)) == [2, 4]


def test_threads_are_started_as_jobs_need_them() -> None:
    senders: Senders[int, int] = Senders(8, lambda job: job)
    for job in range(20):
        senders.submit(job)
        assert senders.collect(most=1, timeout=5, gather=0) == [job]

    assert senders._threads == 1
    senders.close()


def test_what_work_raises_is_raised_after_the_results_before_it() -> None:
    senders: Senders[int, float] = Senders(1, lambda job: 1 / job)
    for job in (1, 0, 2):
        senders.submit(job)

    assert senders.collect(most=9, timeout=5, gather=5) == [1.0]
    with pytest.raises(ZeroDivisionError):
        senders.collect(most=9, timeout=5, gather=5)
    assert senders.collect(most=9, timeout=5, gather=5) == [0.5]
    assert senders.busy == 0
    senders.close()


def test_jobs_that_no_thread_has_begun_can_be_taken_back() -> None:
    begun, go_on = threading.Event(), threading.Event()

    def work(job: int) -> int:
        begun.set()
        go_on.wait(5)
        return job

    senders: Senders[int, int] = Senders(1, work)
    for job in (1, 2, 3):
        senders.submit(job)
    assert begun.wait(5)

    assert senders.take_back() == [2, 3]
    go_on.set()
    assert senders.collect(most=9, timeout=5, gather=0) == [1]
    assert senders.free == 1
    senders.close()


def test_closed_senders_leave_no_thread() -> None:
    before = set(threading.enumerate())
    senders: Senders[int, int] = Senders(4, lambda job: job)
    for job in range(4):
        senders.submit(job)
    started = set(threading.enumerate()) - before

    senders.close()

    for thread in started:
        thread.join(5)
        assert not thread.is_alive()


def test_a_wrong_setting_is_told_before_anything_is_claimed(network: Network, drain: Drain, settings: Settings) -> None:
    owe(OfferFactory(postback_url=network.postback_url))
    settings.TRACKING_POSTBACK_HOSTS = "127.0.0.1"
    with pytest.raises(ImproperlyConfigured, match="TRACKING_POSTBACK_HOSTS"):
        drain.run()
    assert Postback.objects.get().status == "pending"


def test_what_nobody_foresaw_leaves_the_row_unconfirmed_and_the_host_its_room(
    network: Network, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    offer = OfferFactory(postback_url=network.postback_url)
    rows = [PostbackFactory(offer=offer) for _ in range(6)]
    send, broken = delivery.send, {row.conversion.order_id for row in rows[:4]}  # as many as the window is wide

    def break_down(claim: Claim, transport: Transport) -> Settlement:
        if claim.order_id in broken:
            raise KeyError("a bug")
        return send(claim, transport)

    monkeypatch.setattr(delivery, "send", break_down)
    drain = Drain(concurrency=4)
    drain.run()
    drain.close()

    assert Counter(Postback.objects.values_list("status", flat=True)) == {"unconfirmed": 4, "accepted": 2}
    assert Postback.objects.filter(detail__contains="nobody foresaw (KeyError)").count() == 4
    assert "a bug" in caplog.text
