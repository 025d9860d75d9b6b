"""Settings: what each takes, and what it says about the rest. No database."""

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from tracking.conf import conf


@pytest.mark.parametrize(
    ("name", "attribute", "value", "expected"),
    [
        ("TRACKING_AFFILIATE_ID_PARAM", "affiliate_id_param", "ref", "ref"),
        ("TRACKING_OFFER_ID_PARAM", "offer_id_param", "o.id", "o.id"),
        ("TRACKING_TRANSACTION_ID_PARAM", "transaction_id_param", "t-id", "t-id"),
        ("TRACKING_ATTRIBUTION", "attribution", "first", "first"),
        ("TRACKING_WINDOW_DAYS", "window_days", 3650, 3650),
        ("TRACKING_COOKIE_NAME", "cookie_name", "__Host-click", "__Host-click"),
        ("TRACKING_COOKIE_DOMAIN", "cookie_domain", ".shop.test", ".shop.test"),
        ("TRACKING_COOKIE_DOMAIN", "cookie_domain", "", None),
        ("TRACKING_COOKIE_DOMAIN", "cookie_domain", None, None),
        ("TRACKING_CONSENT", "consent", None, None),
        ("TRACKING_CONSENT", "consent", "", None),
        ("TRACKING_CONSENT", "consent", bool, bool),
        ("TRACKING_CONSENT", "consent", "builtins.bool", bool),
        ("TRACKING_DOMAINS", "domains", [" Brand.COM ", "", "shop.brand.de"], ("brand.com", "shop.brand.de")),
        ("TRACKING_SHARED_KEY", "shared_key", "k" * 32, "k" * 32),
        ("TRACKING_SHARED_KEY", "shared_key", None, ""),
        ("TRACKING_POSTBACK_HOSTS", "postback_hosts", [" Aspire.Test ", "", "*.x.test"], ("aspire.test", "*.x.test")),
        ("TRACKING_POSTBACK_HOSTS", "postback_hosts", ("127.0.0.1", "::1"), ("127.0.0.1", "::1")),
        ("TRACKING_POSTBACK_HOSTS", "postback_hosts", {"a.test"}, ("a.test",)),
        ("TRACKING_POSTBACK_HOSTS", "postback_hosts", [], ()),
        ("TRACKING_SECURITY_TOKEN", "security_token", "abc", "abc"),
        ("TRACKING_SECURITY_TOKEN", "security_token", " abc\n", "abc"),
        ("TRACKING_SECURITY_TOKEN", "security_token", None, ""),
        ("TRACKING_ENGINE", "engine", "thread", "thread"),
        ("TRACKING_CONCURRENCY", "concurrency", 4, 4),
        ("TRACKING_CONCURRENCY", "concurrency", None, None),
    ],
)
def test_a_setting_is_read(settings: Any, name: str, attribute: str, value: object, expected: object) -> None:
    setattr(settings, name, value)
    assert getattr(conf, attribute) == expected


@pytest.mark.parametrize(
    ("attribute", "expected"),
    [
        ("affiliate_id_param", "affiliate_id"),
        ("offer_id_param", "offer_id"),
        ("transaction_id_param", "transaction_id"),
        ("attribution", "last"),
        ("window_days", 28),
        ("cookie_name", "aspire_click"),
        ("cookie_domain", None),
        ("consent", None),
        ("domains", ()),
        ("shared_key", ""),
        ("postback_hosts", ("get.aspr.app", "aspireiq.go2cloud.org", "*.go2cloud.org")),
        ("security_token", ""),
        ("engine", "thread"),
        ("concurrency", None),
    ],
)
def test_a_setting_has_a_default_that_works(settings: Any, attribute: str, expected: object) -> None:
    name = f"TRACKING_{attribute.upper()}"
    if hasattr(settings, name):
        delattr(settings, name)
    assert getattr(conf, attribute) == expected


