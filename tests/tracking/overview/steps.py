"""Orders and postbacks of a shop, and its overview."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.factories import ConversionFactory, OfferFactory, PostbackFactory
from tracking.models import Conversion, Offer, Postback
from tracking.reports.overview import OverviewPage, last_days, overview
from tracking.reports.overview.figures import Figure
from tracking.reports.overview.period import Period

NOW = datetime(2026, 3, 10, 12, 30, tzinfo=UTC)
ADDRESS = "/admin/tracking/overview/"


def offer() -> Offer:
    found: Offer = Offer.objects.first() or OfferFactory.create()
    return found


def order(outcome: str = "organic", *, ago: timedelta = timedelta(hours=1), **values: Any) -> Conversion:
    """An order so long before NOW."""
    earned = {"offer": offer()} if outcome == "credited" else {"offer": None, "affiliate_id": ""}
    conversion: Conversion = ConversionFactory.create(
        **{"outcome": outcome, "completed_at": NOW - ago, **earned, **values}
    )
    return conversion


def postback(status: str, *, ago: timedelta = timedelta(hours=1), took: float = 1, **values: Any) -> Postback:
    """A postback settled so long before NOW, or created then where it is not settled."""
    at = NOW - ago
    times: dict[str, Any] = {"created_at": at - timedelta(seconds=took), "settled_at": at, "verdict": status}
    if status in {"pending", "sending"}:
        times = {"created_at": at}
    if status == "sending":
        times |= {"claim_token": "1" * 32, "lease_expires_at": NOW + timedelta(minutes=1)}
    row: Postback = PostbackFactory.create(
        **{"status": status, "offer": offer(), "conversion__completed_at": at, **times, **values}
    )
    return row


def week() -> Period:
    return last_days(7, now=NOW, zone=UTC)


def page_of(period: Period | None = None) -> OverviewPage:
    return overview(period or week(), now=NOW)


def figure(label: str, period: Period | None = None) -> Figure:
    return next(each for each in page_of(period).figures if each.label == label)


def plain(text: str) -> str:
    return text.replace("\u202f", " ")


DAY = timedelta(days=1)
