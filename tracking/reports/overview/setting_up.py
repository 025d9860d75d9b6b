"""The way to the first accepted postback, for an overview that has nothing to show yet."""

from collections.abc import Sequence
from dataclasses import dataclass

from tracking.models import Offer
from tracking.reports.overview import links


@dataclass(frozen=True, slots=True, kw_only=True)
class SetUpStep:
    """One thing to do; the first that is not done is the next."""

    is_done: bool
    told: str
    how: str
    url: str = ""


def steps(offers: Sequence[Offer]) -> tuple[SetUpStep, ...]:
    """What there is to do until orders are reported; empty once one was accepted."""
    first = offers[0] if offers else None
    if getattr(first, "has_accepted", False):
        return ()
    return (
        SetUpStep(
            is_done=first is not None,
            told="Set an offer up",
            how="Paste the postback URL from the offer's Instructions in Aspire.",
            url=links.page("offer", first.pk) if first else links.add("offer"),
        ),
        SetUpStep(
            is_done=getattr(first, "has_landings", False),
            told="Land with a creator's link",
            how="Open the shop through the Offer URL that you gave Aspire, with an affiliate_id in it.",
            url=links.of("landingcount"),
        ),
        SetUpStep(
            is_done=getattr(first, "has_orders", False),
            told="Place an order",
            how="Buy something in the same browser. Each paid order appears among the conversions.",
            url=links.of("conversion"),
        ),
        SetUpStep(
            is_done=False,
            told="See it accepted",
            how="Its postback is sent by itself; manage.py send_test_postback tries the way without an order.",
            url=links.of("postback"),
        ),
    )