@pytest.mark.parametrize(
    ("name", "attribute", "value"),
    [
        ("TRACKING_AFFILIATE_ID_PARAM", "affiliate_id_param", ""),
        ("TRACKING_AFFILIATE_ID_PARAM", "affiliate_id_param", None),
        ("TRACKING_AFFILIATE_ID_PARAM", "affiliate_id_param", "aff[id]"),
        ("TRACKING_AFFILIATE_ID_PARAM", "affiliate_id_param", "a" * 65),
        ("TRACKING_OFFER_ID_PARAM", "offer_id_param", "offer id"),
        ("TRACKING_TRANSACTION_ID_PARAM", "transaction_id_param", "a=b"),
        ("TRACKING_ATTRIBUTION", "attribution", "linear"),
        ("TRACKING_WINDOW_DAYS", "window_days", 0),
        ("TRACKING_WINDOW_DAYS", "window_days", -1),
        ("TRACKING_WINDOW_DAYS", "window_days", "28"),
        ("TRACKING_WINDOW_DAYS", "window_days", 28.0),
        ("TRACKING_WINDOW_DAYS", "window_days", True),
        ("TRACKING_WINDOW_DAYS", "window_days", 10**9),
        ("TRACKING_COOKIE_NAME", "cookie_name", "my click"),
        ("TRACKING_COOKIE_NAME", "cookie_name", "a;b"),
        ("TRACKING_COOKIE_NAME", "cookie_name", "sessionid"),
        ("TRACKING_COOKIE_NAME", "cookie_name", "csrftoken"),
        ("TRACKING_COOKIE_DOMAIN", "cookie_domain", 1),
        ("TRACKING_CONSENT", "consent", 5),
        ("TRACKING_CONSENT", "consent", "no.such.function"),
        ("TRACKING_CONSENT", "consent", "tests.tracking.pages.plain_async"),
        ("TRACKING_DOMAINS", "domains", "brand.example"),
        ("TRACKING_DOMAINS", "domains", None),
        ("TRACKING_DOMAINS", "domains", [5]),
        ("TRACKING_DOMAINS", "domains", ["https://brand.example"]),
        ("TRACKING_DOMAINS", "domains", ["brand.example/shop"]),
        ("TRACKING_DOMAINS", "domains", ["com"]),
        ("TRACKING_DOMAINS", "domains", ["*.brand.example"]),
        ("TRACKING_POSTBACK_HOSTS", "postback_hosts", "get.aspr.app"),
        ("TRACKING_POSTBACK_HOSTS", "postback_hosts", None),
        ("TRACKING_POSTBACK_HOSTS", "postback_hosts", [1]),
        ("TRACKING_POSTBACK_HOSTS", "postback_hosts", ["*"]),
        ("TRACKING_POSTBACK_HOSTS", "postback_hosts", ["https://get.aspr.app"]),
        ("TRACKING_POSTBACK_HOSTS", "postback_hosts", ["127.0.0.1:9000"]),
        ("TRACKING_POSTBACK_HOSTS", "postback_hosts", ["get.aspr.app/aff_lsr"]),
        ("TRACKING_ENGINE", "engine", ""),
        ("TRACKING_CONCURRENCY", "concurrency", 0),
        ("TRACKING_CONCURRENCY", "concurrency", "8"),
    ],
)
def test_a_wrong_setting_is_told_by_name_and_value(settings: Any, name: str, attribute: str, value: object) -> None:
    setattr(settings, name, value)
    with pytest.raises(ImproperlyConfigured, match=f"^{name} ") as told:
        getattr(conf, attribute)
    culprit = value[0] if isinstance(value, list) else value
    assert repr(culprit) in str(told.value)


@pytest.mark.parametrize("value", [b"s3cret" * 9, "s3cret"])
def test_a_wrong_shared_key_is_not_shown(settings: Any, value: object) -> None:
    settings.TRACKING_SHARED_KEY = value
    with pytest.raises(ImproperlyConfigured, match=r"^TRACKING_SHARED_KEY ") as told:
        _ = conf.shared_key
    assert "s3cret" not in str(told.value)


def test_a_wrong_security_token_is_not_shown(settings: Any) -> None:
    settings.TRACKING_SECURITY_TOKEN = b"s3cret"
    with pytest.raises(ImproperlyConfigured) as told:
        _ = conf.security_token
    assert "s3cret" not in str(told.value)


def test_only_hosts_that_the_project_names_itself_may_be_private(settings: Any) -> None:
    settings.TRACKING_POSTBACK_HOSTS = ["get.aspr.app", "*.go2cloud.org", "sandbox.test"]
    assert conf.private_hosts == {"sandbox.test"}
