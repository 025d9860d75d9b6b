"""Aspire without its sockets: books, faults and switches behind one lock, to be used from any thread."""

import secrets
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypedDict, Unpack

from tracking.sandbox.faults import (
    ELSEWHERE,
    Fault,
    Figures,
    Plan,
    describe,
    faulty_response,
    plan_fault,
)
from tracking.sandbox.ledger import Click, Conversion, Ledger, PostbackRequest
from tracking.sandbox.links import follow
from tracking.sandbox.offers import (
    DEFAULT_CREATORS,
    DEFAULT_OFFER_URL,
    Catalogue,
    Creator,
    Offer,
)
from tracking.sandbox.order_details import DetailsRequest, understand
from tracking.sandbox.order_details import answer as answer_details
from tracking.sandbox.protocol import ACCEPTED, judge
from tracking.sandbox.switch import FaultSwitch
from tracking.sandbox.wire import Request, Response, parse_params

PLAIN_TEXT = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Answer:
    """A response, and for a postback the fault it meets and the event that lets go of it."""

    response: Response
    plan: Plan | None = None
    released: threading.Event = field(default_factory=threading.Event)


class Options(TypedDict, total=False):
    """The arguments of `Aspire`, for `Sandbox` to hand on."""

    offer_url: str
    offer_id: str
    security_token: str
    other_hosts: Sequence[str]
    more_offers: Sequence[Offer]
    creators: Sequence[Creator]
    deduplicates: bool
    client_secret: str


