"""The kinds of messages in the outbox: where the rows of each are, and in what they differ. One worker serves both."""

from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Q

from tracking.models import Attempt, Offer, OrderDetails, OrderDetailsAttempt, Postback

_SHARED: Final = (
    "id",
    "claim_token",
    "lease_expires_at",
    "attempts_made",
    "attempts_before_requeue",
    "conversion__order_id",
    "conversion__affiliate_id",
    "conversion__transaction_id",
    "amount",
    "conversion__currency",
    "conversion__offer_currency",
)
OFFER: Final = tuple(field.attname for field in Offer._meta.concrete_fields)


@dataclass(frozen=True, eq=False, slots=True)
class Kind:
    """One kind of message. There are two of them, each is itself."""

    name: str
    model: Any
    attempt: Any
    index: str
    """What the names of its indexes begin with."""
    link: str
    """The attempt's column that names its message."""
    own: tuple[str, ...]
    """Columns that a claim takes besides what it takes of any kind."""
    has_tests: bool = False
    """Some rows are tests, which no drain takes."""
    keeps_doubt: bool = False
    """An unknown outcome is remembered with the row: repeating it may do harm."""

    @property
    def columns(self) -> tuple[str, ...]:
        """What a claim is made of: the row's and its conversion's columns, then its offer's."""
        return (*_SHARED, *self.own, *(f"offer__{name}" for name in OFFER))

    @property
    def table(self) -> str:
        name: str = self.model._meta.db_table
        return name

    @property
    def attempts_table(self) -> str:
        name: str = self.attempt._meta.db_table
        return name

    @property
    def may_be_claimed(self) -> Q:
        """Which of the pending rows a drain takes."""
        return Q(is_called_off=False, is_test=False) if self.has_tests else Q(is_called_off=False)

    def __str__(self) -> str:
        return self.name


POSTBACK: Final = Kind(
    name="postback",
    model=Postback,
    attempt=Attempt,
    index="tracking_postback",
    link="postback_id",
    own=("is_in_doubt", "is_test"),
    has_tests=True,
    keeps_doubt=True,
)
ORDER_DETAILS: Final = Kind(
    name="order details",
    model=OrderDetails,
    attempt=OrderDetailsAttempt,
    index="tracking_details",
    link="order_details_id",
    own=("lines",),
)
KINDS: Final = (POSTBACK, ORDER_DETAILS)
