"""Nobody waits for somebody else's host."""

import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from tests.tracking.fault_server import Connection, Script, always, refusing_port, reply
from tests.tracking.intake.steps import ONE, OTHER, QUERY, begin, by_host, end, offer_at, owe, states
from tracking.models import Attempt, HostPause, Offer, Postback
from tracking.postbacks.intake import Intake
from tracking.postbacks.manners import FAILURES_TO_BREAK
from tracking.postbacks.outbox import Claim
from tracking.postbacks.verdicts import Verdict
from tracking.postbacks.worker import Drain

pytestmark = pytest.mark.django_db


def fill(intake: Intake, *, until: int) -> list[Claim]:
    """Let both hosts' windows open, then have as much under way as may be."""
    for _ in range(8):
        claims = begin(intake)
        end(intake, claims, Verdict.ACCEPTED)
    under_way: list[Claim] = []
    while len(under_way) < until and (claims := begin(intake, until - len(under_way))):
        under_way += claims
    return under_way


def test_a_host_alone_has_all_threads() -> None:
    owe(offer_at(ONE), 200)
    assert by_host(fill(Intake(8), until=8)) == {ONE: 8}


def test_while_another_has_work_a_host_has_half_of_the_threads() -> None:
    intake = Intake(8)
    one, other = offer_at(ONE), offer_at(OTHER)
    owe(one, 200)
    [first, *_] = owe(other, 1)
    Postback.objects.filter(pk=first.pk).update(due_at=timezone.now() - timedelta(hours=2))
    claims = begin(intake)
    assert by_host(claims) == {ONE: 4, OTHER: 1}
    end(intake, [claim for claim in claims if claim.offer == one], Verdict.ACCEPTED)
    assert by_host(begin(intake)) == {ONE: 4}
    assert begin(intake) == []


def test_a_host_that_answers_nobody_takes_no_more_from_the_others_than_its_few_threads() -> None:
    intake = Intake(16)
    one, other = offer_at(ONE), offer_at(OTHER)
    owe(other, 40)
    stalled = begin(intake)
    owe(one, 400)
    under_way = fill(intake, until=12)
    assert by_host(stalled) == {OTHER: 4}
    assert by_host(under_way) == {ONE: 12}


def test_a_host_that_has_all_the_work_leaves_the_last_threads_to_the_others() -> None:
    one, other = offer_at(ONE), offer_at(OTHER)
    owe(one, 200)
    intake = Intake(8)
    assert by_host(fill(intake, until=8)) == {ONE: 7}
    owe(other, 1)
    assert by_host(begin(intake, 1)) == {OTHER: 1}


class Stalled:
    """A host that answers nobody until it may."""

    def __init__(self) -> None:
        self.may_answer = threading.Event()
        self.most = self._under_way = 0
        self._lock = threading.Lock()

    def __call__(self, connection: Connection) -> None:
        while connection.read_request():
            with self._lock:
                self._under_way += 1
                self.most = max(self.most, self._under_way)
            assert self.may_answer.wait(20), "The healthy host's rows wait for the stalled one's."
            with self._lock:
                self._under_way -= 1
            connection.send(reply())


def test_a_host_that_stalls_does_not_hold_up_a_healthy_one(
    servers: Callable[[str, Script], Offer], drain: Drain
) -> None:
    stalled = Stalled()
    served: list[bytes] = []

    def healthy(connection: Connection) -> None:
        while request := connection.read_request():
            served.append(request)
            if len(served) == 30:
                stalled.may_answer.set()
            connection.send(reply())

    owe(servers("127.0.0.1", stalled), 30)
    owe(servers("localhost", healthy), 30, due_at=timezone.now())  # younger than all of the stalled host's

    drain.run()

    assert states() == {"accepted": 60}
    assert stalled.most < 4


def test_a_host_that_refuses_is_left_alone_while_the_healthy_one_is_served(
    servers: Callable[[str, Script], Offer], drain: Drain
) -> None:
    healthy = servers("localhost", always(reply()))
    owe(healthy, 30)
    with refusing_port() as port:
        dead = offer_at("dead")
        Offer.objects.filter(pk=dead.pk).update(postback_url=f"http://127.0.0.1:{port}/?{QUERY}")
        owe(dead, 40)
        drain.run()
    assert Counter(healthy.postbacks.values_list("status", flat=True)) == {"accepted": 30}
    assert Counter(dead.postbacks.values_list("status", flat=True)) == {"pending": 40}
    assert Attempt.objects.filter(postback__offer=dead).count() <= FAILURES_TO_BREAK + 4
    assert HostPause.objects.get().host == "127.0.0.1"
