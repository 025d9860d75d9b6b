"""The `sandbox` fixture: a local Aspire on a free port, fresh for each test."""

from collections.abc import Iterator

import pytest

from tracking.sandbox import Sandbox


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A running stand-in; what it holds or keeps open ends with the test."""
    with Sandbox() as running:
        yield running
