"""What `manage.py check` sees of a wrong set-up. No database."""

from typing import Any

import pytest

from tracking.checks import check_middleware, check_settings, check_time_zones

MIDDLEWARE = "tracking.middleware.AffiliateMiddleware"
SESSIONS = "django.contrib.sessions.middleware.SessionMiddleware"
COMMON = "django.middleware.common.CommonMiddleware"


def found(settings: Any, *middleware: str) -> list[tuple[str, str | None]]:
    settings.MIDDLEWARE = list(middleware)
    return [(message.id or "", message.hint) for message in check_middleware(None)]


def told(messages: Any) -> list[str]:
    return [message.msg for message in messages]


def test_the_reference_shop_is_in_order() -> None:
    assert [*check_settings(None), *check_middleware(None), *check_time_zones(None)] == []


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


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TRACKING_AFFILIATE_ID_PARAM", ""),
        ("TRACKING_ATTRIBUTION", "linear"),
        ("TRACKING_WINDOW_DAYS", "28"),
        ("TRACKING_COOKIE_NAME", "a b"),
        ("TRACKING_COOKIE_DOMAIN", 5),
        ("TRACKING_CONSENT", "no.such.function"),
        ("TRACKING_DOMAINS", "brand.example"),
        ("TRACKING_SHARED_KEY", "short"),
        ("TRACKING_POSTBACK_HOSTS", "get.aspr.app"),
        ("TRACKING_SECURITY_TOKEN", 5),
        ("TRACKING_ENGINE", None),
        ("TRACKING_ENGINE", "fork"),
        ("TRACKING_ENGINE", "no.such.module.Engine"),
        ("TRACKING_ENGINE", "tracking.models.Offer"),
        ("TRACKING_CONCURRENCY", -1),
    ],
)
def test_a_wrong_setting_is_told_once_by_name(settings: Any, name: str, value: object) -> None:
    setattr(settings, name, value)
    messages = list(check_settings(None))
    assert [message.id for message in messages] == ["tracking.E001"]
    assert messages[0].msg.startswith(name)


def test_every_wrong_setting_is_told_at_once(settings: Any) -> None:
    settings.TRACKING_ATTRIBUTION = "linear"
    settings.TRACKING_ENGINE = "fork"
    assert len(told(check_settings(None))) == 2


def test_two_parameters_of_one_name_are_told(settings: Any) -> None:
    settings.TRACKING_OFFER_ID_PARAM = "affiliate_id"
    assert "give each a name of its own" in told(check_settings(None))[0]


def test_moments_without_time_zones_are_told(settings: Any) -> None:
    settings.USE_TZ = False
    assert [message.id for message in check_time_zones(None)] == ["tracking.E003"]
