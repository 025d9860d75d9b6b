"""The timeline of an order: what happened to it, from the click to the verdict, in the order it happened."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from tracking.models import Adjustment, Attempt, Conversion, Postback, RememberedClick
from tracking.reports.story import AttemptStory
from tracking.reports.wording import moment, span

_AT_ONCE: Final = timedelta(seconds=10)  # what lies closer together happened in one go
_GOES_ON: Final = frozenset({Postback.Status.PENDING, Postback.Status.SENDING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened. Its texts have their secrets masked and are not escaped for HTML."""

    at: datetime
    title: str
    text: str = ""
    tone: str = ""
    """The state or verdict whose colour and sign it wears."""
    attempt: AttemptStory | None = None

    @property
    def when(self) -> str:
        """The moment, in the project's time zone."""
        return moment(self.at)


def timeline(
    conversion: Conversion,
    *,
    remembered: RememberedClick | None,
    attempts: Iterable[tuple[Attempt, AttemptStory]],
    reason: str,
) -> tuple[Event, ...]:
    """What happened to an order, oldest first; `reason` is what its postback's state rests on, masked."""
    postback = getattr(conversion, "postback", None)
    found = [*_before(conversion, remembered), _completed(conversion), *_refunded(conversion)]
    if postback is not None:
        tried = list(attempts)
        found += [*_owed(conversion, postback), *(_tried(attempt, story) for attempt, story in tried)]
        found += _settled(postback, [attempt for attempt, _story in tried], reason)
        found += _adjusted(getattr(postback, "adjustment", None))
    return in_order(found)


def in_order(events: Iterable[Event]) -> tuple[Event, ...]:
    """Oldest first; what happened at the same moment stays as it is."""
    return tuple(sorted(events, key=lambda event: event.at))


def _before(conversion: Conversion, remembered: RememberedClick | None) -> Iterable[Event]:
    if conversion.clicked_at and not conversion.is_test:
        who = f"affiliate {conversion.affiliate_id}" if conversion.affiliate_id else "an affiliate"
        offer = f" for offer {conversion.click_offer_id}" if conversion.click_offer_id else ""
        yield Event(at=conversion.clicked_at, title=f"A link of {who} was clicked", text=f"It led to the shop{offer}.")
    if remembered is not None:
        kept = "Its click was frozen." if remembered.clicked_at else "The shopper held no click."
        yield Event(at=remembered.remembered_at, title="The order was placed", text=kept)


def _completed(conversion: Conversion) -> Event:
    late = conversion.recorded_at - conversion.completed_at
    told = f" The shop told of it {span(late)} later." if late > _AT_ONCE else ""
    return Event(
        at=conversion.completed_at,
        title="The test was made" if conversion.is_test else "The order was completed",
        text=f"{conversion.get_outcome_display()}: {conversion.reason}{told}",
        tone=conversion.outcome,
    )


def _owed(conversion: Conversion, postback: Postback) -> Iterable[Event]:
    if postback.created_at - max(conversion.completed_at, conversion.recorded_at) > _AT_ONCE:
        yield Event(at=postback.created_at, title="It was decided anew", text="A postback was owed from then on.")


def _tried(attempt: Attempt, story: AttemptStory) -> Event:
    return Event(
        at=attempt.started_at,
        title=f"Attempt {story.number}",
        text=story.meaning,
        tone=attempt.verdict,
        attempt=story,
    )


def _settled(postback: Postback, attempts: list[Attempt], reason: str) -> Iterable[Event]:
    """What settled it, where that is not the last answer: a person, a refund, a lease that ran out."""
    last = attempts[-1].verdict if attempts else ""
    if postback.settled_at is None or postback.status in _GOES_ON or postback.status == last:
        return
    yield Event(
        at=postback.settled_at,
        title=f"The postback was settled: {postback.get_status_display().lower()}",
        text=reason,
        tone=postback.status,
    )


def _refunded(conversion: Conversion) -> Iterable[Event]:
    if conversion.refunded_at is not None:
        yield Event(
            at=conversion.refunded_at, title="The shop told of a refund", text="See the amount.", tone="unconfirmed"
        )


def _adjusted(adjustment: Adjustment | None) -> Iterable[Event]:
    if adjustment is not None and adjustment.done_at is not None:
        yield Event(
            at=adjustment.done_at,
            title=f"{adjustment.done_by_name or 'Somebody'} adjusted it in Aspire",
            text=adjustment.note,
            tone="accepted",
        )
