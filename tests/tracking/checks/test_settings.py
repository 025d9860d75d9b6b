"""What `manage.py check` sees of wrong settings, and of parameters that mean something else."""

from typing import Any

import celery
import pytest
from celery import Celery

from tests.tracking.checks.messages import ids, told
from tracking.checks import check_celery, check_parameters, check_settings, check_time_zones, engines


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
