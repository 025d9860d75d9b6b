"""What the CSV files of orders hold: one with a row an order, one with a row a line."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.db.models import QuerySet

from store.models import Order, OrderLine
from tracking.standing import standings

from .exports import Columns, export_action

_BATCH = 500  # rows

_ORDER: Columns = {
    "number": lambda order: order.number,
    "status": lambda order: order.status,
    "placed": lambda order: order.placed_at.isoformat(),
    "paid": lambda order: order.paid_at and order.paid_at.isoformat(),
    "sent": lambda order: order.fulfilled_at and order.fulfilled_at.isoformat(),
    "e-mail": lambda order: order.email,
    "name": lambda order: order.name,
    "country": lambda order: order.country,
    "currency": lambda order: order.currency,
    "goods": lambda order: order.items_total,
    "discount": lambda order: order.discount,
    "coupon": lambda order: order.coupon_code,
    "delivery": lambda order: order.shipping,
    "tax": lambda order: order.tax,
    "total": lambda order: order.total,
    "refunded": lambda order: order.refunded,
    "renewal": lambda order: "yes" if order.is_renewal else "",
    "outcome": lambda order: order.standing and order.standing.outcome,
    "affiliate": lambda order: order.standing and order.standing.affiliate_id,
    "postback": lambda order: order.standing and order.standing.postback,
}

_LINE: Columns = {
    "order": lambda line: line.order.number,
    "placed": lambda line: line.order.placed_at.isoformat(),
    "status": lambda line: line.order.status,
    "SKU": lambda line: line.variant and line.variant.sku,
    "name": lambda line: line.name,
    "options": lambda line: line.options,
    "quantity": lambda line: line.quantity,
    "unit price": lambda line: line.unit_price,
    "total": lambda line: line.total,
    "currency": lambda line: line.order.currency,
}


def _orders(queryset: QuerySet[Order]) -> Iterator[Any]:
    rows = queryset.iterator(_BATCH)
    while orders := list(islice(rows, _BATCH)):
        found = standings(order.number for order in orders)
        for order in orders:
            order.standing = found.get(order.number)  # type: ignore[attr-defined]
            yield order


def _lines(queryset: QuerySet[Order]) -> Iterator[OrderLine]:
    lines = OrderLine.objects.filter(order__in=queryset).select_related("order", "variant")
    return lines.order_by("order__placed_at", "pk").iterator(_BATCH)


EXPORTS = [export_action("orders", _ORDER, _orders), export_action("order lines", _LINE, _lines)]
