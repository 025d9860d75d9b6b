"""The value a shop hands over when an order is completed."""

import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

ORDER_ID_LENGTH = 128
LINE_NAME_LENGTH = 500  # characters; what is beyond is cut off
MONEY_LIMIT = Decimal(10) ** 10  # the ledger's columns hold ten times that, so a sum of amounts fits too

_CURRENCY = re.compile(r"[A-Za-z]{3}")
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")  # NUL, and halves of characters that no encoding knows


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLine:
    """What was bought in one line of an order: `quantity` pieces at `price` each, in the order's currency.

    `product_id` and `collection_id` are the shop's own, text (a number or UUID becomes text), the latter None for a
    product in no collection. Raises TypeError and ValueError as `CompletedOrder` does.
    """

    product_id: str
    name: str
    price: Decimal
    quantity: int = 1
    collection_id: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "product_id", _text("product_id", self.product_id))
        if self.collection_id is not None:
            object.__setattr__(self, "collection_id", _text("collection_id", self.collection_id) or None)
        if not self.product_id:
            raise ValueError("product_id is empty: give the shop's own id of the product.")
        name = str(self.name)  # also one that is translated when it is shown
        object.__setattr__(self, "name", _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", name)[:LINE_NAME_LENGTH])
        check_money("price", self.price)
        if self.price < 0:
            raise ValueError(f"price is {self.price}: give what one piece costs, zero or more.")
        if not isinstance(self.quantity, int) or isinstance(self.quantity, bool):
            raise TypeError(f"quantity is {self.quantity!r} ({type(self.quantity).__name__}): give a whole number.")
        if self.quantity < 1:
            raise ValueError(f"quantity is {self.quantity}: give a whole number from 1 on, or leave the line out.")


@dataclass(frozen=True, slots=True, kw_only=True)
class CompletedOrder:
    """An order that is paid for, as the shop knows it.

    Money is in the order's currency, as Decimal: `items_total` is goods after discounts, without tax and shipping.
    `order_id` is the shop's own order number (at most 128 characters; a number or UUID becomes text), `currency` an
    ISO 4217 code, `completed_at`
    an aware datetime, None for now. A renewal names its subscription and sets `is_renewal`. `lines` is what was bought,
    an `OrderLine` for each line; they are kept where the offer sends order details, and need not add up to the amounts.

    Raises TypeError for a value of the wrong type (a float is not exact, so it is no amount), ValueError for one that
    cannot be recorded. An amount of zero or less is neither: the order is recorded as excluded, with the reason.
    """

    order_id: str
    currency: str
    items_total: Decimal
    shipping: Decimal = Decimal(0)
    tax: Decimal = Decimal(0)
    discount: Decimal = Decimal(0)
    customer_id: str = ""
    subscription_id: str = ""
    is_renewal: bool = False
    completed_at: datetime | None = None
    lines: tuple[OrderLine, ...] = ()

    def __post_init__(self) -> None:
        for name in ("order_id", "customer_id", "subscription_id"):
            object.__setattr__(self, name, _text(name, getattr(self, name)))
        if not self.order_id:
            raise ValueError("order_id is empty: give the shop's own order number.")
        if not isinstance(self.currency, str) or not _CURRENCY.fullmatch(self.currency):
            raise ValueError(f"currency is {self.currency!r}: give an ISO 4217 code such as 'USD'.")
        object.__setattr__(self, "currency", self.currency.upper())  # payment providers write it small
        for name in ("items_total", "shipping", "tax", "discount"):
            check_money(name, getattr(self, name))
        if self.completed_at is not None and self.completed_at.tzinfo is None:
            raise ValueError("completed_at has no time zone: give an aware datetime (django.utils.timezone.now()).")
        object.__setattr__(self, "lines", tuple(self.lines))
        for line in self.lines:
            if not isinstance(line, OrderLine):
                raise TypeError(f"lines holds a {type(line).__name__}: give a tracking.orders.OrderLine for each line.")


def _text(name: str, value: object) -> str:
    """An id as text. A primary key is taken as it is: a customer's, say, is missing from every guest order alone."""
    if value is None:
        value = ""
    if isinstance(value, int | UUID) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise TypeError(f"{name} is {value!r} ({type(value).__name__}): give text, for example str(order.number).")
    if len(value) > ORDER_ID_LENGTH or _UNSTORABLE.search(value):
        raise ValueError(f"{name} is {value[:40]!a}…: at most {ORDER_ID_LENGTH} characters, none of them NUL.")
    return value


def check_money(name: str, value: object) -> None:
    """Raise TypeError for what is no Decimal, ValueError for an amount that cannot be recorded."""
    if not isinstance(value, Decimal):
        raise TypeError(f"{name} is {value!r} ({type(value).__name__}): give a Decimal.")
    if not value.is_finite() or abs(value) >= MONEY_LIMIT:
        raise ValueError(f"{name} is {value}: give a finite amount below {MONEY_LIMIT:,}.")
