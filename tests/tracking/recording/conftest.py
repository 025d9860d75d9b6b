"""What the tests of recording share: a clock, an offer, and an engine that only counts its kicks."""

from collections.abc import Callable, Iterator

import pytest
import time_machine

from tests.factories import OfferFactory
from tests.tracking.recording.steps import NOW
from tracking.models import Offer
from tracking.postbacks import engines
from tracking.signals import conversion_recorded


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def offer() -> Offer:
    found: Offer = OfferFactory()
    return found


@pytest.fixture
def kicks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The engine's kicks, in place of an engine."""
    counted: list[int] = []
    monkeypatch.setattr(engines, "kick", lambda: counted.append(1))
    return counted


@pytest.fixture
def listening() -> Iterator[Callable[[Callable[..., object]], None]]:
    """Connects receivers of `conversion_recorded` for the length of a test."""
    receivers: list[Callable[..., object]] = []

    def connect(receiver: Callable[..., object]) -> None:
        conversion_recorded.connect(receiver)
        receivers.append(receiver)

    yield connect
    for receiver in receivers:
        conversion_recorded.disconnect(receiver)
