"""The life of a placed order: paid, sent, cancelled or refunded. Each change happens once, whoever tries."""

from decimal import Decimal

from django.db import transaction
from django.db.models import Case, F, Value, When
from django.utils import timezone

from tracking.orders import CompletedOrder
from tracking.orders import OrderLine as SoldLine
from tracking.signals import order_cancelled, order_completed, order_refunded

from . import mail, subscribing
from .models import Coupon, Order, OrderLine, Variant

Status = Order.Status

# What is paid on invoice may have been sent before.
_PAID_OR_SENT = Case(When(fulfilled_at=None, then=Value(Status.PAID)), default=Value(Status.FULFILLED))


def complete(order: Order) -> bool:
    """Mark a placed order as paid and tell tracking, in one transaction. False if it was not to be paid."""
    with transaction.atomic():
        if not Order.objects.move(order.pk, from_status=Status.PLACED, to_status=_PAID_OR_SENT, paid_at=timezone.now()):
            return False
        order.refresh_from_db()
        subscribing.follow_payment(order)
        order_completed.send(sender=Order, order=_completed(order), request=None)
        mail.order_confirmed(order)
    return True


def cancel(order: Order) -> bool:
    """Cancel an unpaid order, put its goods back and free its coupon. False if it is paid, authorised or cancelled.

    A provider that may still be paid for it is not told: that is `store.payments.call_off`.
    """
    with transaction.atomic():
        if order.has_secured_payment() or not Order.objects.move(
            order.pk, from_status=Status.PLACED, to_status=Status.CANCELLED, cancelled_at=timezone.now()
        ):
            return False
        order.refresh_from_db()
        if not order.fulfilled_at:
            put_back(order, {str(line.pk): line.quantity for line in order.lines.all()})
        if order.coupon_id:
            Coupon.objects.give_back(order.coupon_id)
        order_cancelled.send(sender=Order, order_id=order.number)
        mail.order_cancelled(order)
    return True


def fulfil(order: Order) -> bool:
    """Mark an order as sent if it is paid, or to be paid on invoice. False if it is neither, or was sent before."""
    now = timezone.now()
    with transaction.atomic():
        is_sent = Order.objects.move(
            order.pk, from_status=Status.PAID, to_status=Status.FULFILLED, fulfilled_at=now
        ) or (order.has_secured_payment() and Order.objects.send_unpaid(order.pk, now))
        if is_sent:
            order.refresh_from_db()
            mail.order_sent(order)
    return is_sent


def take_back(order: Order, *, amount: Decimal, goods: Decimal, returned: dict[str, int]) -> None:
    """Note that money went back: of it `goods` is what affiliates earned on. Called inside the refund's transaction."""
    Order.objects.filter(pk=order.pk).update(
        refunded=F("refunded") + amount, items_refunded=F("items_refunded") + goods
    )
    order.refresh_from_db()
    if order.refunded >= order.total:
        Order.objects.filter(pk=order.pk).update(status=Status.REFUNDED)
        order.refresh_from_db()
    put_back(order, returned)
    order_refunded.send(
        sender=Order,
        order_id=order.number,
        items_total=order.items_left,
        shipping=order.shipping_left,
        tax=order.tax_left,
    )
    mail.order_refunded(order, amount)


def put_back(order: Order, pieces: dict[str, int]) -> None:
    """Put pieces back into stock, by the order line's id."""
    for line in order.lines.order_by("variant_id"):
        quantity = pieces.get(str(line.pk), 0)
        if quantity and line.variant_id is not None:
            Variant.objects.put_back(line.variant_id, quantity)


def _completed(order: Order) -> CompletedOrder:
    return CompletedOrder(
        order_id=order.number,
        currency=order.currency,
        items_total=order.items_total,
        shipping=order.shipping,
        tax=order.tax,
        discount=order.discount,
        customer_id=str(order.customer_id or ""),
        subscription_id=str(order.subscription_id or ""),
        is_renewal=order.is_renewal,
        completed_at=order.paid_at,
        lines=tuple(_line(line) for line in order.lines.select_related("product__category")),
    )


def _line(line: OrderLine) -> SoldLine:
    """A line as it was sold; the product may be gone since."""
    category = line.product.category if line.product else None
    return SoldLine(
        product_id=str(line.product_id or line.name),
        name=f"{line.name}, {line.options}" if line.options else line.name,
        price=line.unit_price,
        quantity=line.quantity,
        collection_id=category.slug if category else None,
    )
