"""The threads that send."""

import threading
from collections import Counter

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from tests.factories import OfferFactory, PostbackFactory
from tests.network import Network
from tests.tracking.drain.steps import owe, states
from tracking.models import Postback
from tracking.postbacks import delivery
from tracking.postbacks.outbox import Claim, Settlement
from tracking.postbacks.senders import Senders
from tracking.postbacks.transport import Transport
from tracking.postbacks.worker import Drain

pytestmark = pytest.mark.django_db


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
