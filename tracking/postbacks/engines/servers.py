"""Servers that keep threads from running: recognised by what they put into the process."""

import sys
from importlib import import_module


def thread_problem() -> str:
    """Why a thread of this process cannot deliver as it should; empty if it can."""
    if not can_run_threads():
        return "this uWSGI stops every thread between two requests, so nothing is delivered"
    for name in ("gevent", "eventlet"):
        if _has_patched_threads(name):
            return (
                f"{name} has replaced threads in this process, so postbacks are sent between the pages that it serves"
            )
    return ""


def can_run_threads() -> bool:
    """False under a uWSGI that holds Python's lock while it waits for requests."""
    try:
        uwsgi = import_module("uwsgi")  # there is such a module inside uWSGI alone
    except ImportError:
        return True
    return bool(getattr(uwsgi, "has_threads", True))


def _has_patched_threads(name: str) -> bool:
    patching = sys.modules.get(f"{name}.monkey" if name == "gevent" else f"{name}.patcher")
    is_patched = getattr(patching, "is_module_patched" if name == "gevent" else "is_monkey_patched", None)
    return bool(is_patched and is_patched("threading" if name == "gevent" else "thread"))
