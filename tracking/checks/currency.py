"""The converter that is named can convert."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import ImproperlyConfigured

from tracking import exchange
from tracking.conf import conf


@register
def check_converter(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> Iterable[CheckMessage]:
    """The converter of the extra `currency` reads django-money's tables, so they have to be there."""
    try:
        needs_rates = conf.currency_converter is exchange.stored_rate
    except ImproperlyConfigured:  # told by check_settings
        return []
    if not needs_rates or exchange.is_installed():
        return []
    return [
        Error(
            "TRACKING_CURRENCY_CONVERTER reads django-money's tables, which are not there: orders in another currency "
            "would wait for ever.",
            hint="Run pip install 'django-aspire-tracking[currency]', add 'djmoney.contrib.exchange' to "
            "INSTALLED_APPS, and run manage.py migrate.",
            id="tracking.E008",
        )
    ]
