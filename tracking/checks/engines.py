"""The engine can deliver: Celery has what it needs, and the server lets a thread run."""

from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, Warning, register  # noqa: A004 - Django's own name for it
from django.core.exceptions import ImproperlyConfigured

from tracking.conf import conf
from tracking.postbacks.engines.servers import thread_problem


@register
def check_celery(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> Iterable[CheckMessage]:
    """The engine `celery` needs Celery, and in every process an app of the project's that knows the broker."""
    if is_celery_missing():
        return [
            Error(
                "TRACKING_ENGINE is 'celery', and Celery is not installed.",
                hint="Run pip install 'django-aspire-tracking[celery]'.",
                id="tracking.E005",
            )
        ]
    if not _is("celery") or _has_broker():
        return []
    return [
        Warning(
            "TRACKING_ENGINE is 'celery', and no broker is set: orders would wake nobody, unless there happens to be a "
            "RabbitMQ on this machine.",
            hint="Set CELERY_BROKER_URL, and import your Celery app in your project's __init__.py, so that web "
            "processes know it as well as workers do.",
            id="tracking.W003",
        )
    ]


def is_celery_missing() -> bool:
    """Tell whether the engine is Celery, and Celery is not there."""
    return _is("celery") and find_spec("celery") is None


def _has_broker() -> bool:
    from celery import current_app

    return bool(current_app.conf.broker_write_url)


@register
def check_server(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> Iterable[CheckMessage]:
    """The engine `thread` needs threads that run while no request is served. Seen inside the server alone."""
    problem = thread_problem() if _is("thread") else ""
    if not problem:
        return []
    return [
        Warning(
            f"TRACKING_ENGINE is 'thread', but {problem}.",
            hint="Set TRACKING_ENGINE to 'worker' and run manage.py deliver_postbacks; under uWSGI enable-threads = "
            "true does as well.",
            id="tracking.W011",
        )
    ]


def _is(engine: str) -> bool:
    try:
        return conf.engine == engine
    except ImproperlyConfigured:  # told by check_settings
        return False
