"""`deliver_postbacks --once`, as a cron job or a program runs it."""

import signal
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from tests.factories import OfferFactory, PostbackFactory
from tests.network import Network
from tests.tracking.terminal import run
from tracking.models import Postback


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
