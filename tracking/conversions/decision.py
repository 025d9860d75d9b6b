"""The decision on an order: does its click earn it, and why (not). Plain rules."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from tracking.capture.clicks import Click
from tracking.conversions.renewals import FOREVER, Policy, Renewal, why_not


@dataclass(frozen=True, slots=True)
class Terms:
    """What an offer demands of a click and an order."""

    name: str
    protocol: str
    kind: str
    window: timedelta
    closed: str = ""
    """Why it takes no orders: "is paused", "ended on …"; empty if it does."""
    renewals: Policy = FOREVER


@dataclass(frozen=True, slots=True)
class Decision:
    outcome: str
    reason: str
    cause: str = ""
    """The kind of reason (see `Conversion.Cause`), where an outcome has several."""


def decide(
    click: Click | None,
    terms: Terms | None,
    *,
    amount: Decimal,
    moment: datetime,
    renewal: Renewal | None = None,
    lacks_consent: bool = False,
) -> Decision:
    """Decide on an order of `amount` with `click`, under the `terms` of its offer (None: no offer can be found).

    `moment` is when the order was placed, or completed where nobody remembered it. A `renewal` knows no window: its
    click is that of the subscription. `lacks_consent`: a click was not kept, because the shopper had not consented.
    """
    if click is None:
        return _without_click(renewal, lacks_consent=lacks_consent)
    if terms is None or terms.closed:
        return _no_offer(click, terms, renewal)
    if renewal is None and not click.is_within(terms.window, moment):
        if lacks_consent:
            return _without_click(None, lacks_consent=True)
        return Decision(
            "expired",
            f"Clicked {_ago(moment - click.clicked_at)} before the order, past the window of {terms.name}: "
            f"{_days(terms.window.days)}.",
        )
    excluded = _excluded(click, terms, amount, renewal, moment)
    if excluded:
        return excluded
    if renewal:
        return Decision("credited", f"Renews a subscription that this affiliate won, for {terms.name}.")
    return Decision("credited", f"Clicked {_ago(moment - click.clicked_at)} before the order, for {terms.name}.")


def _without_click(renewal: Renewal | None, *, lacks_consent: bool) -> Decision:
    if renewal:
        return Decision(
            renewal.first_outcome,
            f"Renews the subscription {renewal.subscription_id}, whose first order {renewal.first_order_id} no "
            "affiliate earned.",
        )
    if lacks_consent:
        return Decision(
            "no_consent", "An affiliate sent the shopper, who did not consent to tracking: the click was not kept."
        )
    return Decision("organic", "No affiliate's click was found for this order.")


def _no_offer(click: Click, terms: Terms | None, renewal: Renewal | None) -> Decision:
    if terms is None and click.offer_id:
        reason = f"The click names the offer {click.offer_id}, which is not set up here."
        return Decision("unknown_offer", reason, "not_set_up")
    if terms is None:
        return Decision("unknown_offer", "The click names no offer, and no offer is the default.", "no_default")
    if renewal:
        named = f"Renews a subscription that this affiliate won for {terms.name}, which"
    elif click.offer_id:
        named = f"The click names the offer {terms.name}, which"
    else:
        named = f"The click names no offer, and the one that stands in, {terms.name},"
    return Decision("unknown_offer", f"{named} {terms.closed}.", "closed")


def _excluded(
    click: Click, terms: Terms, amount: Decimal, renewal: Renewal | None, moment: datetime
) -> Decision | None:
    lacking = "transaction id" if terms.protocol == "transaction-id" else "affiliate id"
    if not (click.transaction_id if terms.protocol == "transaction-id" else click.affiliate_id):
        reason = f"The click carries no {lacking}, which {terms.name} needs for its protocol."
        return Decision("excluded", reason, "lacks_id")
    if renewal and (reason := why_not(terms.renewals, renewal, offer=terms.name, moment=moment)):
        return Decision("excluded", reason, "stopped" if renewal.stopped else "renewal_terms")
    if terms.kind == "sale" and amount <= 0:
        reason = f"The amount is {amount}: a sale without a positive amount is not reported."
        return Decision("excluded", reason, "no_amount")
    return None


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
