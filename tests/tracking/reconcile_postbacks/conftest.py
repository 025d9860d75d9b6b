"""An offer, a file for the export, and an engine that only counts its kicks."""

from pathlib import Path

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


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "conversions.csv"
