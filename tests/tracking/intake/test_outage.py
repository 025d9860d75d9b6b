"""An outage from end to end."""

import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from tests.tracking.fault_server import Connection, Script, reply
from tests.tracking.intake.steps import let_pauses_go_by, owe, states
from tracking.models import HostPause, Offer, Postback
from tracking.postbacks.manners import FAILURES_TO_BREAK
from tracking.postbacks.worker import Drain

pytestmark = pytest.mark.django_db


class Flaky:
    """A host that is down, refusing politely, or up; keeps the order ids in the order of arrival."""

    def __init__(self) -> None:
        self.is_up = False
        self.down: list[str] = []
        self.up: list[str] = []
        self.most = self._under_way = 0
        self._lock = threading.Lock()

    def __call__(self, connection: Connection) -> None:
        while request := connection.read_request():
            order_id = request.split(b"adv_unique1=")[1].split(b" ")[0].decode()
            with self._lock:
                (self.up if self.is_up else self.down).append(order_id)
                self._under_way += 1
                self.most = max(self.most, self._under_way)
            connection.server.closing.wait(0.005)
            with self._lock:
                self._under_way -= 1
            connection.send(reply() if self.is_up else reply("", "503 Service Unavailable"))


def test_an_outage_is_sat_out_and_then_drained_in_order_of_age_by_one_run(
    servers: Callable[[str, Script], Offer], drain: Drain
) -> None:
    host = Flaky()
    rows = owe(servers("127.0.0.1", host), 60)
    drain.run()
    assert len(host.down) <= FAILURES_TO_BREAK + 4
    assert states() == {"pending": 60}

    host.is_up = True
    assert drain.run() == 0  # nothing is sent before the pause is over
    Postback.objects.filter(attempts_made=1).update(due_at=timezone.now() + timedelta(minutes=1))
    let_pauses_go_by()
    delivered = drain.run()

    waited = [row.conversion.order_id for row in rows if row.conversion.order_id not in host.down]
    assert delivered == len(waited) == 60 - len(host.down)
    assert host.up[0] == waited[0]  # the probe, by itself
    assert Counter(host.up) == Counter(waited)
    assert all(abs(place - waited.index(order_id)) <= 4 for place, order_id in enumerate(host.up))
    assert not HostPause.objects.exists()


def test_while_it_lasts_an_outage_costs_one_request_a_pause(
    servers: Callable[[str, Script], Offer], drain: Drain
) -> None:
    host = Flaky()
    owe(servers("127.0.0.1", host), 40)
    drain.run()
    hit = len(host.down)
    for number in range(1, 4):
        Postback.objects.update(due_at=timezone.now() - timedelta(hours=1))
        let_pauses_go_by()
        assert drain.run() == 1
        assert len(host.down) == hit + number
    assert HostPause.objects.get().pauses_made == 4
