"""The lines of an order's story that its rows hold: click, decision, and what the lack of an order means."""

from typing import Final

from tracking.models import Conversion, RememberedClick
from tracking.reports.sources import source_facts
from tracking.reports.story import Fact
from tracking.reports.wording import moment, span

_MEANING: Final = {
    Conversion.Outcome.CREDITED: "The affiliate earns this order.",
    Conversion.Outcome.ORGANIC: "No affiliate earns this order.",
    Conversion.Outcome.EXPIRED: "The affiliate does not earn this order: the click was too old.",
    Conversion.Outcome.NO_CONSENT: "No affiliate earns this order: the shopper did not consent to tracking.",
    Conversion.Outcome.UNKNOWN_OFFER: "The affiliate does not earn this order: there is no offer to earn under.",
    Conversion.Outcome.EXCLUDED: "The affiliate does not earn this order: it cannot be reported.",
}

_DEFAULT: Final = ": the default offer stands in"


def facts(*pairs: tuple[str, str]) -> tuple[Fact, ...]:
    """The lines that have something to say."""
    return tuple(Fact(label, text) for label, text in pairs if text)


def click_facts(conversion: Conversion, remembered: RememberedClick | None) -> tuple[Fact, ...]:
    """Who sent the shopper, when, and where the click was found."""
    if conversion.erased_at:
        return facts(
            ("Affiliate", conversion.affiliate_id),
            ("Click", f"erased on {moment(conversion.erased_at)}, as was asked for"),
        )
    if conversion.clicked_at is None:
        found = "none: the shopper held no click when placing the order" if remembered else "none"
        return facts(("Click", found), ("Order placed", moment(remembered.remembered_at) if remembered else ""))
    age = span(conversion.completed_at - conversion.clicked_at)
    return facts(
        ("Affiliate", conversion.affiliate_id or "none named"),
        ("Clicked", f"{moment(conversion.clicked_at)}, {age} before the order was completed"),
        ("Order placed", moment(remembered.remembered_at) if remembered else ""),
        ("Where found", conversion.get_source_display()),
        ("Offer named", conversion.click_offer_id or f"none{_DEFAULT if conversion.offer else ''}"),
        ("Transaction", conversion.transaction_id),
    )


def decision_facts(conversion: Conversion) -> tuple[Fact, ...]:
    """Who earns the order, and why or why not."""
    return facts(
        ("Outcome", f"{conversion.get_outcome_display()}. {_MEANING[Conversion.Outcome(conversion.outcome)]}"),
        ("Why", conversion.reason),
        ("Offer", str(conversion.offer) if conversion.offer else ""),
        ("Completed", moment(conversion.completed_at)),
        ("Subscription", _subscription(conversion)),
        ("Customer", conversion.customer_id),
    )


def _subscription(conversion: Conversion) -> str:
    if not conversion.subscription_id:
        return "a renewal" if conversion.is_renewal else ""
    return f"{conversion.subscription_id}, {'a renewal' if conversion.is_renewal else 'not a renewal'}"


def placed_facts(remembered: RememberedClick | None) -> tuple[Fact, ...]:
    """The click that was frozen when the order was placed; empty where nothing was remembered."""
    if remembered is None:
        return ()
    if remembered.erased_at:
        return facts(("Click", f"erased on {moment(remembered.erased_at)}, as was asked for"))
    if remembered.clicked_at is None:
        return facts(
            ("Order placed", moment(remembered.remembered_at)), ("Click", "none: no affiliate sent the shopper")
        ) + source_facts(remembered.considered)
    return facts(
        ("Order placed", moment(remembered.remembered_at)),
        ("Affiliate", remembered.affiliate_id or "none named"),
        ("Clicked", moment(remembered.clicked_at)),
        ("Offer named", remembered.offer_id or "none"),
        ("Transaction", remembered.transaction_id),
    ) + source_facts(remembered.considered)


def note_on(order_id: str, conversions: list[Conversion], remembered: RememberedClick | None) -> str:
    """What it means that there is no completed order; empty where there is one."""
    if any(not conversion.is_test for conversion in conversions):
        return ""
    if remembered:
        return (
            "The order was placed and remembered, but it is not completed: the shop has not sent order_completed for "
            "it, as when it is not paid yet. Until then nothing is reported to Aspire."
        )
    if conversions:
        return "This is a test only: the shop never sent order_completed for an order of this id."
    return (
        f"Nobody told tracking of an order {order_id}: order_completed was never sent for it, and no click was "
        "remembered. Check the order number, and that the shop sends the signal when an order is paid."
    )