class Aspire:
    """What Aspire knows and does, for one merchant.

    `offer_url` and `offer_id` describe the offer that links lead to; `more_offers` join it. `deduplicates`
    makes it drop a repeated order id (TUNE's conversion_unique_id); off by default, as on the real thing.
    `client_secret` is what its API for order details asks for; empty: anything.
    """

    def __init__(
        self,
        *,
        offer_url: str = DEFAULT_OFFER_URL,
        offer_id: str = "12345",
        security_token: str = "",
        other_hosts: Sequence[str] = (),
        more_offers: Sequence[Offer] = (),
        creators: Sequence[Creator] = DEFAULT_CREATORS,
        deduplicates: bool = False,
        client_secret: str = "",
    ) -> None:
        """Raises ValueError for an Offer URL that cannot work."""
        self.offer = Offer(
            offer_id=offer_id, url=offer_url, security_token=security_token, other_hosts=tuple(other_hosts)
        )
        self.catalogue = Catalogue(offers=(self.offer, *more_offers), creators=tuple(creators))
        self.deduplicates = deduplicates
        self._changed = threading.Condition()
        self._ledger = Ledger()
        self._switch = FaultSwitch(self._changed)
        self._details_switch = FaultSwitch(self._changed)
        self._client_secret = client_secret

    # What comes in ----------------------------------------------------------------------------------------

    def visit(self, params: Mapping[str, str]) -> Click:
        """Follow a creator's link and record the click. Raises UnavailableLinkError."""
        # 30 characters that begin with 102, as on the real thing (Aspire 6613930).
        transaction_id = "102" + secrets.token_hex(14)[:27]
        click = follow(params, catalogue=self.catalogue, transaction_id=transaction_id, now=datetime.now(UTC))
        with self._changed:
            self._ledger.add_click(click)
            self._changed.notify_all()
        return click

    def receive(self, request: Request, *, path_offer: Offer | None = None) -> Answer:
        """Answer a postback, recorded before the answer leaves; a hash path stands for `path_offer`."""
        now = datetime.now(UTC)
        params = parse_params(request.query)
        if path_offer and not params.get("transaction_id"):
            params = {"offer_id": path_offer.offer_id, **params}
        with self._changed:
            if request.path == ELSEWHERE:
                answer, conversion = Answer(Response(200, ACCEPTED, PLAIN_TEXT)), None
            else:
                answer, conversion = self._judge(params, now)
            self._ledger.add_request(
                PostbackRequest(
                    received_at=now,
                    path=request.path,
                    query=request.query,
                    answer=describe(answer.plan, answer.response),
                    fault=answer.plan.fault if answer.plan else None,
                    conversion=conversion,
                )
            )
            self._changed.notify_all()
        return answer

    def _judge(self, params: dict[str, str], now: datetime) -> tuple[Answer, Conversion | None]:
        plan, released = self._switch.take()
        decision = judge(params, catalogue=self.catalogue, ledger=self._ledger, deduplicates=self.deduplicates, now=now)
        right = Response(200, decision.reply, PLAIN_TEXT)
        if plan is None:
            return Answer(right), decision.conversion
        answer = Answer(faulty_response(plan, right), plan, released)
        return answer, decision.conversion if plan.counts else None

    def receive_details(self, request: Request) -> Answer:
        """Answer a message to the API for order details, recorded before the answer leaves."""
        with self._changed:
            plan, released = self._details_switch.take()
            understood = understand(request, secret=self._client_secret)
            answer = Answer(answer_details(plan, understood.response), plan, released)
            self._ledger.details.append(
                DetailsRequest(
                    received_at=datetime.now(UTC),
                    body=request.body,
                    answer=describe(plan, answer.response),
                    is_taken=understood.is_taken and (plan is None or plan.counts),
                    fault=plan.fault if plan else None,
                    order_id=understood.order_id,
                    value=understood.value,
                    currency=understood.currency,
                    products=understood.products,
                )
            )
            self._changed.notify_all()
        return answer

    # The ledger -------------------------------------------------------------------------------------------

    @property
    def clicks(self) -> tuple[Click, ...]:
        """Return all clicks, oldest first."""
        with self._changed:
            return tuple(self._ledger.clicks)

    @property
    def conversions(self) -> tuple[Conversion, ...]:
        """Return all recorded sales, oldest first, also those stored as rejected."""
        with self._changed:
            return tuple(self._ledger.conversions)

    @property
    def requests(self) -> tuple[PostbackRequest, ...]:
        """Return all postback requests received, oldest first, whatever became of them."""
        with self._changed:
            return tuple(self._ledger.requests)

    @property
    def order_details(self) -> tuple[DetailsRequest, ...]:
        """Return all messages to the API for order details, oldest first, whatever became of them."""
        with self._changed:
            return tuple(self._ledger.details)

    @property
    def doubles(self) -> dict[str, int]:
        """Return the order ids that count more than once, with how often."""
        with self._changed:
            return self._ledger.doubles()

    def clear(self) -> None:
        """Forget clicks, conversions and requests."""
        with self._changed:
            self._ledger = Ledger()
            self._changed.notify_all()

    def wait_for(
        self, *, clicks: int = 0, conversions: int = 0, requests: int = 0, held: int = 0, timeout: float = 5.0
    ) -> None:
        """Wait until there are at least so many of each. Raises TimeoutError after `timeout` seconds."""
        wanted = (clicks, conversions, requests, held)
        self.wait_until(
            lambda: all(has >= want for has, want in zip(self._totals(), wanted, strict=True)), timeout=timeout
        )

    def wait_until(self, is_met: Callable[[], bool], *, timeout: float = 5.0) -> None:
        """Wait until `is_met`, asked at every change, says so. Raises TimeoutError after `timeout` seconds."""
        with self._changed:
            if not self._changed.wait_for(is_met, timeout):
                clicks, conversions, requests, held = self._totals()
                raise TimeoutError(
                    f"Not in {timeout} s. The sandbox has {clicks} clicks, {conversions} conversions and "
                    f"{requests} requests, and holds {held} postbacks."
                )

    def _totals(self) -> tuple[int, int, int, int]:
        books = self._ledger
        return len(books.clicks), len(books.conversions), len(books.requests), self._switch.held

    # Faults -----------------------------------------------------------------------------------------------

    @property
    def fault(self) -> Fault | None:
        """Return the fault that the next postback meets; set one, or None, to switch."""
        return self._switch.plan.fault if self._switch.plan else None

    @fault.setter
    def fault(self, fault: Fault | None) -> None:
        self._switch.switch(plan_fault(fault) if fault else None)

    @property
    def details_fault(self) -> Fault | None:
        """Return the fault that the next order details meet; set one, or None, to switch."""
        return self._details_switch.plan.fault if self._details_switch.plan else None

    @details_fault.setter
    def details_fault(self, fault: Fault | None) -> None:
        self._details_switch.switch(plan_fault(fault) if fault else None)

    def switch_details_fault(self, fault: Fault, **figures: Unpack[Figures]) -> None:
        """Switch a fault on for order details, for some or until it is switched off. Raises ValueError."""
        self._details_switch.switch(plan_fault(fault, **figures))

    @property
    def details_plan(self) -> Plan | None:
        """Return the fault that is on for order details, with its figures."""
        return self._details_switch.plan

    def switch_fault(self, fault: Fault, **figures: Unpack[Figures]) -> None:
        """Switch a fault on, for some postbacks or until it is switched off. Raises ValueError."""
        self._switch.switch(plan_fault(fault, **figures))

    @property
    def plan(self) -> Plan | None:
        """Return the fault that is on, with its figures."""
        return self._switch.plan

    @property
    def faults_left(self) -> int | None:
        """Return how many postbacks the fault will still meet, None for no end."""
        return self._switch.left

    @property
    def held(self) -> int:
        """Return how many postbacks are kept waiting at this moment."""
        return self._switch.held

    def holding(self) -> AbstractContextManager[None]:
        """Count a postback as kept waiting for the length of the block."""
        return self._switch.holding()
