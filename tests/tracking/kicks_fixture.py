"""An offer, and engines that only count how often they are told of work."""

import pytest

from tests.factories import OfferFactory
from tracking.models import Offer
from tracking.postbacks import engines


@pytest.fixture
def offer() -> Offer:
    found: Offer = OfferFactory()
    return found


@pytest.fixture(autouse=True)
def kicks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    counted: list[int] = []
    monkeypatch.setattr(engines, "kick", lambda: counted.append(1))
    return counted
