"""The cart: variant ids and quantities in the session. Prices and stock are always the variant's own."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.contrib.sessions.backends.base import SessionBase

from .models import Variant

MAX_QUANTITY = 99  # pieces of one thing in one order
_KEY = "cart"


@dataclass(frozen=True, slots=True)
class CartLine:
    variant: Variant
    price: Decimal
    quantity: int

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
        """The cart's lines in the order they were added. What is not sold in the currency any more is left out."""
        variants = (
            Variant.objects.priced_in(currency)
            .filter(price__isnull=False)
            .prefetch_related("product__pictures")
            .in_bulk([int(key) for key in self._quantities])
        )
        return [
            CartLine(variant, variant.price or Decimal(0), quantity)
            for key, quantity in self._quantities.items()
            if (variant := variants.get(int(key)))
        ]

    def clear(self) -> None:
        self._quantities = {}
        self._session.pop(_KEY, None)


def goods_total(lines: Iterable[CartLine]) -> Decimal:
    return sum((line.total for line in lines), Decimal(0))
