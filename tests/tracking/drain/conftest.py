"""A drain with four threads, and a database that is away for no longer than a test."""

import time
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from tests.tracking.drain.steps import TIMEOUTS
from tracking.postbacks import worker
from tracking.postbacks.worker import Drain


@pytest.fixture
def drain() -> Iterator[Drain]:
    drain = Drain(concurrency=4, timeouts=TIMEOUTS)
    yield drain
    drain.close()


@pytest.fixture
def no_sleep(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "time", SimpleNamespace(monotonic=time.monotonic, sleep=lambda _seconds: None))
