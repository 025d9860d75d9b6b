"""Charging without the shopper, with what an earlier payment left at the provider.

django-payments has no word for it. A provider class of the shop's own may: `charge_again(payment, earlier)` changes the
payment's status, or raises PaymentError when it is refused. Where there is none, shoppers pay each renewal themselves.
"""

import logging

from payments import PaymentError, PaymentStatus
from payments.core import provider_factory

from . import payments
from .models import Order, Payment

logger = logging.getLogger(__name__)

_TAKEN = (PaymentStatus.CONFIRMED, PaymentStatus.REFUNDED)


def charge(order: Order) -> bool:
    """Try to get a renewal paid; tell whether its money is secured now."""
    variant = payments.variant_of(order)
    taken = Payment.objects.filter(order__subscription=order.subscription, variant=variant, status__in=_TAKEN)
    earlier = taken.first()
    if earlier and hasattr(provider_factory(variant), "charge_again"):
        _charge_again(payments.open_payment(order), earlier)
    return order.has_secured_payment()


def _charge_again(payment: Payment, earlier: Payment) -> None:
    try:
        provider_factory(payment.variant, payment).charge_again(payment, earlier)
    except PaymentError as refusal:
        logger.info("The renewal %s was refused: %s", payment.order.number, refusal)
        payment.change_status(PaymentStatus.REJECTED, str(refusal))
    except OSError as error:
        # It may have gone through. The payment stays open, so that the next try asks about this very one.
        logger.warning("Nobody knows whether the renewal %s was charged: %s", payment.order.number, error)
