"""What `manage.py check` sees of cookies that are not safe or cannot work."""

from typing import Any

import pytest

from tests.tracking.checks.messages import ids
from tracking.checks import check_cookie_domain, check_cookies


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
