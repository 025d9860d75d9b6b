"""Every setting can be read."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from inspect import getmembers
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import ImproperlyConfigured

from tracking.checks.engines import is_celery_missing
from tracking.conf import Conf, conf
from tracking.postbacks.engines import engine_class


@register
def check_settings(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> Iterable[CheckMessage]:
    """Read every setting once, so that a wrong one is told at the start."""
    names = [name for name, _member in getmembers(Conf, lambda member: isinstance(member, property))]
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
    if is_celery_missing():
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
