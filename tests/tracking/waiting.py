"""Waiting for what another process is about to do."""

import time
from collections.abc import Callable
from threading import Event
from typing import Final

PATIENCE: Final = 60.0  # seconds


def until(condition: Callable[[], object], what: str) -> None:
    """Wait for a condition; fail, naming it, when it does not come true."""
    give_up_at = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < give_up_at, f"Waited {PATIENCE:g} s in vain: {what}"
        Event().wait(0.02)
