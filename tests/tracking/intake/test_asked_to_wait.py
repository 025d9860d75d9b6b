"""A host that asks to wait, and one that has a rate."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from tests.factories import OfferFactory
from tests.network import Network
from tests.tracking.fault_server import Connection, Script, always, reply
from tests.tracking.intake.steps import ONE, begin, by_host, end, let_pauses_go_by, offer_at, owe, states
from tracking.models import HostPause, Offer, Postback
from tracking.postbacks.intake import Intake
from tracking.postbacks.manners import FIRST_WINDOW
from tracking.postbacks.verdicts import Verdict
from tracking.postbacks.worker import Drain

pytestmark = pytest.mark.django_db


# A host that asks to wait ---------------------------------------------------------------------------------------


def test_a_host_that_asks_to_wait_is_left_alone_by_every_process_and_its_rows_keep_their_tries(
    servers: Callable[[str, Script], Offer], drain: Drain
) -> None:
    asking = always(reply("", "429 Too Many Requests", "Retry-After: 120\r\n"))
    asked, other = servers("127.0.0.1", asking), servers("localhost", always(reply()))
    owe(asked, 30)
    owe(other, 30)
    began = timezone.now()

    drain.run()

    pause = HostPause.objects.get()
    assert (pause.host, pause.is_broken) == ("127.0.0.1", False)
    assert timedelta(seconds=119) <= pause.paused_until - began <= timedelta(seconds=150)
    assert asked.postbacks.filter(attempts_made=0, status="pending").count() >= 26
    assert Counter(other.postbacks.values_list("status", flat=True)) == {"accepted": 30}
    assert by_host(begin(Intake(32))) == {}


def test_a_host_that_names_no_time_with_429_is_left_alone_for_a_minute(network: Network, drain: Drain) -> None:
    network.replies(429)
    owe(OfferFactory(postback_url=network.postback_url), 1)
    drain.run()
    left = HostPause.objects.get().paused_until - timezone.now()
    assert timedelta(seconds=50) < left <= timedelta(seconds=60)


def test_after_the_wait_it_is_a_host_like_any_other() -> None:
    owe(offer_at(ONE), 20)
    intake = Intake(32)
    end(intake, begin(intake), Verdict.BUSY, asked=60)
    assert begin(intake) == []
    let_pauses_go_by()

    claims = begin(intake)

    assert len(claims) == FIRST_WINDOW
    end(intake, claims, Verdict.BUSY)
    counted = Postback.objects.filter(pk__in=[claim.postback_id for claim in claims])
    assert {row.attempts_made - row.attempts_before_requeue for row in counted} == {1}  # no probes, which are free
    assert all(row.due_at is not None and row.due_at > timezone.now() for row in counted)


# The rate -------------------------------------------------------------------------------------------------------


@pytest.fixture
def arrivals() -> list[float]:
    return []


@pytest.fixture
def noting(arrivals: list[float]) -> Script:
    def script(connection: Connection) -> None:
        while connection.read_request():
            arrivals.append(time.monotonic())
            connection.send(reply())

    return script


@pytest.mark.parametrize("rate", [20, 40])
def test_a_host_gets_no_more_requests_a_second_than_the_setting_says(
    servers: Callable[[str, Script], Offer], arrivals: list[float], noting: Script, settings: Settings, rate: int
) -> None:
    settings.TRACKING_RATE_LIMIT = rate
    drain = Drain(concurrency=16)
    owe(servers("127.0.0.1", noting), 2 * rate)
    began = time.monotonic()

    assert drain.run() == 2 * rate

    drain.close()
    assert time.monotonic() - began < 20  # it did get on
    for first in arrivals:
        within = sum(first <= arrival < first + 0.5 for arrival in arrivals)
        assert within <= rate * 0.5 + rate / 4 + 16  # what was under way may arrive late, all at once


@pytest.mark.parametrize("rate", [1, 4, 1000])
def test_with_a_rate_a_drain_ends_when_nothing_is_due(network: Network, settings: Settings, rate: int) -> None:
    settings.TRACKING_RATE_LIMIT = rate
    drain = Drain(concurrency=16)
    owe(OfferFactory(postback_url=network.postback_url), 2)
    assert drain.run() == 2
    assert drain.run() == 0
    drain.close()
    assert states() == {"accepted": 2}


def test_a_stop_is_not_held_up_by_the_rate(network: Network, settings: Settings) -> None:
    settings.TRACKING_RATE_LIMIT = 1
    drain, stop = Drain(concurrency=4), threading.Event()
    owe(OfferFactory(postback_url=network.postback_url), 500)
    delivered = drain.run(stop, each_round=lambda: network.received and stop.set())
    drain.close()
    assert states() == {"accepted": delivered, "pending": 500 - delivered}
