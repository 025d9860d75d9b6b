"""What `manage.py check` sees of caches, hosts and servers."""

import sys
from types import SimpleNamespace
from typing import Any

import pytest

from tests.tracking.checks.messages import ids
from tracking.checks import check_caches, check_hosts, check_server

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
