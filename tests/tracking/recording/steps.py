"""What a shop does with an order: it completes it, cancels it, refunds it."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.http import HttpRequest

from tests.factories import completed_order
from tracking.models import Conversion
from tracking.signals import order_cancelled, order_completed, order_refunded

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def send(order: object | None = None, request: HttpRequest | None = None) -> None:
    order_completed.send(sender=None, order=order or completed_order(), request=request)


def complete(request: HttpRequest | None = None, **values: Any) -> Conversion:
    order = completed_order(**values)
    send(order, request)
    return Conversion.objects.get(order_id=order.order_id, is_test=False)


def cancel(order_id: Any = "1001") -> None:
    order_cancelled.send(sender=None, order_id=order_id)


def refund(left: Any = Decimal(0), order_id: Any = "1001") -> None:
    order_refunded.send(sender=None, order_id=order_id, items_total=left)
