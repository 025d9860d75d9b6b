"""Fixtures that every ring shares."""

from tests.network import network
from tests.tracking.sandbox_fixture import sandbox

__all__ = ["network", "sandbox"]
