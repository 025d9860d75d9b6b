"""An offer that pays for renewals, and a clock that the tests move."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine

from tests.factories import OfferFactory
from tests.tracking.subscriptions.steps import NOW


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture(autouse=True)
def offer(db: None) -> Any:
    return OfferFactory()
