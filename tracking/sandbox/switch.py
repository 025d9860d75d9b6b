"""Which fault is on, for how many postbacks still, and which of them are kept waiting."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tracking.sandbox.faults import Plan


class FaultSwitch:
    """The switch. It shares the Sandbox's lock, so that a fault and its count change together."""

    def __init__(self, changed: threading.Condition) -> None:
        self._changed = changed
        self._plan: Plan | None = None
        self._left: int | None = None
        self._released = threading.Event()
        self._held = 0

    @property
    def plan(self) -> Plan | None:
        """Return the plan that the next postback meets."""
        return self._plan

    @property
    def left(self) -> int | None:
        """Return how many postbacks it will still meet, None for no end."""
        return self._left

    @property
    def held(self) -> int:
        """Return how many postbacks are kept waiting at this moment."""
        return self._held

    def switch(self, plan: Plan | None) -> None:
        """Switch to `plan`, or off, and let go of every postback that is kept waiting."""
        with self._changed:
            self._plan, self._left = plan, plan.times if plan else None
            self._released.set()
            self._released = threading.Event()
            self._changed.notify_all()

    def take(self) -> tuple[Plan | None, threading.Event]:
        """Return the plan for one postback, and the event that lets go of it."""
        with self._changed:
            plan = self._plan
            if self._left is not None:
                self._left -= 1
                if not self._left:
                    # Those that wait go on waiting: running out is not switching off.
                    self._plan = self._left = None
            return plan, self._released

    @contextmanager
    def holding(self) -> Iterator[None]:
        """Count a postback as kept waiting for the length of the block."""
        self._add_held(1)
        try:
            yield
        finally:
            self._add_held(-1)

    def _add_held(self, number: int) -> None:
        with self._changed:
            self._held += number
            self._changed.notify_all()
