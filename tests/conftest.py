"""Fixtures that every ring shares."""

import pytest

from tests.network import network
from tests.tracking.sandbox_fixture import sandbox
from tracking.capture import tally

__all__ = ["network", "nothing_behind_a_tests_back", "sandbox"]


@pytest.fixture(autouse=True)
def nothing_behind_a_tests_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """No thread writes counts of landings while another test runs: a test that wants them written calls `write`."""
    monkeypatch.setattr(tally, "write_later", lambda: None)
    tally._counts.clear()
