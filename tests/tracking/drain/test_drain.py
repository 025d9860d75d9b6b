"""Everything due is delivered, and nothing in hand is dropped."""

import threading

import pytest
from django.utils import timezone

from tests.factories import OfferFactory, PostbackFactory
from tests.network import Network
from tests.tracking.drain.steps import offer_at, owe, states
from tests.tracking.fault_server import Connection, FaultServer, always, reply
from tracking.models import Postback
from tracking.postbacks import delivery, outbox, worker
from tracking.postbacks.worker import Drain

pytestmark = pytest.mark.django_db


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
