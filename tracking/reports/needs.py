"""What needs a person, from all the tables that hold such rows: one list, the oldest order first, page by page.

Each source is ordered by an index of its own, so that neither a page nor a count costs more as the log grows.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from heapq import merge
from itertools import islice
from typing import Any, Final, Self

from django.db.models import Model, Q, QuerySet

from tracking.conf import conf
from tracking.models import Adjustment, Conversion, OrderDetails, Postback
from tracking.postbacks import template
from tracking.postbacks.hints import hint_for, hint_for_unknown_offer
from tracking.reports.details_story import mask
from tracking.reports.privacy import without_ids
from tracking.reports.wording import money
from tracking.reports.worklist import RELATED, amount_words, what_to_do

MOST_COUNTED: Final = 1000  # rows of a source; beyond it a list says "1000+"

_REFUSED: Final = {
    Postback.Status.REJECTED: "Aspire refused it",
    Postback.Status.UNCONFIRMED: "It may have arrived",
    Postback.Status.FAILED: "It did not arrive",
    Postback.Status.PENDING: "It waits",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """One row that waits for a person. Its texts have their secrets masked and are not escaped for HTML."""

    source: "Source"
    row: Model
    moment: datetime
    """When the order was completed, or that which waits arose."""
    order_id: str
    affiliate_id: str
    offer: str
    amount: str
    reason: str
    """Why it waits, in plain words."""
    advice: str
    """The likely cause, and what to do about it."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the list: what follows it is the next page."""

    moment: datetime
    source: str
    pk: int

    def __str__(self) -> str:
        return f"{self.moment.isoformat()}~{self.source}~{self.pk}"

    @classmethod
    def read(cls, text: str) -> Self | None:
        """The place that a text names, None if it names none."""
        moment, _, rest = text.partition("~")
        source, _, pk = rest.partition("~")
        try:
            place = cls(datetime.fromisoformat(moment), source, int(pk))
            place.moment.astimezone(UTC)  # what no calendar holds fails here, not in a query
        except (ValueError, OverflowError):
            return None
        return place if place.moment.tzinfo and source in BY_KEY and 0 <= place.pk < 2**63 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A kind of rows that wait for a person."""

    key: str
    label: str
    model: type[Model]
    rows: Callable[[], QuerySet[Any]]
    tell: Callable[["Source", Any], Need]
    moment: str = "created_at"
    """The field that orders them; it is never null."""

    def need(self, row: Model, conversion: Conversion, *, offer: str, amount: str, reason: str, advice: str) -> Need:
        """What is told of a row of this source, which belongs to this order."""
        return Need(
            source=self,
            row=row,
            moment=getattr(row, self.moment),
            order_id=conversion.order_id,
            affiliate_id=conversion.affiliate_id,
            offer=offer,
            amount=amount,
            reason=reason,
            advice=advice,
        )


# Postbacks --------------------------------------------------------------------------------------------------


def _given_up(status: Postback.Status) -> QuerySet[Postback]:
    """Those in a state that somebody has to settle; an order that came back and was not counted is nothing to do."""
    rows = Postback.objects.filter(status=status, is_test=False)
    return rows if status == Postback.Status.UNCONFIRMED else rows.filter(is_called_off=False)


def _waiting() -> QuerySet[Postback]:
    return Postback.objects.filter(status=Postback.Status.PENDING, due_at__isnull=True, is_test=False)


def _tell_postback(source: Source, postback: Postback) -> Need:
    conversion, offer = postback.conversion, postback.offer
    words = template.mask(postback.detail, offer.pasted_security_token, conf.security_token)
    because = _REFUSED[Postback.Status(postback.status)]
    return source.need(
        postback,
        conversion,
        offer=str(offer),
        amount=money(postback.amount, postback.currency) if postback.amount is not None else "",
        reason=f"{because}: {words}" if words else f"{because}.",
        advice=hint_for(postback.status, verdict=postback.verdict, detail=words, is_due=postback.due_at is not None),
    )


# Conversions ------------------------------------------------------------------------------------------------


def _tell_conversion(source: Source, conversion: Conversion) -> Need:
    return source.need(
        conversion,
        conversion,
        offer=f"Offer {conversion.click_offer_id}" if conversion.click_offer_id else "",
        amount=money(conversion.items_total, conversion.currency),
        reason=without_ids(conversion.reason, conversion.customer_id, conversion.subscription_id),
        advice=hint_for_unknown_offer(conversion.cause, conversion.click_offer_id),
    )


# Adjustments ------------------------------------------------------------------------------------------------


def _tell_adjustment(source: Source, adjustment: Adjustment) -> Need:
    postback = adjustment.postback
    conversion = postback.conversion
    sent, due = (amount_words(amount, adjustment) for amount in (adjustment.amount_sent, adjustment.amount_due))
    return source.need(
        adjustment,
        conversion,
        offer=str(postback.offer),
        amount=sent,
        reason=f"{adjustment.get_reason_display()} after it was reported: Aspire has {sent}, {due} should stand.",
        advice=what_to_do(adjustment),
    )


# Order details ----------------------------------------------------------------------------------------------


def _tell_details(source: Source, details: OrderDetails) -> Need:
    conversion = details.conversion
    words = mask(details.detail)
    return source.need(
        details,
        conversion,
        offer=str(details.offer),
        amount=money(details.amount, conversion.currency),
        reason=f"Its details did not reach Aspire: {words}" if words else "Its details did not reach Aspire.",
        advice="Mend what the reason names, then send them again: a repeat does no harm. The postback is apart.",
    )


# The list ---------------------------------------------------------------------------------------------------


def _postbacks(key: str, label: str, rows: Callable[[], QuerySet[Postback]]) -> Source:
    return Source(key=key, label=label, model=Postback, rows=rows, tell=_tell_postback)


SOURCES: Final = (
    _postbacks("rejected", "Rejected", lambda: _given_up(Postback.Status.REJECTED)),
    _postbacks("unconfirmed", "Unconfirmed", lambda: _given_up(Postback.Status.UNCONFIRMED)),
    _postbacks("failed", "Failed", lambda: _given_up(Postback.Status.FAILED)),
    Source(
        key="unknown_offer",
        label="Unknown offer",
        model=Conversion,
        rows=lambda: Conversion.objects.waiting(),
        tell=_tell_conversion,
        moment="completed_at",
    ),
    Source(
        key="adjustment",
        label="Adjustment",
        model=Adjustment,
        rows=lambda: Adjustment.objects.open(),
        tell=_tell_adjustment,
        moment="since",
    ),
    Source(
        key="details",
        label="Order details",
        model=OrderDetails,
        rows=lambda: OrderDetails.objects.filter(status=OrderDetails.Status.FAILED, is_called_off=False),
        tell=_tell_details,
    ),
    _postbacks("waiting", "Waiting", _waiting),
)
BY_KEY: Final = {source.key: source for source in SOURCES}
_ALSO_READ: Final = {
    Postback: ("conversion", "offer"),
    Adjustment: RELATED,
    OrderDetails: ("conversion", "offer"),
}


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the list, and what the next one comes after; None on the last."""

    needs: tuple[Need, ...]
    next: Place | None


