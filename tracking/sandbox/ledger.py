"""What happened, in memory: clicks, conversions, and every postback request. Rules live in `protocol`."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from tracking.sandbox.faults import Fault
from tracking.sandbox.offers import TEST_CREATOR_ID
from tracking.sandbox.wire import parse_params

if TYPE_CHECKING:
    from tracking.sandbox.order_details import DetailsRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Click:
    """A visit through a creator's link, and where it was sent."""

    clicked_at: datetime
    offer_id: str
    aff_id: str
    transaction_id: str
    landing_url: str
    source: str = ""
    aff_sub: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """A sale as Aspire books it.

    `rejection` tells why it will not be paid although HTTP said success, `lost_amount` that the amount was
    missing or malformed and is booked as 0.00.
    """

    received_at: datetime
    offer_id: str
    aff_id: str
    order_id: str
    amount: Decimal
    amount_sent: str
    lost_amount: bool = False
    transaction_id: str = ""
    unique_id: str = ""
    rejection: str = ""

    @property
    def status(self) -> str:
        """Return `approved` or `rejected`, in TUNE's words."""
        return "rejected" if self.rejection else "approved"

    @property
    def is_test(self) -> bool:
        """Tell whether it came from Aspire's test link (Aspire 6425578)."""
        return self.aff_id == TEST_CREATOR_ID


@dataclass(frozen=True, slots=True, kw_only=True)
class PostbackRequest:
    """A request that reached a postback address, whatever became of it; `query` is exactly as received."""

    received_at: datetime
    path: str
    query: str
    answer: str
    fault: Fault | None = None
    conversion: Conversion | None = None

    @property
    def params(self) -> dict[str, str]:
        """Return the parameters, decoded."""
        return parse_params(self.query)

    @property
    def counted(self) -> bool:
        """Tell whether a conversion was recorded, also one that is stored as rejected."""
        return self.conversion is not None


@dataclass(slots=True)
class Ledger:
    """The books. Not locked by itself: `Sandbox` reads, judges and writes under one lock."""

    clicks: list[Click] = field(default_factory=list)
    conversions: list[Conversion] = field(default_factory=list)
    requests: list[PostbackRequest] = field(default_factory=list)
    details: list["DetailsRequest"] = field(default_factory=list)
    _clicks: dict[str, Click] = field(default_factory=dict)
    _converted: set[str] = field(default_factory=set)
    _unique_ids: set[str] = field(default_factory=set)
    _approved: Counter[str] = field(default_factory=Counter)

    def add_click(self, click: Click) -> None:
        """Record a visit."""
        self.clicks.append(click)
        self._clicks[click.transaction_id] = click

    def add_request(self, request: PostbackRequest) -> None:
        """Record a postback request and what it brought."""
        self.requests.append(request)
        if request.conversion:
            self._add_conversion(request.conversion)

    def _add_conversion(self, conversion: Conversion) -> None:
        self.conversions.append(conversion)
        self._converted.add(conversion.transaction_id)
        self._unique_ids.add(conversion.unique_id)
        if conversion.order_id and not conversion.rejection:
            self._approved[conversion.order_id] += 1

    def click(self, transaction_id: str) -> Click | None:
        """Return the click that was given this transaction id."""
        return self._clicks.get(transaction_id)

    def has_converted(self, transaction_id: str) -> bool:
        """Tell whether this transaction id has brought a conversion already."""
        return transaction_id in self._converted

    def has_seen(self, unique_id: str) -> bool:
        """Tell whether a conversion with this unique id is recorded; an empty one is never known."""
        return bool(unique_id) and unique_id in self._unique_ids

    def doubles(self) -> dict[str, int]:
        """Return the order ids that count, and are paid, more than once, with how often."""
        return {order_id: times for order_id, times in self._approved.items() if times > 1}
