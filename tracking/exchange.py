"""Exchange rates in the tables of django-money (extra `currency`): the converter, and how fetched rates get there.

Put "tracking.exchange.stored_rate" into TRACKING_CURRENCY_CONVERTER and "djmoney.contrib.exchange" into
INSTALLED_APPS; `manage.py update_exchange_rates` fetches the rates. Nothing of django-money is imported before.
"""

import datetime
from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction

from tracking.currency import ExchangeRate

APP = "djmoney.contrib.exchange"


def stored_rate(source: str, target: str, on: datetime.date) -> ExchangeRate | None:
    """The rate of the newest stored set that knows both currencies; None if none does. Costs one query.

    Sets hold rates from their base currency; between two others the rate goes by way of it. `on` changes nothing:
    only the newest rates are kept.
    """
    check_installed()
    from djmoney.contrib.exchange.models import Rate

    rows = Rate.objects.filter(currency__in=[source, target]).values_list(
        "currency", "value", "backend__base_currency", "backend__name", "backend__last_update"
    )
    sets: dict[tuple[datetime.datetime, str, str], dict[str, Decimal]] = defaultdict(dict)
    for currency, value, base, name, updated_at in rows:
        sets[updated_at, name, base][currency] = value
    for updated_at, name, base in sorted(sets, reverse=True):
        values = {**sets[updated_at, name, base], base: Decimal(1)}
        per_base, target_value = values.get(source), values.get(target)
        if per_base and target_value and per_base > 0 and target_value > 0:
            return ExchangeRate(target_value / per_base, updated_at.date(), name)
    return None


def stored_rates(name: str, base: str) -> dict[str, Decimal]:
    """The set of that name, by currency; empty where there is none, or it counts from another base."""
    check_installed()
    from djmoney.contrib.exchange.models import Rate

    rows = Rate.objects.filter(backend__name=name, backend__base_currency=base)
    return dict(rows.values_list("currency", "value"))


def store_rates(name: str, base: str, values: Mapping[str, Decimal], *, at: datetime.datetime) -> bool:
    """Put a whole set of rates in the place of the one of that name; False if what is stored is newer.

    All or nothing: who converts meanwhile sees the old set or the new one. `at` is when the rates were set, and what
    their age counts from.
    """
    check_installed()
    from djmoney.contrib.exchange.models import ExchangeBackend, Rate

    with transaction.atomic():
        backend, _ = ExchangeBackend.objects.get_or_create(name=name, defaults={"base_currency": base})
        stored = ExchangeBackend.objects.filter(pk=backend.pk).select_for_update().get()
        rates = Rate.objects.filter(backend=stored)
        if stored.last_update > at and rates.exists():
            return False
        rates.delete()
        Rate.objects.bulk_create(
            Rate(backend=stored, currency=currency, value=value) for currency, value in values.items()
        )
        # By an update: `save` would put the present moment there, and old rates would look new.
        ExchangeBackend.objects.filter(pk=stored.pk).update(base_currency=base, last_update=at)
    return True


def is_installed() -> bool:
    """Tell whether django-money's tables are part of the project."""
    return apps.is_installed(APP)


def check_installed() -> None:
    """Raises ImproperlyConfigured unless they are."""
    if not is_installed():
        raise ImproperlyConfigured(
            f"{APP!r} is not in INSTALLED_APPS: add it, after pip install 'django-aspire-tracking[currency]', and run "
            "manage.py migrate."
        )
