"""What was looked at for an order's click, in words: each place, what it held, and why that counts or not."""

from typing import Any, Final

from tracking.capture.clicks import Click
from tracking.conversions.considered import Considered, Result, from_json
from tracking.models import Conversion
from tracking.reports.story import Fact
from tracking.reports.wording import moment

_PLACES: Final = {
    "landing": "Address",
    "cookie": "Cookie",
    "session": "Session",
    "customer": "Customer",
    "subscription": "Subscription",
}
_AT: Final = {
    "placed": "when the order was placed",
    "request": "in the request that completed it",
    "served_request": "in the request being served",
    "completed": "when the order was completed",
}
_RESULTS: Final = {
    Result.CHOSEN: "This one counts.",
    Result.SAME: "The same visit.",
    Result.EARLIER: "Passed over: another one came later, and the last click counts.",
    Result.LATER: "Passed over: another one came earlier, and the first click counts.",
    Result.LESS: "Passed over: what was looked at before it holds a click that counts.",
}


def source_facts(entries: list[dict[str, Any]], outcome: str = "") -> tuple[Fact, ...]:
    """A line for each place that was looked at. `outcome` is that of the order, if it is decided."""
    return tuple(Fact(_PLACES[one.place], _tell(one, outcome)) for one in from_json(entries))


def _tell(one: Considered, outcome: str) -> str:
    if one.note:
        return one.note
    at = _AT[one.at]
    if one.kept is None:
        return f"nothing, {at}."
    return f"{click_text(one.kept.click)}, {at}. {_verdict(one, outcome)}"


def click_text(click: Click) -> str:
    """A click in one line."""
    parts = [
        f"affiliate {click.affiliate_id}" if click.affiliate_id else "no affiliate named",
        f"offer {click.offer_id}" if click.offer_id else "",
        f"transaction {click.transaction_id}" if click.transaction_id else "",
        f"clicked {moment(click.clicked_at)}",
    ]
    return ", ".join(filter(None, parts))


def _verdict(one: Considered, outcome: str) -> str:
    assert one.kept is not None  # noqa: S101 - an entry with a verdict has a click
    is_past = one.result == Result.CHOSEN and outcome == Conversion.Outcome.EXPIRED
    if one.result == Result.PAST or is_past:
        return f"Past its window, which was to end {moment(one.kept.until)}."
    return _RESULTS[Result(one.result)]
