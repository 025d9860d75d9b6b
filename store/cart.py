"""The cart: variant ids, quantities and a coupon's code in the session. Prices and stock are the variant's own."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.contrib.sessions.backends.base import SessionBase

from .models import Variant

MAX_QUANTITY = 99  # pieces of one thing in one order
MAX_LINES = 100
_KEY = "cart"
_COUPON_KEY = "coupon"


@dataclass(frozen=True, slots=True)
class CartLine:
    variant: Variant
    price: Decimal
    quantity: int
    is_sold: bool = True
    """Whether the price list that the shopper looks at has it."""

    @property
    def total(self) -> Decimal:
        return self.price * self.quantity

    @property
    def limit(self) -> int:
        """The most pieces that can be bought now."""
        return min(self.variant.stock, MAX_QUANTITY)

    @property
    def problem(self) -> str:
        """Why this line cannot be bought as it is, in words for the shopper; empty if it can."""
        if not (self.variant.is_active and self.variant.product.is_active):
            return "No longer for sale. Please remove it to go on."
        if not self.is_sold:
            return "Not sold in this currency. Please remove it, or change the currency, to go on."
        if self.variant.is_sold_out:
            return "Sold out since you put it here. Please remove it to go on."
        if self.quantity > self.variant.stock:
            return f"Only {self.variant.stock} left. Please lower the quantity to go on."
        return ""


class Cart:
    def __init__(self, session: SessionBase) -> None:
        self._session = session
        self._quantities: dict[str, int] = dict(session.get(_KEY, {}))  # JSON turns keys into text

    @property
    def count(self) -> int:
        """How many pieces are in the cart. Asks the session alone."""
        return sum(self._quantities.values())

    @property
    def is_full(self) -> bool:
        return len(self._quantities) >= MAX_LINES

    @property
    def coupon_code(self) -> str:
        return str(self._session.get(_COUPON_KEY, ""))

    @coupon_code.setter
    def coupon_code(self, code: str) -> None:
        if code:
            self._session[_COUPON_KEY] = code
        else:
            self._session.pop(_COUPON_KEY, None)

    def quantity_of(self, variant_id: int) -> int:
        return self._quantities.get(str(variant_id), 0)

    def put(self, variant_id: int, quantity: int) -> None:
        """Make the cart hold `quantity` pieces of the variant; 0 removes it."""
        if quantity > 0:
            self._quantities[str(variant_id)] = quantity
        else:
            self._quantities.pop(str(variant_id), None)
        self._session[_KEY] = self._quantities

    def add(self, variant: Variant, quantity: int) -> int:
        """Add pieces, as far as the stock goes. Return how many were added."""
        already = self.quantity_of(variant.pk)
        possible = max(already, min(already + quantity, variant.stock, MAX_QUANTITY))
        if possible > already:
            self.put(variant.pk, possible)
        return possible - already

    def lines(self, currency: str) -> list[CartLine]:
        """The cart's lines in the order they were added. What was deleted meanwhile is left out."""
        if not self._quantities:
            return []
        variants = Variant.objects.priced_in(currency).prefetch_related("product__pictures")
        found = variants.in_bulk([int(key) for key in self._quantities])
        return [
            CartLine(variant, variant.price or Decimal(0), quantity, is_sold=variant.price is not None)
            for key, quantity in self._quantities.items()
            if (variant := found.get(int(key)))
        ]

    def clear(self) -> None:
        self._quantities = {}
        self._session.pop(_KEY, None)
        self._session.pop(_COUPON_KEY, None)


def goods_total(lines: Iterable[CartLine]) -> Decimal:
    return sum((line.total for line in lines), Decimal(0))
