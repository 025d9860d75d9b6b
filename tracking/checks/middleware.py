"""AffiliateMiddleware is there, and sees each landing before something else answers it."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Warning, register  # noqa: A004 - Django's own name for it

from tracking.conf import conf

MIDDLEWARE = "tracking.middleware.AffiliateMiddleware"
CACHE = "django.middleware.cache.FetchFromCacheMiddleware"
# Django's own redirects (https, www, slash, language, login) keep the query; those of django.contrib.redirects do not.
KEEPING_THE_QUERY = ("django.middleware.", "django.contrib.sessions.", "django.contrib.auth.", "whitenoise.")


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
    ahead = installed[: installed.index(MIDDLEWARE)]
    return [*_redirecting(ahead), *_caching(ahead)]


def _redirecting(ahead: list[str]) -> Iterable[CheckMessage]:
    before = [name for name in ahead if not name.startswith(KEEPING_THE_QUERY)]
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


def _caching(ahead: list[str]) -> Iterable[CheckMessage]:
    if CACHE not in ahead:
        return []
    return [
        Warning(
            f"{CACHE} answers landings from the cache before AffiliateMiddleware has seen them: their clicks are lost.",
            hint=f"Move '{MIDDLEWARE}' above it, best to the first line of MIDDLEWARE.",
            id="tracking.W004",
        )
    ]
