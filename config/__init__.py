"""Wiring of the reference shop."""

from importlib.util import find_spec

if find_spec("celery"):  # the web processes have to know the Celery app as well: they send its messages
    from config.celery import app as celery_app

    __all__ = ["celery_app"]
