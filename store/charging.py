"""Charging without the shopper, with what an earlier payment left at the provider.

django-payments has no word for it. A provider class of the shop's own may: `charge_again(payment, earlier)` changes
the payment's status, or raises PaymentError when it is refused; when called again for a payment that is still open, it
must not charge a second time. Where there is none, shoppers pay each renewal themselves.
"""

import logging
from enum import Enum

from payments import PaymentError, PaymentStatus
from payments.core import provider_factory

from . import payments
from .models import Order, Payment

logger = logging.getLogger(__name__)

_TAKEN = (PaymentStatus.CONFIRMED, PaymentStatus.REFUNDED)


class Outcome(Enum):
    SECURED = "secured"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    """It may have gone through, or still will: ask again soon, about the same payment."""


def charge(order: Order) -> Outcome:
    """Try to get a renewal paid."""
    outcome = Outcome.REFUSED
    variant = payments.variant_of(order)
    taken = Payment.objects.filter(order__subscription=order.subscription, variant=variant, status__in=_TAKEN)
    earlier = taken.first()
    if earlier and hasattr(provider_factory(variant), "charge_again"):
        outcome = _charge_again(payments.open_payment(order), earlier)
    return Outcome.SECURED if order.has_secured_payment() else outcome


def _charge_again(payment: Payment, earlier: Payment) -> Outcome:
    try:
        provider_factory(payment.variant, payment).charge_again(payment, earlier)
    except PaymentError as refusal:
        logger.info("The renewal %s was refused: %s", payment.order.number, refusal)
        payment.change_status(PaymentStatus.REJECTED, str(refusal))
        return Outcome.REFUSED
    except OSError as error:
        logger.warning("Nobody knows whether the renewal %s was charged: %s", payment.order.number, error)
    return Outcome.UNKNOWN
