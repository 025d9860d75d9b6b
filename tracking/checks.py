"""System checks: faults in the set-up that `manage.py check` can see, each with what to do."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, Warning, register  # noqa: A004 - Django's own name for it
from django.core.exceptions import ImproperlyConfigured

from tracking.conf import Conf, conf
from tracking.postbacks.engines import engine_class

MIDDLEWARE = "tracking.middleware.AffiliateMiddleware"
OLDEST_URLLIB3 = (2, 2)
# Django's own redirects (https, www, slash, language, login) keep the query; those of django.contrib.redirects do not.
KEEPING_THE_QUERY = ("django.middleware.", "django.contrib.sessions.", "django.contrib.auth.", "whitenoise.")


@register
def check_settings(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> Iterable[CheckMessage]:
    """Read every setting once, so that a wrong one is told at the start."""
    names = [name for name, member in vars(Conf).items() if isinstance(member, property)]
    readers: list[Callable[[], object]] = [partial(getattr, conf, name) for name in names]
    errors: dict[str, CheckMessage] = {}  # by message: some settings are read by several properties
    for read in (*readers, _engine, _distinct_parameters):
        try:
            read()
        except ImproperlyConfigured as error:
            hint = "See the settings table in the README."
            errors[str(error)] = Error(str(error), hint=hint, id="tracking.E001")
    return list(errors.values())


def _engine() -> None:
    if _is_celery_missing():
        return  # told by check_celery, with what to install
    found = engine_class(conf.engine)
    if not callable(getattr(found, "kick", None)):
        raise ImproperlyConfigured(f"TRACKING_ENGINE is {conf.engine!r}, which has no method kick().")


def _distinct_parameters() -> None:
    names = (conf.affiliate_id_param, conf.offer_id_param, conf.transaction_id_param)
    if len(set(names)) < len(names):
        raise ImproperlyConfigured(
            f"TRACKING_AFFILIATE_ID_PARAM, TRACKING_OFFER_ID_PARAM and TRACKING_TRANSACTION_ID_PARAM are {names}: give "
            "each a name of its own, or an id is taken for another."
        )


@register
def check_celery(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> Iterable[CheckMessage]:
    """The engine `celery` needs Celery, and in every process an app of the project's that knows the broker."""
    if _is_celery_missing():
        return [
            Error(
                "TRACKING_ENGINE is 'celery', and Celery is not installed.",
                hint="Run pip install 'django-aspire-tracking[celery]'.",
                id="tracking.E005",
            )
        ]
    if not _is_celery() or _has_broker():
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


def _is_celery() -> bool:
    try:
        return conf.engine == "celery"
    except ImproperlyConfigured:  # told by check_settings
        return False


def _is_celery_missing() -> bool:
    return _is_celery() and find_spec("celery") is None


def _has_broker() -> bool:
    from celery import current_app

    return bool(current_app.conf.broker_write_url)


@register
def check_urllib3(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> Iterable[CheckMessage]:
    """`requests` takes older releases of it, which cannot read what has come of a reply that breaks off."""
    installed = version("urllib3")
    if tuple(int(part) for part in installed.split(".")[:2]) >= OLDEST_URLLIB3:
        return []
    return [
        Error(
            f"urllib3 {installed} is too old to deliver postbacks with.",
            hint="Run pip install --upgrade urllib3.",
            id="tracking.E004",
        )
    ]


@register
def check_time_zones(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> Iterable[CheckMessage]:
    """Clicks, windows and leases are aware moments."""
    if conf.uses_time_zones:
        return []
    return [
        Error(
            "USE_TZ is off: moments without a time zone cannot be compared, so no click would earn an order.",
            hint="Set USE_TZ = True.",
            id="tracking.E003",
        )
    ]


@register
def check_middleware(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> Iterable[CheckMessage]:
    """Without the middleware clicks are lost, and behind one that redirects without the query some are."""
    installed = list(conf.middleware)
    if MIDDLEWARE not in installed:
        return [
            Warning(
                "Clicks are not captured: AffiliateMiddleware is not in MIDDLEWARE.",
                hint=f"Add '{MIDDLEWARE}' to MIDDLEWARE, best as its first line.",
                id="tracking.W001",
            )
        ]
    before = [name for name in installed[: installed.index(MIDDLEWARE)] if not name.startswith(KEEPING_THE_QUERY)]
    if not before:
        return []
    return [
        Warning(
            f"{', '.join(before)} may redirect a landing before AffiliateMiddleware has seen it; without the query, "
            "its click is lost.",
            hint=f"Move '{MIDDLEWARE}' to the first line of MIDDLEWARE, or silence this if none of them redirects.",
            id="tracking.W002",
        )
    ]
