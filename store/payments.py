"""Between orders and django-payments: opening a payment, and what follows when its status changes."""

import logging
from typing import Any

from payments import PaymentStatus
from payments.core import provider_factory
from payments.dummy import DummyProvider
from payments.signals import status_changed

from . import orders
from .conf import conf
from .models import Order, Payment

logger = logging.getLogger(__name__)

_OPEN = (PaymentStatus.WAITING, PaymentStatus.INPUT)
_FAILED = (PaymentStatus.REJECTED, PaymentStatus.ERROR, PaymentStatus.CANCELLED)


def open_payment(order: Order) -> Payment:
    """The order's payment under way, or a new one: each try after a failed one is a payment of its own."""
    return order.payments.filter(status__in=_OPEN).first() or _new_payment(order)


def _new_payment(order: Order) -> Payment:
    first_name, _, last_name = order.name.rpartition(" ")
    return Payment.objects.create(
        order=order,
        variant=conf.payment_variant,
        currency=order.currency,
        total=order.total,
        delivery=order.shipping,
        tax=order.tax,
        description=f"{conf.name} order {order.number}",
        billing_first_name=first_name,
        billing_last_name=last_name,
        billing_address_1=order.address1,
        billing_address_2=order.address2,
        billing_city=order.city,
        billing_postcode=order.postcode,
        billing_country_code=order.country,
        billing_country_area=order.region,
        billing_email=order.email,
    )


def last_payment(order: Order) -> Payment | None:
    return order.payments.first()


def has_failed(payment: Payment | None) -> bool:
    return payment is not None and payment.status in _FAILED


def is_authorised(payment: Payment | None) -> bool:
    """Whether the money is reserved, to be charged later."""
    return payment is not None and payment.status == PaymentStatus.PREAUTH


def is_test(payment: Payment) -> bool:
    """Whether no money moves: django-payments' dummy provider."""
    return isinstance(provider_factory(payment.variant, payment), DummyProvider)


def close_failed(payment: Payment, error: Exception) -> None:
    """Note that the provider could not be used, unless it went through before it failed."""
    logger.warning("Payment %s of order %s failed: %s", payment.pk, payment.order.number, error)
    if payment.status in _OPEN:
        payment.change_status(PaymentStatus.ERROR, str(error))


def connect() -> None:
    status_changed.connect(_settle_order, sender=Payment, dispatch_uid="store.payments")


def _settle_order(*, instance: Payment, **_: Any) -> None:
    """Runs inside the payment's own transaction (`Payment.change_status`), with or without a shopper."""
    if instance.status != PaymentStatus.CONFIRMED or orders.complete(instance.order):
        return
    order = Order.objects.get(pk=instance.order_id)
    if order.is_cancelled:
        logger.error("Payment %s was confirmed after order %s was cancelled: refund it.", instance.pk, order.number)
    elif order.payments.filter(status=PaymentStatus.CONFIRMED).exclude(pk=instance.pk).exists():
        logger.error("Order %s was paid twice: refund payment %s.", order.number, instance.pk)
