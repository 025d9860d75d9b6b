"""What `manage.py check` sees of a wrong set-up. No database, but for what is read from it."""

import re
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import celery
import pytest
from celery import Celery
from django.core.checks import run_checks
from django.db import OperationalError, connection

from tests.factories import OfferFactory
from tracking.checks import (
    check_caches,
    check_celery,
    check_cookie_domain,
    check_cookies,
    check_hosts,
    check_middleware,
    check_offers,
    check_parameters,
    check_server,
    check_settings,
    check_time_zones,
    engines,
)
from tracking.models import Offer

MIDDLEWARE = "tracking.middleware.AffiliateMiddleware"
SESSIONS = "django.contrib.sessions.middleware.SessionMiddleware"
COMMON = "django.middleware.common.CommonMiddleware"


def found(settings: Any, *middleware: str) -> list[tuple[str, str | None]]:
    settings.MIDDLEWARE = list(middleware)
    return [(message.id or "", message.hint) for message in check_middleware(None)]


def told(messages: Any) -> list[str]:
    return [message.msg for message in messages]


def ids(messages: Any) -> list[str | None]:
    return [message.id for message in messages]


def test_the_reference_shop_is_in_order() -> None:
    assert [message for message in run_checks() if "tracking." in (message.id or "")] == []


def test_each_check_has_an_id_of_its_own_and_a_hint() -> None:
    folder = Path(engines.__file__).parent
    source = "".join(path.read_text() for path in folder.glob("*.py"))
    used = re.findall(r'id="tracking\.([EW]\d{3})"', source)
    assert len(used) == len(set(used))
    assert source.count("hint=") == len(used)
    described = (folder.parents[1] / "docs" / "operations.md").read_text()
    assert set(used) == set(re.findall(r"`tracking\.([EW]\d{3})`", described))


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


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> Celery:
    """A project's Celery app; its broker is still to be set."""
    monkeypatch.delenv("CELERY_BROKER_URL", raising=False)
    app = Celery("shop", set_as_current=False)
    monkeypatch.setattr(celery, "current_app", app)
    return app


def test_celery_with_a_broker_is_right(settings: Any, broker: Celery) -> None:
    settings.TRACKING_ENGINE = "celery"
    broker.conf.broker_url = "redis://redis.example/0"
    assert [*check_settings(None), *check_celery(None)] == []


def test_celery_without_a_broker_is_told(settings: Any, broker: Celery) -> None:
    settings.TRACKING_ENGINE = "celery"
    (message,) = check_celery(None)
    assert (message.id, message.hint and message.hint.startswith("Set CELERY_BROKER_URL")) == ("tracking.W003", True)


def test_a_missing_celery_is_told_once_with_what_to_install(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.TRACKING_ENGINE = "celery"
    monkeypatch.setattr(engines, "find_spec", lambda _name: None)
    (message,) = [*check_settings(None), *check_celery(None)]
    assert message.id == "tracking.E005"
    assert message.hint == "Run pip install 'django-aspire-tracking[celery]'."


@pytest.mark.parametrize("engine", ["thread", "worker", 5, ""])
def test_other_engines_need_no_broker(settings: Any, broker: Celery, engine: object) -> None:
    settings.TRACKING_ENGINE = engine
    assert list(check_celery(None)) == []


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


# Cookies --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ({}, []),
        ({"SESSION_COOKIE_SAMESITE": "None"}, ["tracking.W005"]),
        ({"SESSION_COOKIE_SAMESITE": "None", "SESSION_COOKIE_SECURE": True}, []),
        ({"SESSION_COOKIE_SAMESITE": False}, []),
        ({"SESSION_COOKIE_SAMESITE": "Strict"}, ["tracking.W006"]),
        ({"SECURE_SSL_REDIRECT": True}, ["tracking.W007"]),
        ({"SECURE_SSL_REDIRECT": True, "SESSION_COOKIE_SECURE": True}, []),
        ({"SESSION_COOKIE_HTTPONLY": False}, ["tracking.W008"]),
    ],
)
def test_cookies_that_are_not_safe_are_told(settings: Any, values: dict[str, Any], found: list[str]) -> None:
    for name, value in values.items():
        setattr(settings, name, value)
    assert ids(check_cookies(None)) == found


@pytest.mark.parametrize(
    ("domain", "found"),
    [
        (None, []),
        (5, []),
        (".shop.example", []),
        ("shop.example", []),
        ("WWW.shop.example", []),
        ("localhost", ["tracking.E006"]),
        (".example", ["tracking.E006"]),
        ("192.0.2.1", ["tracking.E006"]),
        ("https://shop.example", ["tracking.E006"]),
        ("shop.example:8000", ["tracking.E006"]),
        ("*.shop.example", ["tracking.E006"]),
        (".brand.example", ["tracking.W009"]),
        (".my.shop.example", ["tracking.W009"]),
    ],
)
def test_a_cookie_domain_that_cannot_work_is_told(settings: Any, domain: object, found: list[str]) -> None:
    settings.ALLOWED_HOSTS = ["shop.example", "www.shop.example"]
    settings.TRACKING_COOKIE_DOMAIN = domain
    assert ids(check_cookie_domain(None)) == found


