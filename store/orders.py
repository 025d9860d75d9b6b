"""The life of a placed order: paid, sent, or cancelled. Each change happens once, whoever tries."""

from django.db import transaction
from django.utils import timezone

from tracking.orders import CompletedOrder
from tracking.signals import order_cancelled, order_completed

from .models import Order, Variant

Status = Order.Status


def complete(order: Order) -> bool:
    """Mark a placed order as paid and tell tracking, in one transaction. False if it was not to be paid."""
    with transaction.atomic():
        if not Order.objects.move(order.pk, from_status=Status.PLACED, to_status=Status.PAID, paid_at=timezone.now()):
            return False
        order.refresh_from_db()
        order_completed.send(sender=Order, order=_completed(order), request=None)
    return True


def cancel(order: Order) -> bool:
    """Cancel an unpaid order and put its goods back. False if it is paid, authorised or cancelled."""
    with transaction.atomic():
        if order.has_secured_payment() or not Order.objects.move(
            order.pk, from_status=Status.PLACED, to_status=Status.CANCELLED, cancelled_at=timezone.now()
        ):
            return False
        for line in order.lines.order_by("variant_id"):
            if line.variant_id is not None:
                Variant.objects.put_back(line.variant_id, line.quantity)
        order.refresh_from_db()
        order_cancelled.send(sender=Order, order_id=order.number)
    return True


def fulfil(order: Order) -> bool:
    """Mark a paid order as sent. False if it is not paid, or was sent before."""
    return Order.objects.move(
        order.pk, from_status=Status.PAID, to_status=Status.FULFILLED, fulfilled_at=timezone.now()
    )


def _completed(order: Order) -> CompletedOrder:
    return CompletedOrder(
        order_id=order.number,
        currency=order.currency,
        items_total=order.items_total,
        shipping=order.shipping,
        tax=order.tax,
        discount=order.discount,
        completed_at=order.paid_at,
    )
