"""What the comparison finds, order by order, and the sums of it. Plain rules."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final


class Kind(StrEnum):
    """What an order turns out to be. Each order is exactly one of them."""

    CONFIRMED = "confirmed"
    MISSING = "missing"
    UNKNOWN = "unknown"
    AMOUNT_DIFFERS = "amount_differs"
    REJECTED = "rejected"
    COUNTED_TWICE = "counted_twice"
    UNEXPECTED = "unexpected"
    UNCLEAR = "unclear"
    OPEN = "open"

    @property
    def label(self) -> str:
        return _WORDS[self][0]

    @property
    def advice(self) -> str:
        """What it means, and what to do."""
        return _WORDS[self][1]


_WORDS: Final = {
    Kind.CONFIRMED: ("Confirmed on both sides", "Nothing to do."),
    Kind.MISSING: ("Missing at Aspire", "Reported, but not in the file: ask Aspire's support for these orders."),
    Kind.UNKNOWN: (
        "Unknown here",
        "Aspire lists orders that this shop does not know: another shop's, or somebody else reports to your offer.",
    ),
    Kind.AMOUNT_DIFFERS: ("Amount differs", "Aspire books another amount than was sent: ask Aspire to correct it."),
    Kind.REJECTED: (
        "Rejected there",
        "Recorded and then rejected: the creator is not paid. See whether that is right.",
    ),
    Kind.COUNTED_TWICE: ("Counted twice", "The creator would be paid twice: reject all but one at Aspire."),
    Kind.UNEXPECTED: (
        "Counted there, not accepted here",
        "Aspire has it although it is not accepted here: see the order's page before anything is sent again.",
    ),
    Kind.UNCLEAR: ("Unclear", "The two sides cannot be compared; the remark says why."),
    Kind.OPEN: ("Still unconfirmed", "Not in the file, which does not prove anything; the remark says why."),
}


class Action(StrEnum):
    """What follows for an unconfirmed postback."""

    NONE = ""
    ACCEPT = "accept"
    SEND_AGAIN = "send_again"

    @property
    def label(self) -> str:
        return {"": "", "accept": "mark as accepted", "send_again": "send again"}[self.value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One order, as it stands on both sides."""

    kind: Kind
    order_id: str
    rows: tuple[int, ...] = ()
    """Where the file lists it, as a spreadsheet counts."""
    offer_id: str = ""
    affiliate_id: str = ""
    currency: str = ""
    amount_here: Decimal | None = None
    amount_there: Decimal | None = None
    status_here: str = ""
    status_there: str = ""
    reported_at: datetime | None = None
    recorded_there: str = ""
    remark: str = ""
    action: Action = Action.NONE
    postback_id: int | None = None
    attempts_made: int = 0

    @property
    def money(self) -> Decimal:
        """The amount it is about: the difference where they differ, else Aspire's, else ours."""
        here, there = self.amount_here, self.amount_there
        if self.kind is Kind.AMOUNT_DIFFERS and here is not None and there is not None:
            return there - here
        return next((amount for amount in (there, here) if amount is not None), Decimal(0))


EXAMPLES: Final = 5
SHOWN: Final = 200  # of what is to be settled, by the page that asks


@dataclass(slots=True)
class Tally:
    """Count, sums by currency and a few examples for each kind."""

    counts: Counter[Kind] = field(default_factory=Counter)
    sums: dict[Kind, dict[str, Decimal]] = field(default_factory=lambda: defaultdict(dict))
    examples: dict[Kind, list[Finding]] = field(default_factory=lambda: defaultdict(list))
    proposed: Counter[Action] = field(default_factory=Counter)
    to_settle: list[Finding] = field(default_factory=list)
    """The first of them."""
    left: Counter[str] = field(default_factory=Counter)
    """Why unconfirmed postbacks stay so."""

    def add(self, finding: Finding) -> None:
        self.counts[finding.kind] += 1
        sums = self.sums[finding.kind]
        sums[finding.currency] = sums.get(finding.currency, Decimal(0)) + finding.money
        if len(self.examples[finding.kind]) < EXAMPLES:
            self.examples[finding.kind].append(finding)
        if finding.action:
            self.proposed[finding.action] += 1
            if len(self.to_settle) < SHOWN:
                self.to_settle.append(finding)
        elif finding.status_here == "unconfirmed":
            self.left[finding.remark or finding.kind.label] += 1

    def as_json(self) -> dict[str, Any]:
        """What the history keeps."""
        return {
            kind.value: {
                "count": self.counts[kind],
                "sums": {currency: str(amount) for currency, amount in self.sums[kind].items()},
                "examples": [_example(one) for one in self.examples[kind]],
            }
            for kind in Kind
        } | {"to_settle": [_example(one) | {"action": one.action.value} for one in self.to_settle]}


def _example(finding: Finding) -> dict[str, Any]:
    return {
        "order": finding.order_id,
        "row": finding.rows[0] if finding.rows else None,
        "amount": str(finding.money),
        "currency": finding.currency,
        "remark": finding.remark,
    }