@pytest.mark.parametrize("hosts", [["*"], [], [".brand.example"], ["eu.brand.example"]])
def test_a_cookie_domain_that_hosts_may_lie_in_is_right(settings: Any, hosts: list[str]) -> None:
    settings.ALLOWED_HOSTS, settings.TRACKING_COOKIE_DOMAIN = hosts, ".brand.example"
    assert ids(check_cookie_domain(None)) == []


# Caches, hosts, servers -----------------------------------------------------------------------------------------

LOCAL = "django.core.cache.backends.locmem.LocMemCache"
SHARED = "django.core.cache.backends.redis.RedisCache"


@pytest.mark.parametrize(
    ("sessions", "cache", "debug", "found"),
    [
        ("cache", LOCAL, False, ["tracking.W010"]),
        ("cached_db", LOCAL, False, ["tracking.W010"]),
        ("cache", "django.core.cache.backends.dummy.DummyCache", False, ["tracking.W010"]),
        ("cache", SHARED, False, []),
        ("db", LOCAL, False, []),
        ("signed_cookies", LOCAL, False, []),
        ("cache", LOCAL, True, []),
    ],
)
def test_sessions_in_the_memory_of_one_process_are_told(
    settings: Any, sessions: str, cache: str, debug: bool, found: list[str]
) -> None:
    settings.SESSION_ENGINE = f"django.contrib.sessions.backends.{sessions}"
    settings.CACHES, settings.DEBUG = {"default": {"BACKEND": cache}}, debug
    assert ids(check_caches(None)) == found


@pytest.mark.parametrize(
    ("hosts", "debug", "found"),
    [
        (["*"], False, ["tracking.W012"]),
        (["shop.example", ".com"], False, ["tracking.W012"]),
        (["*"], True, []),
        (["shop.example", ".shop.example", "localhost", "[::1]"], False, []),
    ],
)
def test_hosts_that_anybody_may_name_are_told(settings: Any, hosts: list[str], debug: bool, found: list[str]) -> None:
    settings.ALLOWED_HOSTS, settings.DEBUG = hosts, debug
    assert ids(check_hosts(None)) == found


SERVERS: dict[str, tuple[str, Any]] = {
    "uwsgi": ("uwsgi", SimpleNamespace(has_threads=0)),
    "gevent": ("gevent.monkey", SimpleNamespace(is_module_patched=lambda name: name == "threading")),
    "eventlet": ("eventlet.patcher", SimpleNamespace(is_monkey_patched=lambda name: name == "thread")),
}


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize(("engine", "found"), [("thread", ["tracking.W011"]), ("worker", []), (5, [])])
def test_a_server_that_forbids_threads_is_told(
    settings: Any, monkeypatch: pytest.MonkeyPatch, server: str, engine: object, found: list[str]
) -> None:
    name, module = SERVERS[server]
    monkeypatch.setitem(sys.modules, name, module)
    settings.TRACKING_ENGINE = engine
    assert ids(check_server(None)) == found


@pytest.mark.parametrize(
    ("name", "module"),
    [
        ("uwsgi", SimpleNamespace(has_threads=1)),
        ("gevent.monkey", SimpleNamespace(is_module_patched=lambda name: False)),
        ("json", None),
    ],
)
def test_a_server_that_lets_threads_run_is_right(
    settings: Any, monkeypatch: pytest.MonkeyPatch, name: str, module: Any
) -> None:
    if module:
        monkeypatch.setitem(sys.modules, name, module)
    settings.TRACKING_ENGINE = "thread"
    assert ids(check_server(None)) == []


# Parameters -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("utm_source", ["tracking.W013"]),
        ("page", ["tracking.W013"]),
        ("GCLID", ["tracking.W013"]),
        ("click_token", ["tracking.E007"]),
        ("partner", []),
        ("", []),
    ],
)
@pytest.mark.parametrize("setting", ["AFFILIATE_ID", "OFFER_ID", "TRANSACTION_ID"])
def test_a_parameter_that_means_something_else_is_told(
    settings: Any, setting: str, name: str, found: list[str]
) -> None:
    setattr(settings, f"TRACKING_{setting}_PARAM", name)
    assert ids(check_parameters(None)) == found


# Offers ---------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_an_offer_that_works_is_right() -> None:
    OfferFactory()
    assert ids(check_offers(None, databases=["default"])) == []


@pytest.mark.django_db
def test_offers_that_cannot_work_are_told_with_what_to_do() -> None:
    OfferFactory(postback_url="https://elsewhere.example/?aff_id=AFFILIATE_ID&amount=AMOUNT")
    [message] = check_offers(None, databases=["default"])
    assert message.id == "tracking.W014"
    assert "elsewhere.example" in message.msg
    assert "set_offer" in (message.hint or "")


@pytest.mark.django_db
def test_a_paused_offer_need_not_work() -> None:
    OfferFactory(postback_url="https://elsewhere.example/", is_active=False)
    assert ids(check_offers(None, databases=["default"])) == []


def test_without_leave_to_ask_the_database_no_offer_is_read() -> None:
    assert ids(check_offers(None)) == []
    assert ids(check_offers(None, databases=[])) == []


@pytest.mark.django_db
def test_a_database_that_is_not_migrated_stops_nothing() -> None:
    def fails(*_: Any) -> Any:
        raise OperationalError(f"no such table: {Offer._meta.db_table}")

    with connection.execute_wrapper(fails):
        assert ids(check_offers(None, databases=["default"])) == []
