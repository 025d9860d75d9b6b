"""A subscription's orders as a shop tells of them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.http import HttpRequest

from tests.factories import completed_order, visit_from
from tracking.models import Conversion
from tracking.signals import order_completed

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def complete(request: HttpRequest | None = None, **values: Any) -> Conversion:
    order = completed_order(**values)
    order_completed.send(sender=None, order=order, request=request)
    return Conversion.objects.get(order_id=order.order_id)


def result(conversion: Conversion) -> tuple[str, str, str]:
    return conversion.outcome, conversion.affiliate_id, conversion.source


def begin(affiliate_id: str = "4", **values: Any) -> Conversion:
    """The first order of the subscription S1, that an affiliate won."""
    return complete(visit_from(affiliate_id), subscription_id="S1", **values)


def renew(order_id: str = "1002", request: HttpRequest | None = None, **values: Any) -> Conversion:
    return complete(request, order_id=order_id, subscription_id="S1", is_renewal=True, **values)
