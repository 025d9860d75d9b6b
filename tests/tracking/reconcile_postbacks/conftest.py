"""An offer, a file for the export, and an engine that only counts its kicks."""

from pathlib import Path

import pytest

from tests.tracking.kicks_fixture import kicks, offer

__all__ = ["file", "kicks", "offer"]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "conversions.csv"
