"""What `manage.py check` sees of the middleware's place."""

from typing import Any

import pytest

from tests.tracking.checks.messages import MIDDLEWARE, ids
from tracking.checks import check_middleware

SESSIONS = "django.contrib.sessions.middleware.SessionMiddleware"
COMMON = "django.middleware.common.CommonMiddleware"


def found(settings: Any, *middleware: str) -> list[tuple[str, str | None]]:
    settings.MIDDLEWARE = list(middleware)
    return [(message.id or "", message.hint) for message in check_middleware(None)]


@pytest.mark.parametrize(
    "middleware",
    [
        (MIDDLEWARE,),
        (MIDDLEWARE, SESSIONS, COMMON, "shop.middleware.OldAddresses"),
        (SESSIONS, MIDDLEWARE),
        (SESSIONS, COMMON, MIDDLEWARE),
    ],
)
def test_before_what_may_drop_the_query_is_right(settings: Any, middleware: tuple[str, ...]) -> None:
    assert found(settings, *middleware) == []


def test_without_the_middleware_it_says_where_to_put_it(settings: Any) -> None:
    hint = f"Add '{MIDDLEWARE}' to MIDDLEWARE, best as its first line."
    assert found(settings, SESSIONS) == [("tracking.W001", hint)]


@pytest.mark.parametrize(
    "redirecting", ["shop.middleware.OldAddresses", "django.contrib.redirects.middleware.RedirectFallbackMiddleware"]
)
def test_behind_what_may_drop_the_query_it_says_where_to_move_it(settings: Any, redirecting: str) -> None:
    settings.MIDDLEWARE = [SESSIONS, redirecting, COMMON, MIDDLEWARE]
    (message,) = check_middleware(None)
    assert message.id == "tracking.W002"
    assert message.msg.startswith(f"{redirecting} may redirect a landing")
    assert f"Move '{MIDDLEWARE}' to the first line" in (message.hint or "")


def test_a_cache_that_answers_before_the_middleware_is_told(settings: Any) -> None:
    settings.MIDDLEWARE = ["django.middleware.cache.FetchFromCacheMiddleware", MIDDLEWARE]
    assert ids(check_middleware(None)) == ["tracking.W004"]


def test_a_cache_that_answers_after_it_is_right(settings: Any) -> None:
    settings.MIDDLEWARE = [
        "django.middleware.cache.UpdateCacheMiddleware",
        MIDDLEWARE,
        "django.middleware.cache.FetchFromCacheMiddleware",
    ]
    assert ids(check_middleware(None)) == []
