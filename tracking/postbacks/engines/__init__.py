"""Engines wake the drain after a commit. They carry no data: a lost wake-up costs time and nothing else."""

import logging
import os
from typing import Any, Protocol

from django.core.exceptions import ImproperlyConfigured
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.utils.module_loading import import_string

from tracking.conf import conf

logger = logging.getLogger(__name__)

ENGINES = {
    "thread": "tracking.postbacks.engines.thread.ThreadEngine",
    "worker": "tracking.postbacks.engines.worker.WorkerEngine",
    "celery": "tracking.postbacks.engines.celery.CeleryEngine",
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
_is_serving = False


def _engine(name: str) -> Engine:
    if name not in _engines:
        # No lock, which a fork could take along: of two threads at once one makes an engine that nobody wakes.
        _engines.setdefault(name, engine_class(name)())
    return _engines[name]


def kick() -> None:
    """Wake the drain through the engine in use. Never raises: the rows are committed, the next wake-up finds them."""
    try:
        _engine(conf.engine).kick()
    except Exception:
        logger.exception("The engine could not be woken; what is due stays in the outbox.")


def begin_serving(sender: object, **_kwargs: Any) -> None:
    """Receive `request_started`: a process that serves its first request takes up what is due, without a new order.

    So nothing waits for the next order after a restart. Management commands serve nothing, and Django's test client
    is no server.
    """
    global _is_serving
    if not _is_serving and isinstance(sender, type) and issubclass(sender, (WSGIHandler, ASGIHandler)):
        _is_serving = True
        kick()


def _begin_anew() -> None:
    """A child process has yet to serve; asking for the process's number with each request would cost more."""
    global _is_serving
    _is_serving = False


os.register_at_fork(after_in_child=_begin_anew)
