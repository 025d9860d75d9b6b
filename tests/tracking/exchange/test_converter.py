"""The converter of stored rates, and what `manage.py check` sees of it."""

import subprocess
import sys
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

from tests.tracking.exchange.steps import TODAY
from tracking import exchange
from tracking.checks import check_converter, check_settings

# The converter ------------------------------------------------------------------------------------------------


def store(base: str = "EUR", name: str = "European Central Bank", *, days_ago: int = 0, **values: str) -> None:
    at = timezone.now() - timedelta(days=days_ago)
    exchange.store_rates(name, base, {currency: Decimal(value) for currency, value in values.items()}, at=at)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        ("EUR", "USD", Decimal("1.0823")),
        ("USD", "EUR", 1 / Decimal("1.0823")),
        ("JPY", "USD", Decimal("1.0823") / Decimal("162.35")),
        ("EUR", "KWD", None),
        ("KWD", "BHD", None),
    ],
)
def test_rates_are_read_both_ways_and_by_way_of_the_base(source: str, target: str, expected: Decimal | None) -> None:
    store(USD="1.0823", JPY="162.35")
    found = exchange.stored_rate(source, target, TODAY)
    assert (found.rate if found else None) == expected


@pytest.mark.django_db
def test_the_newest_set_that_knows_both_is_used() -> None:
    store(USD="1.01", days_ago=3)
    store("USD", "Own rates", EUR="0.5", days_ago=1)
    store("USD", "Of today", GBP="0.7")
    found = exchange.stored_rate("EUR", "USD", TODAY)
    assert found
    assert (found.rate, found.source) == (Decimal(2), "Own rates")


@pytest.mark.django_db
def test_a_stored_zero_is_no_rate() -> None:
    store(USD="0")
    assert exchange.stored_rate("EUR", "USD", TODAY) is None


@pytest.mark.django_db
def test_the_converter_asks_the_database_once(django_assert_num_queries: Any) -> None:
    store(USD="1.0823")
    with django_assert_num_queries(1):
        exchange.stored_rate("EUR", "USD", TODAY)


def test_without_the_app_the_converter_says_what_to_add(settings: Any) -> None:
    settings.INSTALLED_APPS = [app for app in settings.INSTALLED_APPS if app != "djmoney.contrib.exchange"]
    with pytest.raises(ImproperlyConfigured, match="is not in INSTALLED_APPS"):
        exchange.stored_rate("EUR", "USD", TODAY)


def test_nothing_of_django_money_is_imported_before_it_is_used() -> None:
    code = (
        "import sys; from django.conf import settings;"
        "settings.configure(INSTALLED_APPS=['tracking', 'django.contrib.auth', 'django.contrib.contenttypes']);"
        "import django; django.setup();"
        "import tracking.exchange, tracking.management.commands.update_exchange_rates;"
        "print([name for name in sys.modules if name.startswith('djmoney')])"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "[]"


# Checks -------------------------------------------------------------------------------------------------------


def test_the_converter_without_the_app_is_told_with_what_to_do(settings: Any) -> None:
    settings.TRACKING_CURRENCY_CONVERTER = "tracking.exchange.stored_rate"
    assert check_converter(None) == []
    settings.INSTALLED_APPS = [app for app in settings.INSTALLED_APPS if app != "djmoney.contrib.exchange"]
    (message,) = check_converter(None)
    assert message.id == "tracking.E008"
    assert message.hint


def test_a_converter_of_ones_own_needs_no_app(settings: Any) -> None:
    settings.INSTALLED_APPS = [app for app in settings.INSTALLED_APPS if app != "djmoney.contrib.exchange"]
    settings.TRACKING_CURRENCY_CONVERTER = lambda *_question: None
    assert check_converter(None) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TRACKING_CURRENCY_CONVERTER", "shop.nowhere"),
        ("TRACKING_CURRENCY_CONVERTER", 5),
        ("TRACKING_RATE_MAX_AGE_DAYS", 0),
        ("TRACKING_RATE_MAX_AGE_DAYS", -1),
        ("TRACKING_RATE_MAX_AGE_DAYS", "7"),
    ],
)
def test_a_wrong_setting_is_told(settings: Any, name: str, value: object) -> None:
    setattr(settings, name, value)
    assert check_converter(None) == []
    (message,) = check_settings(None)
    assert name in message.msg
