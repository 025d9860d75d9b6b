"""A worker whose database goes away and comes back."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from django.db import connection

from tests.factories import OfferFactory, PostbackFactory
from tests.network import Network
from tests.tracking.database_proxy import DatabaseProxy
from tests.tracking.deliver_postbacks.gate import Gate
from tests.tracking.terminal import start_manage
from tests.tracking.waiting import PATIENCE, until
from tracking.models import Attempt, Postback


@pytest.fixture
def proxy() -> Iterator[DatabaseProxy]:
    """A door before the database server in use."""
    parts = urlsplit(os.environ["DATABASE_URL"])
    assert parts.hostname
    assert parts.port
    with DatabaseProxy(parts.hostname, parts.port) as proxy:
        yield proxy


@contextmanager
def worker_behind(proxy: DatabaseProxy) -> Iterator[subprocess.Popen[str]]:
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


def wait_for_the_log(process: subprocess.Popen[str], words: str) -> None:
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
