"""What a coupon takes off a cart, or why it takes off nothing."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from .cart import CartLine, goods_total
from .models import Coupon, Order
from .models.selling import normal_code
from .money import format_money, round_money

_LONGEST = 40  # characters, more than any code has


def typed_code(sent: Mapping[str, str]) -> str:
    """The code that was sent with a form. Nonsense stays a code, which nobody knows."""
    return normal_code(sent.get("coupon", "").replace("\0", "?")[:_LONGEST])


def find_problem(
    coupon: Coupon | None, lines: Sequence[CartLine], *, currency: str, email: str = "", now: datetime
) -> str:
    """Why the coupon cannot be used, in words for the shopper; empty if it can."""
    if coupon is None or not coupon.is_active:
        return "We do not know this code. Please check how it is written."
    if coupon.starts_at and now < coupon.starts_at:
        return f"The code {coupon} is not good yet."
    if not coupon.is_on(now):
        return f"The code {coupon} is no longer good: it has run out."
    if coupon.is_used_up:
        return f"The code {coupon} has been used as often as it can be."
    if coupon.currency and coupon.currency != currency:
        return f"The code {coupon} is for orders in {coupon.currency}."
    if coupon.minimum and goods_total(lines) < coupon.minimum:
        return f"The code {coupon} is for orders from {format_money(coupon.minimum, currency)}."
    if not _eligible(coupon, lines):
        return f"The code {coupon} is for other things than those in your cart."
    if email and coupon.is_once_per_customer and coupon.was_used_by(email, orders=Order.objects.all()):
        return f"The code {coupon} can be used once, and it was used with this e-mail address."
    return ""


def discount_of(coupon: Coupon, lines: Sequence[CartLine], *, currency: str) -> Decimal:
    """What the coupon takes off: never more than the goods that it is for."""
    goods = goods_total(_eligible(coupon, lines))
    if coupon.kind == Coupon.Kind.PERCENT:
        return round_money(goods * (coupon.percent or 0) / 100, currency)
    return min(coupon.amount or Decimal(0), goods)


def _eligible(coupon: Coupon, lines: Sequence[CartLine]) -> list[CartLine]:
    categories = {category.pk for category in coupon.categories.all()}
    return [line for line in lines if not categories or line.variant.product.category_id in categories]
