"""Placing an order: once for each checkout, with its stock and coupon taken and its click remembered, or not at all."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID, uuid4

from django.contrib.sessions.backends.base import SessionBase
from django.db import IntegrityError, transaction
from django.http import HttpRequest

from tracking.attribution import remember

from . import orders
from .cart import CartLine
from .delivery import Delivery
from .models import Coupon, Order, OrderLine, Variant
from .models.orders import new_number
from .quotes import Quote
from .totals import Totals

_KEY = "checkout_token"
_TRIES = 3


class OutOfStockError(Exception):
    """A variant was bought by others between the cart and the order."""

    def __init__(self, variant: Variant) -> None:
        super().__init__(f"{variant} is no longer there in the quantity asked for.")
        self.variant = variant


class CouponUsedError(Exception):
    """The coupon's last use went to others between the checkout page and the order."""

    def __init__(self, coupon: Coupon) -> None:
        super().__init__(f"The code {coupon} has just been used for the last time.")
        self.coupon = coupon


class _Terms(NamedTuple):
    """What an order is made of, beside contact and address."""

    token: UUID
    lines: Sequence[CartLine]
    totals: Totals
    delivery: Delivery | None
    coupon: Coupon | None


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


def place_order(request: HttpRequest, order: Order, *, token: UUID, quote: Quote) -> Order:
    """Place `order` (unsaved, with contact and address filled in) as quoted, and return it. See `place`."""
    terms = _Terms(token, quote.lines, quote.totals, quote.delivery, quote.coupon)
    return _place_once(order, terms, request)


def place(
    order: Order,
    *,
    token: UUID,
    lines: Sequence[CartLine],
    totals: Totals,
    delivery: Delivery | None = None,
    coupon: Coupon | None = None,
) -> Order:
    """Place an order that no shopper is in front of, such as a renewal.

    A second call with the same token, also at the same moment, returns the order of the first. Raises
    OutOfStockError or CouponUsedError, and then nothing has changed.
    """
    return _place_once(order, _Terms(token, lines, totals, delivery, coupon), None)


def _place_once(order: Order, terms: _Terms, request: HttpRequest | None) -> Order:
    for _ in range(_TRIES):
        try:
            return _place(order, terms, request)
        except IntegrityError:
            if earlier := find_order(terms.token):
                return earlier
            order.number = new_number()  # the number was taken, which is rare
            order.pk = None
        except (OutOfStockError, CouponUsedError):
            # Of two at the same moment the second may find nothing left, taken by the first of its own.
            if earlier := find_order(terms.token):
                return earlier
            raise
    raise RuntimeError(f"No free order number found in {_TRIES} tries, the last was {order.number}.")


@transaction.atomic
def _place(order: Order, terms: _Terms, request: HttpRequest | None) -> Order:
    # What others want too comes first: on MySQL a row that refers to a variant or coupon locks it for reading, and two
    # orders that both did could then not take from it.
    _take_stock(terms.lines)
    _use_coupon(order, terms.coupon)
    _write_down(order, terms)
    if request is not None:
        remember(request, order.number)
    if not order.total:
        orders.complete(order)  # there is nothing to pay
    return order


def _write_down(order: Order, terms: _Terms) -> None:
    totals = terms.totals
    order.checkout_token = terms.token
    order.currency, order.is_tax_included = totals.currency, totals.is_tax_included
    order.items_total, order.discount = totals.items_total, totals.discount
    order.shipping, order.tax, order.total = totals.shipping, totals.tax, totals.total
    if terms.delivery:
        order.shipping_method, order.shipping_name = terms.delivery.method, terms.delivery.method.name
    if terms.coupon:
        order.coupon, order.coupon_code = terms.coupon, terms.coupon.code
    order.save(force_insert=True)
    OrderLine.objects.bulk_create(_frozen(order, line) for line in terms.lines)


def _frozen(order: Order, line: CartLine) -> OrderLine:
    product = line.variant.product
    return OrderLine(
        order=order,
        product=product,
        variant=line.variant,
        name=product.name,
        options=line.variant.options,
        interval=product.subscription_interval,
        unit_price=line.price,
        quantity=line.quantity,
    )


def _take_stock(lines: Sequence[CartLine]) -> None:
    # In the order of their ids, so that two orders with the same variants cannot wait for each other.
    for line in sorted(lines, key=lambda line: line.variant.pk):
        if not Variant.objects.take(line.variant.pk, line.quantity):
            raise OutOfStockError(line.variant)


def _use_coupon(order: Order, coupon: Coupon | None) -> None:
    if coupon is None:
        return
    if not Coupon.objects.use(coupon.pk):
        raise CouponUsedError(coupon)
    # The row is locked now: another order with it, also one of the same shopper, is either seen here or waits.
    if coupon.is_once_per_customer and coupon.was_used_by(order.email, orders=Order.objects.all()):
        raise CouponUsedError(coupon)
