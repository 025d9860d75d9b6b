"""The cart: product ids and quantities in the session. Prices and stock are always the product's own."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.contrib.sessions.backends.base import SessionBase

from .models import Product

MAX_QUANTITY = 99  # pieces of one product in one order
_KEY = "cart"


@dataclass(frozen=True, slots=True)
class CartLine:
    product: Product
    quantity: int

    @property
    def total(self) -> Decimal:
        return self.product.price * self.quantity

    @property
    def limit(self) -> int:
        """The most pieces that can be bought now."""
        return min(self.product.stock, MAX_QUANTITY)

    @property
    def problem(self) -> str:
        """Why this line cannot be bought as it is, in words for the shopper; empty if it can."""
        if not self.product.is_active:
            return "No longer for sale. Please remove it to go on."
        if self.product.is_sold_out:
            return "Sold out since you put it here. Please remove it to go on."
        if self.quantity > self.product.stock:
            return f"Only {self.product.stock} left. Please lower the quantity to go on."
        return ""


class Cart:
    def __init__(self, session: SessionBase) -> None:
        self._session = session
        self._quantities: dict[str, int] = dict(session.get(_KEY, {}))  # JSON turns keys into text

    @property
    def count(self) -> int:
        """How many pieces are in the cart. Asks the session alone."""
        return sum(self._quantities.values())

    def quantity_of(self, product_id: int) -> int:
        return self._quantities.get(str(product_id), 0)

    def put(self, product_id: int, quantity: int) -> None:
        """Make the cart hold `quantity` pieces of the product; 0 removes it."""
        if quantity > 0:
            self._quantities[str(product_id)] = quantity
        else:
            self._quantities.pop(str(product_id), None)
        self._session[_KEY] = self._quantities

    def add(self, product: Product, quantity: int) -> int:
        """Add pieces, as far as the stock goes. Return how many were added."""
        already = self.quantity_of(product.pk)
        possible = max(already, min(already + quantity, product.stock, MAX_QUANTITY))
        if possible > already:
            self.put(product.pk, possible)
        return possible - already

    def lines(self) -> list[CartLine]:
        """The cart's lines in the order they were added. A product deleted meanwhile is left out."""
        products = Product.objects.in_bulk([int(key) for key in self._quantities])
        return [
            CartLine(products[int(key)], quantity) for key, quantity in self._quantities.items() if int(key) in products
        ]

    def clear(self) -> None:
        self._quantities = {}
        self._session.pop(_KEY, None)


def goods_total(lines: Iterable[CartLine]) -> Decimal:
    return sum((line.total for line in lines), Decimal(0))
