"""The story of an order, as values. Every text in it has its secrets masked; none is escaped for HTML."""

from dataclasses import dataclass
from shlex import quote
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tracking.reports.timeline import Event


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of the story."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class ReceiptLine:
    """One line of a receipt."""

    label: str
    figure: str
    remark: str
    is_result: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptStory:
    """One try: what was asked, what came back, what that means."""

    number: int
    when: str
    url: str
    http_status: int | None
    reply: str
    """What the other side said, in its own words."""
    detail: str
    """What went wrong, where the reply does not say it itself."""
    verdict: str
    verdict_label: str
    meaning: str
    took: str
    is_late: bool

    @property
    def curl(self) -> str:
        """The request as a command for a terminal, secrets masked."""
        return f"curl --globoff {quote(self.url)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageStory:
    """A message owed to Aspire, the postback or the order's details, and what became of it."""

    status: str
    status_label: str
    facts: tuple[Fact, ...]
    attempts: tuple[AttemptStory, ...]
    hint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderStory:
    """A completed order, or a test: who earns it and how Aspire was told."""

    order_id: str
    is_test: bool
    outcome: str
    outcome_label: str
    click: tuple[Fact, ...]
    decision: tuple[Fact, ...]
    looked_at: tuple[Fact, ...]
    """Each place that was looked at for a click; empty where none was, or what was there has been erased."""
    amount: tuple[Fact, ...]
    receipt: tuple[ReceiptLine, ...]
    """The same as a table, with each step from the order to the number sent."""
    refunds: tuple[Fact, ...]
    """What came back of it; empty where nothing did."""
    postback: MessageStory | None
    next_step: str
    timeline: tuple["Event", ...]
    """What happened to it, oldest first."""
    details: MessageStory | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """All that tracking knows under one order id: the real order first, then a test of the same id."""

    order_id: str
    orders: tuple[OrderStory, ...]
    remembered: tuple[Fact, ...]
    """The click frozen when the order was placed; empty where nothing was."""
    note: str
    """What it means that there is no completed order; empty where there is one."""

    @property
    def is_known(self) -> bool:
        return bool(self.orders or self.remembered)
