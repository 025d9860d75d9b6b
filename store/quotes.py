"""What a cart would cost now, sent to a place in one of the ways offered there, with its coupon."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from hashlib import sha256

from .cart import Cart, CartLine, goods_total
from .coupons import discount_of, find_problem
from .delivery import Delivery, deliveries_in, rates_for
from .models import Coupon
from .totals import Totals, add_up


@dataclass(frozen=True, slots=True)
class Quote:
    lines: Sequence[CartLine]
    country: str
    deliveries: Sequence[Delivery]
    delivery: Delivery | None
    """The one chosen among `deliveries`, else the first; None where nothing is sent."""
    coupon: Coupon | None
    """None as well when it cannot be used: `coupon_problem` says why."""
    coupon_problem: str
    totals: Totals

    @property
    def mark(self) -> str:
        """Changes with whatever the shopper was shown: what is bought, each price, delivery, discount, tax."""
        shown = [
            *((line.variant.pk, line.quantity, line.price) for line in self.lines),
            self.delivery.method.pk if self.delivery else None,
            self.totals,
        ]
        return sha256(repr(shown).encode()).hexdigest()[:16]

    @property
    def has_problem(self) -> bool:
        return any(line.problem for line in self.lines)


def quote(
    cart: Cart, *, currency: str, country: str, now: datetime, region: str = "", method_id: str = "", email: str = ""
) -> Quote:
    lines = cart.lines(currency)
    deliveries = deliveries_in(currency, country)
    delivery = next((each for each in deliveries if str(each.method.pk) == method_id), next(iter(deliveries), None))
    coupon, problem = _coupon_of(cart, lines, currency=currency, email=email, now=now)
    totals = totals_for(lines, currency=currency, delivery=delivery, country=country, region=region, coupon=coupon)
    return Quote(lines, country, deliveries, delivery, coupon, problem, totals)


def _coupon_of(
    cart: Cart, lines: Sequence[CartLine], *, currency: str, email: str, now: datetime
) -> tuple[Coupon | None, str]:
    if not cart.coupon_code or not lines:
        return None, ""
    coupon = Coupon.objects.prefetch_related("categories").find(cart.coupon_code)
    problem = find_problem(coupon, lines, currency=currency, email=email, now=now)
    return (None if problem else coupon), problem


def totals_for(
    lines: Sequence[CartLine],
    *,
    currency: str,
    delivery: Delivery | None,
    country: str,
    region: str = "",
    coupon: Coupon | None = None,
) -> Totals:
    rates = rates_for(currency, delivery, country=country, region=region)
    discount = discount_of(coupon, lines, currency=currency) if coupon else Decimal(0)
    return add_up(goods_total(lines), rates, discount=discount)
