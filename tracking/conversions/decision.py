"""The decision on an order: does its click earn it, and why (not). Plain rules."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from tracking.capture.clicks import Click


@dataclass(frozen=True, slots=True)
class Terms:
    """What an offer demands of a click and an order."""

    name: str
    protocol: str
    kind: str
    window: timedelta


@dataclass(frozen=True, slots=True)
class Decision:
    outcome: str
    reason: str


def decide(
    click: Click | None,
    terms: Terms | None,
    *,
    amount: Decimal,
    moment: datetime,
    is_for_life: bool = False,
) -> Decision:
    """Decide on an order of `amount` with `click`, under the `terms` of its offer (None: no offer can be found).

    `moment` is when the order was placed, or completed where nobody remembered it. `is_for_life` skips the window:
    the order renews a subscription that the click won.
    """
    if click is None:
        return Decision("organic", "No affiliate's click was found for this order.")
    if terms is None:
        if click.offer_id:
            return Decision(
                "unknown_offer",
                f"The click names the offer {click.offer_id}, which is not an active offer here.",
            )
        return Decision("unknown_offer", "The click names no offer, and no active offer is the default.")
    if not is_for_life and not click.is_within(terms.window, moment):
        return Decision(
            "expired",
            f"Clicked {_ago(moment - click.clicked_at)} before the order, past the window of {terms.name}: "
            f"{_days(terms.window.days)}.",
        )
    lacking = "transaction id" if terms.protocol == "transaction-id" else "affiliate id"
    if not (click.transaction_id if terms.protocol == "transaction-id" else click.affiliate_id):
        return Decision("excluded", f"The click carries no {lacking}, which {terms.name} needs for its protocol.")
    if terms.kind == "sale" and amount <= 0:
        return Decision("excluded", f"The amount is {amount}: a sale without a positive amount is not reported.")
    if is_for_life:
        return Decision("credited", f"Renews a subscription that this affiliate won, for {terms.name}.")
    return Decision("credited", f"Clicked {_ago(moment - click.clicked_at)} before the order, for {terms.name}.")


def _ago(span: timedelta) -> str:
    seconds = max(int(span.total_seconds()), 0)
    if seconds >= 86400:
        hours = seconds % 86400 // 3600
        return _days(seconds // 86400) + (f" {hours} h" if hours else "")
    for size, unit in ((3600, "hour"), (60, "minute"), (1, "second")):
        if seconds >= size:
            return _count(seconds // size, unit)
    return "just"


def _days(count: int) -> str:
    return _count(count, "day")


def _count(count: int, unit: str) -> str:
    return f"{count} {unit}{'' if count == 1 else 's'}"
