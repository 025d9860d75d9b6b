"""The story of an order, as values. Every text in it has its secrets masked; none is escaped for HTML."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of the story."""

    label: str
    text: str


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


@dataclass(frozen=True, slots=True, kw_only=True)
class PostbackStory:
    """What is owed to Aspire, and what became of it."""

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
    postback: PostbackStory | None
    next_step: str


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
