"""Counting landings: each is counted once, at no cost to the visitor, and none is lost."""

import threading
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.db import OperationalError, connection
from django.test import Client

from tracking.capture import tally
from tracking.capture.clicks import Finding, Landing
from tracking.models import LandingCount

pytestmark = pytest.mark.django_db


def test_every_landing_with_an_id_is_counted_without_a_query(client: Client, django_assert_num_queries: Any) -> None:
    with time_machine.travel(datetime(2026, 3, 1, 12, tzinfo=UTC), tick=False):
        for query in ("affiliate_id=77", "affiliate_id={affiliate_id}", "affiliate_id=%20", "q=shoes"):
            client.get(f"/?{query}")
    assert not LandingCount.objects.filter(finding="any").exists()
    tally.write()
    counts = set(LandingCount.objects.values_list("finding", "parameter", "count"))
    assert counts == {("any", "", 3), ("invalid", "", 1), ("unreplaced_macro", "affiliate_id", 1)}


def test_counting_costs_no_query(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        tally.count(Landing(Finding.VALID))


def test_counts_of_several_writes_are_added() -> None:
    for _ in range(2):
        tally.count(Landing(Finding.VALID))
        tally.write()
    tally.write()
    assert LandingCount.objects.get().count == 2


def test_threads_side_by_side_lose_no_landing() -> None:
    def count() -> None:
        for _ in range(500):
            tally.count(Landing(Finding.VALID))

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    tally.write()
    assert LandingCount.objects.get().count == 2000


@pytest.mark.django_db(transaction=True)
def test_what_cannot_be_written_is_written_the_next_time(caplog: pytest.LogCaptureFixture) -> None:
    def refuse(*_args: Any) -> Any:
        raise OperationalError("the database is away")

    tally.count(Landing(Finding.VALID))
    with connection.execute_wrapper(refuse):
        tally.write()
    assert "Landings could not be counted" in caplog.text
    tally.count(Landing(Finding.VALID))
    tally.write()
    assert LandingCount.objects.get().count == 2
