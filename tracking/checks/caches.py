"""Sessions that every process of the server sees: in them clicks wait, and with them baskets."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from django.apps import AppConfig
from django.core.checks import CheckMessage, Warning, register  # noqa: A004 - Django's own name for it

from tracking.conf import conf

_OF_ONE_PROCESS: Final = ("LocMemCache", "DummyCache")
_IN_THE_CACHE: Final = ("django.contrib.sessions.backends.cache", "django.contrib.sessions.backends.cached_db")


@register
def check_caches(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> Iterable[CheckMessage]:
    """With DEBUG there is one process, and its memory will do."""
    backend = conf.session_cache
    if conf.is_debug or conf.session_engine not in _IN_THE_CACHE or not backend.endswith(_OF_ONE_PROCESS):
        return []
    return [
        Warning(
            f"SESSION_ENGINE is {conf.session_engine!r} on {backend}, which each process has for itself: what a "
            "shopper did in one process, clicks that wait for consent among it, is not known in the next.",
            hint="Let SESSION_CACHE_ALIAS name a cache that all processes share (Redis, Memcached, the database), or "
            "set SESSION_ENGINE = 'django.contrib.sessions.backends.db'.",
            id="tracking.W010",
        )
    ]
