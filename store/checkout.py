"""Placing an order: once for each checkout, with its stock taken and its click remembered, or not at all."""

from collections.abc import Sequence
from uuid import UUID, uuid4

from django.contrib.sessions.backends.base import SessionBase
from django.db import IntegrityError, transaction
from django.http import HttpRequest

from tracking.attribution import remember

from .cart import CartLine
from .models import Order, OrderLine, Variant
from .models.orders import new_number
from .totals import Totals

_KEY = "checkout_token"
_TRIES = 3


class OutOfStockError(Exception):
    """A variant was bought by others between the cart and the order."""

    def __init__(self, variant: Variant) -> None:
        super().__init__(f"{variant} is no longer there in the quantity asked for.")
        self.variant = variant


def checkout_token(session: SessionBase) -> UUID:
    """The token of the checkout under way: the same in every tab until its order is placed."""
    if _KEY not in session:
        session[_KEY] = str(uuid4())
    return UUID(session[_KEY])


def forget_token(session: SessionBase) -> None:
    session.pop(_KEY, None)


def find_order(token: UUID) -> Order | None:
    """The order that a checkout already made, if it did."""
    return Order.objects.filter(checkout_token=token).first()


def place_order(request: HttpRequest, order: Order, *, token: UUID, lines: Sequence[CartLine], totals: Totals) -> Order:
    """Place `order` (unsaved, with contact and address filled in) and return it.

    A second call with the same token, also at the same moment, returns the order of the first. Raises
    OutOfStockError, and then nothing has changed.
    """
    for _ in range(_TRIES):
        try:
            return _place(request, order, token, lines, totals)
        except IntegrityError:
            if earlier := find_order(token):
                return earlier
            order.number = new_number()  # the number was taken, which is rare
            order.pk = None
    raise RuntimeError(f"No free order number found in {_TRIES} tries, the last was {order.number}.")


@transaction.atomic
def _place(request: HttpRequest, order: Order, token: UUID, lines: Sequence[CartLine], totals: Totals) -> Order:
    order.checkout_token = token
    order.currency = totals.currency
    order.items_total, order.discount = totals.items_total, totals.discount
    order.shipping, order.tax, order.total = totals.shipping, totals.tax, totals.total
    order.save(force_insert=True)
    OrderLine.objects.bulk_create(
        OrderLine(
            order=order,
            product=line.variant.product,
            variant=line.variant,
            name=line.variant.product.name,
            options=line.variant.options,
            unit_price=line.price,
            quantity=line.quantity,
        )
        for line in lines
    )
    _take_stock(lines)
    remember(request, order.number)
    return order


def _take_stock(lines: Sequence[CartLine]) -> None:
    # In the order of their ids, so that two orders with the same variants cannot wait for each other.
    for line in sorted(lines, key=lambda line: line.variant.pk):
        if not Variant.objects.take(line.variant.pk, line.quantity):
            raise OutOfStockError(line.variant)