def page(sources: Iterable[Source], *, after: Place | None, size: int) -> Page:
    """Up to `size` rows of the sources, oldest first. Costs a query for each source, and one for each of their tables.

    The places come first, from the indexes alone: only the rows that are shown are read.
    """
    places = [places_after(source, after, size + 1) for source in sources]
    found = list(islice(merge(*places, key=_order), size + 1))
    shown = found[:size]
    rows = _rows_at(shown)
    told = (BY_KEY[place.source].tell(BY_KEY[place.source], rows[place]) for place in shown if place in rows)
    return Page(tuple(told), shown[-1] if len(found) > size else None)


def _rows_at(places: Sequence[Place]) -> dict[Place, Any]:
    """The rows at these places; one that was deleted meanwhile is missing."""
    found: dict[Place, Any] = {}
    for model in {BY_KEY[place.source].model for place in places}:
        there = [place for place in places if BY_KEY[place.source].model is model]
        rows = model._default_manager.select_related(*_ALSO_READ.get(model, ()))
        by_pk = rows.in_bulk([place.pk for place in there])
        found |= {place: by_pk[place.pk] for place in there if place.pk in by_pk}
    return found


def counts(sources: Iterable[Source]) -> dict[str, int]:
    """How many rows each source has, counted up to MOST_COUNTED + 1. Costs a query for each."""
    return {source.key: source.rows()[: MOST_COUNTED + 1].count() for source in sources}


def places_after(source: Source, place: Place | None, most: int) -> list[Place]:
    """The places of up to `most` rows of a source that come after a place in the list, in its order."""
    rows = source.rows().order_by(source.moment, "id")
    if place is not None:
        later = Q(**{f"{source.moment}__gt": place.moment})
        same = Q(**{source.moment: place.moment})
        rank, its_rank = _RANKS[source.key], _RANKS[place.source]
        if rank == its_rank:
            later |= same & Q(id__gt=place.pk)
        elif rank > its_rank:
            later |= same
        rows = rows.filter(later, **{f"{source.moment}__gte": place.moment})  # this lets the index start there
    return [Place(moment, source.key, pk) for moment, pk in rows.values_list(source.moment, "id")[:most]]


def _order(place: Place) -> tuple[datetime, int, int]:
    return place.moment, _RANKS[place.source], place.pk


_RANKS: Final = {source.key: rank for rank, source in enumerate(SOURCES)}
