"""Engines wake the drain after a commit. They carry no data: a lost wake-up costs time and nothing else."""

import logging
import threading
from typing import Protocol

from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from tracking.conf import conf

logger = logging.getLogger(__name__)

ENGINES = {
    "thread": "tracking.postbacks.engines.thread.ThreadEngine",
    "worker": "tracking.postbacks.engines.worker.WorkerEngine",
}


class Engine(Protocol):
    """What TRACKING_ENGINE names: a class whose instances have this one method."""

    def kick(self) -> None:
        """See to it that a drain runs soon. Called after commits, often; must not wait and need not raise."""


def engine_class(name: str) -> type[Engine]:
    """The class that TRACKING_ENGINE names. Raises ImproperlyConfigured if there is none."""
    try:
        found: type[Engine] = import_string(ENGINES.get(name, name))
    except ImportError as error:
        raise ImproperlyConfigured(
            f"TRACKING_ENGINE is {name!r}: give {', '.join(repr(known) for known in ENGINES)} or the dotted path of an "
            f"engine class ({error})."
        ) from error
    return found


_engines: dict[str, Engine] = {}
_making = threading.Lock()


def _engine(name: str) -> Engine:
    if name not in _engines:
        with _making:  # two threads at once would make two engines
            if name not in _engines:
                _engines[name] = engine_class(name)()
    return _engines[name]


def kick() -> None:
    """Wake the drain through the engine in use. Never raises: the rows are committed, the next wake-up finds them."""
    try:
        _engine(conf.engine).kick()
    except Exception:
        logger.exception("The engine could not be woken; what is due stays in the outbox.")
