"""Between orders and django-payments: opening a payment, and what follows when its status changes."""

import logging
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Sum
from payments import PaymentError, PaymentStatus
from payments.core import BasicProvider, provider_factory
from payments.dummy import DummyProvider
from payments.signals import status_changed

from . import mail, orders, refunds
from .conf import conf
from .invoice import InvoiceProvider, InvoiceTerms
from .models import Order, Payment

logger = logging.getLogger(__name__)

_OPEN = (PaymentStatus.WAITING, PaymentStatus.INPUT)
_FAILED = (PaymentStatus.REJECTED, PaymentStatus.ERROR, PaymentStatus.CANCELLED)


class NoPaymentError(Exception):
    """The shop is set up without any way to pay."""


@dataclass(frozen=True, slots=True)
class Way:
    """A way to pay, by its key in PAYMENT_VARIANTS."""

    key: str
    words: str


def ways_to_pay() -> list[Way]:
    """What a shopper may choose from, the usual way first."""
    return [Way(key, _words(key)) for key in conf.payment_variants]


def _words(key: str) -> str:
    if is_test(key):
        return "Test payment"
    return getattr(provider_factory(key), "words", key.replace("-", " ").capitalize())


def is_test(key: str) -> bool:
    """Whether no money moves: django-payments' dummy provider."""
    return key in settings.PAYMENT_VARIANTS and isinstance(provider_factory(key), DummyProvider)


def variant_of(order: Order) -> str:
    """What the order is paid with: what the shopper chose, else the usual way. Raises NoPaymentError."""
    if not conf.payment_variants:
        raise NoPaymentError("PAYMENT_VARIANTS is empty: name a provider of django-payments.")
    return order.payment_variant if order.payment_variant in conf.payment_variants else conf.payment_variants[0]


def open_payment(order: Order) -> Payment:
    """The order's payment under way, or a new one: each try after a failed one is a payment of its own."""
    variant = variant_of(order)
    with transaction.atomic():
        Order.objects.select_for_update().get(pk=order.pk)  # two tabs must not begin two payments
        return order.payments.filter(status__in=_OPEN, variant=variant).first() or _new_payment(order, variant)


def _new_payment(order: Order, variant: str) -> Payment:
    first_name, _, last_name = order.name.rpartition(" ")
    return Payment.objects.create(
        order=order,
        variant=variant,
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


def pay_with(order: Order, variant: str) -> None:
    """Change the way in which an unpaid order is paid; what was begun in another way is called off."""
    Order.objects.filter(pk=order.pk, status=Order.Status.PLACED).update(payment_variant=variant)
    for payment in order.payments.filter(status__in=_OPEN).exclude(variant=variant):
        _close(payment)


def call_off(order: Order) -> bool:
    """Cancel an unpaid order and see to it that it cannot be paid any more.

    False if it is paid or cancelled, or if the provider keeps money reserved for it.
    """
    if not order.is_placed:
        return False
    if not all(_release(payment) for payment in order.payments.filter(status=PaymentStatus.PREAUTH)):
        return False
    for payment in order.payments.filter(status__in=_OPEN):
        _close(payment)
    return orders.cancel(order)


def send(order: Order) -> bool:
    """Mark an order as sent; money only reserved is charged first. False if that fails, or it was sent before."""
    payment = order.payments.filter(status=PaymentStatus.PREAUTH).first()
    if order.is_placed and payment and invoice_of(payment) is None:
        try:
            payment.capture(payment.total)
        except (PaymentError, NotImplementedError, OSError) as error:
            logger.warning("Payment %s of order %s was not charged: %s", payment.pk, order.number, error)
            return False
    return orders.fulfil(order)


def _release(payment: Payment) -> bool:
    try:
        payment.release()
    except (PaymentError, NotImplementedError, OSError) as error:
        logger.warning("Payment %s of order %s was not released: %s", payment.pk, payment.order.number, error)
        return False
    return True


def confirm_invoice(order: Order) -> bool:
    """The merchant has the money of an order on invoice. False if it is not one that waits for it."""
    payment = order.payments.filter(status=PaymentStatus.PREAUTH).first()
    if payment is None or invoice_of(payment) is None:
        return False
    payment.capture(payment.total)
    return bool(payment.status == PaymentStatus.CONFIRMED)


def _close(payment: Payment) -> None:
    """Tell the provider that nobody will pay. If it cannot be told, money that still comes is noted as surplus."""
    try:
        payment.cancel()
    except (PaymentError, NotImplementedError, OSError) as error:
        logger.warning("Payment %s of order %s was not called off: %s", payment.pk, payment.order.number, error)


def last_payment(order: Order) -> Payment | None:
    return order.payments.first()


def has_failed(payment: Payment | None) -> bool:
    return payment is not None and payment.status in _FAILED


def is_authorised(payment: Payment | None) -> bool:
    """Whether the money is reserved, to be charged later."""
    return payment is not None and payment.status == PaymentStatus.PREAUTH


def invoice_of(payment: Payment | None) -> InvoiceTerms | None:
    """How to pay an order that is paid on invoice; None for any other."""
    if payment is None or payment.variant not in conf.payment_variants:
        return None
    provider: BasicProvider = provider_factory(payment.variant)
    return provider.terms_of(payment) if isinstance(provider, InvoiceProvider) else None


def close_failed(payment: Payment, error: Exception) -> None:
    """Note that the provider could not be used, unless it went through before it failed."""
    logger.warning("Payment %s of order %s failed: %s", payment.pk, payment.order.number, error)
    if payment.status in _OPEN:
        payment.change_status(PaymentStatus.ERROR, str(error))


def connect() -> None:
    status_changed.connect(_follow_up, sender=Payment, dispatch_uid="store.payments")


def _follow_up(*, instance: Payment, **_: Any) -> None:
    """Runs inside the payment's own transaction (`Payment.change_status`), with or without a shopper."""
    if instance.status == PaymentStatus.CONFIRMED:
        _settle_order(instance)
    elif instance.status == PaymentStatus.PREAUTH:
        mail.order_received(instance.order, invoice_of(instance))
    elif instance.status == PaymentStatus.REFUNDED:
        done = instance.refunds.filter(status=refunds.Status.DONE).aggregate(sum=Sum("amount", default=Decimal(0)))
        refunds.note_provider_refund(instance, instance.captured_amount + done["sum"])


def _settle_order(payment: Payment) -> None:
    if orders.complete(payment.order):
        return
    order = Order.objects.get(pk=payment.order_id)
    Payment.objects.filter(pk=payment.pk).update(is_surplus=True)
    payment.is_surplus = True
    what = "it was cancelled" if order.is_cancelled else "it was paid already"
    logger.error("Payment %s of order %s was confirmed after %s: refund it.", payment.pk, order.number, what)
