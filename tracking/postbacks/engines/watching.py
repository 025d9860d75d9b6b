"""Lets the watch look now and then from a process that delivers, beside its work: nothing waits for a mail server."""

import time
from collections.abc import Callable
from functools import cache
from typing import Final

from tracking.postbacks.engines.background import Background

FIRST_AFTER: Final = 30.0  # seconds; what is wrong as a process starts may be right in a moment
EVERY: Final = 60.0  # seconds; whether a round is due, the database knows

_look_at: float | None = None
_looks: list[Callable[[], object]] = []


def look_with(look: Callable[[], object]) -> None:
    """Have `look` called; it belongs to a layer above this one."""
    _looks.append(look)


def wake() -> None:
    """Look, if it is time. Called often, from wherever something is delivered; returns at once."""
    global _look_at
    now = time.monotonic()
    if _look_at is None:
        _look_at = now + FIRST_AFTER
    elif now >= _look_at:
        _look_at = now + EVERY
        _background().wake()


@cache
def _background() -> Background:
    return Background(lambda: lambda stop: None if stop.is_set() else _look(), name="tracking-watch")


def _look() -> None:
    for look in _looks:
        look()
