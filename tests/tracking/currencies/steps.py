"""Orders in another currency than their offer's, and rates for them."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from tests.factories import completed_order, visit_from
from tracking.currency import ExchangeRate
from tracking.models import Postback
from tracking.signals import order_completed


def rate(value: Any = "1.0823", *, days_ago: int = 0, source: str = "European Central Bank") -> ExchangeRate:
    value = Decimal(value) if isinstance(value, str) else value
    return ExchangeRate(value, timezone.localdate() - timedelta(days=days_ago), source)


def complete(**order: Any) -> Postback:
    order_completed.send(sender=None, order=completed_order(**{"currency": "EUR", **order}), request=visit_from("77"))
    return Postback.objects.select_related("conversion", "offer").get()
