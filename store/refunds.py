"""Giving money back: claimed in the database first, then asked of the provider, then settled; each once."""

import logging
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet, Sum
from django.utils import timezone
from payments import PaymentError, PaymentStatus

from . import orders
from .models import Order, Payment, Refund
from .money import round_money

if TYPE_CHECKING:
    from django.contrib.auth.models import User

logger = logging.getLogger(__name__)

Status = Refund.Status


class RefundError(Exception):
    """The money did not go back, or nobody knows whether it did; the message says which, in words for the merchant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the merchant wants to give back. The same `key` twice is the same wish."""

    amount: Decimal
    key: UUID = field(default_factory=uuid4)
    is_for_delivery: bool = False
    """Money for the delivery alone: what affiliates earned on stays as it is."""
    returned: dict[str, int] | None = None
    """Pieces to put back into stock, by the order line's id. None: all, if what is left of an order goes back that was
    not sent: they are still on the shelf."""
    reason: str = ""
    by: "User | None" = None


def refundable(payment: Payment) -> Decimal:
    """What is left to give back of a payment, with what was asked for and not answered taken off."""
    return _left(payment) if payment.status == PaymentStatus.CONFIRMED else Decimal(0)


def _left(payment: Payment) -> Decimal:
    asked: Decimal = _sum_of(payment.refunds.filter(status=Status.ASKED), "amount")
    return payment.captured_amount - asked


def _sum_of(rows: QuerySet[Refund], name: str) -> Decimal:
    total: Decimal = rows.aggregate(total=Sum(name, default=Decimal(0)))["total"]
    return total


def refund(payment: Payment, wish: Wish) -> Refund:
    """Give money back through the payment's provider. Raises RefundError; a second call with the same wish is safe."""
    row = _claim(payment, wish)
    if row.status == Status.ASKED:
        _ask(row)
    return row


def ask_again(row: Refund) -> None:
    """Ask the provider again for a refund that it never answered. It keeps the key, so no money goes back twice."""
    if row.status == Status.ASKED:
        _ask(row)


def _claim(payment: Payment, wish: Wish) -> Refund:
    """Write the wish down before anybody is asked, so that neither a crash nor a double click can lose or double it."""
    try:
        with transaction.atomic():
            locked = Payment.objects.select_for_update().select_related("order").get(pk=payment.pk)
            if earlier := Refund.objects.filter(key=wish.key).first():
                return earlier
            left = refundable(locked)
            if not 0 < wish.amount <= left:
                raise RefundError(
                    f"{wish.amount} cannot be refunded: {left} {locked.currency} of this payment is left."
                )
            return _write_down(locked, wish)
    except IntegrityError:  # another process wrote the same wish down
        return Refund.objects.get(key=wish.key)


def _write_down(payment: Payment, wish: Wish) -> Refund:
    is_of_order = not payment.is_surplus and not wish.is_for_delivery
    return Refund.objects.create(
        order=payment.order,
        payment=payment,
        key=wish.key,
        amount=wish.amount,
        goods=goods_part(payment.order, wish.amount) if is_of_order else Decimal(0),
        returned=_all_unsent(payment, wish.amount) if wish.returned is None else wish.returned,
        reason=wish.reason,
        by=wish.by,
    )


def goods_part(order: Order, amount: Decimal) -> Decimal:
    """How much of an amount is goods without tax: it goes on goods with their tax first, on the delivery last."""
    claims = order.refunds.exclude(status=Status.REFUSED).filter(payment__is_surplus=False)
    left = order.items_total - _sum_of(claims, "goods")
    goods_with_tax = order.items_total + order.tax
    if _sum_of(claims, "amount") + amount >= order.total or not goods_with_tax:
        return left
    return min(round_money(amount * order.items_total / goods_with_tax, order.currency), left)


def _ask(row: Refund) -> None:
    try:
        row.payment.give_back(row.amount, key=str(row.key))
    except (PaymentError, NotImplementedError) as error:
        _refuse(row, str(error) or f"{row.payment.variant} cannot give money back: do it by hand.")
        raise RefundError(f"The payment service refused: {row.detail}") from error
    except OSError as error:  # the network's errors, and those of `requests`, are OSErrors
        logger.warning("Refund %s of order %s was asked for and not answered: %s", row.pk, row.order.number, error)
        Refund.objects.filter(pk=row.pk).update(detail=str(error))
        raise RefundError("The payment service did not answer. Ask again: the money goes back once.") from error
    settle(row)


def _refuse(row: Refund, detail: str) -> None:
    row.status, row.detail = Status.REFUSED, detail
    Refund.objects.filter(pk=row.pk, status=Status.ASKED).update(
        status=Status.REFUSED, detail=detail, settled_at=timezone.now()
    )


def settle(row: Refund) -> bool:
    """Note that the money went back, with all that follows. False if that was noted before."""
    with transaction.atomic():
        payment = Payment.objects.select_for_update().get(pk=row.payment_id)
        if not Refund.objects.filter(pk=row.pk, status=Status.ASKED).update(
            status=Status.DONE, settled_at=timezone.now()
        ):
            return False
        row.refresh_from_db()
        Payment.objects.filter(pk=payment.pk).update(captured_amount=F("captured_amount") - row.amount)
        payment.refresh_from_db()
        if payment.captured_amount <= 0:
            Payment.objects.filter(pk=payment.pk).update(status=PaymentStatus.REFUNDED)
        if not payment.is_surplus:
            orders.take_back(row.order, amount=row.amount, goods=row.goods, returned=row.returned)
    return True


def note_provider_refund(payment: Payment, total: Decimal, reason: str = "Refunded at the payment service.") -> None:
    """The provider says that `total` of a payment went back so far. What we did not ask for was done there by hand."""
    with transaction.atomic():
        locked = Payment.objects.select_for_update().select_related("order").get(pk=payment.pk)
        rows = list(locked.refunds.exclude(status=Status.REFUSED))
        known = sum((row.amount for row in rows), Decimal(0))
        missing = min(total - known, _left(locked))
        if missing > 0:
            rows.append(_write_down(locked, Wish(amount=missing, reason=reason)))
        if total >= known:
            for row in rows:
                settle(row)


def _all_unsent(payment: Payment, amount: Decimal) -> dict[str, int]:
    order = payment.order
    if payment.is_surplus or order.fulfilled_at or order.refunded + amount < order.total:
        return {}
    return {str(line.pk): line.quantity for line in order.lines.all()}
