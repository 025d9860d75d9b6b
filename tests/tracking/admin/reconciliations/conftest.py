"""An offer, and the engines that are told of work."""

from tests.tracking.kicks_fixture import kicks, offer

__all__ = ["kicks", "offer"]
