"""What the log holds of orders, read in pages: never more rows in memory than one page."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, Self
from urllib.parse import parse_qsl, urlsplit

from django.db.models import Count, Max, Min

from tracking.models import Attempt, Conversion, Offer, Postback
from tracking.postbacks import template
from tracking.postbacks.verdicts import Verdict

PAGE: Final = 500  # rows that one query asks for

Status = Postback.Status

_FIELDS: Final = (
    "order_id",
    "is_test",
    "outcome",
    "affiliate_id",
    "transaction_id",
    "currency",
    "offer__offer_id",
    "offer_currency",
    "offer__currency",
    "postback__id",
    "postback__status",
    "postback__amount",
    "postback__attempts_made",
    "postback__is_called_off",
    "postback__amount_left",
    "refunded_at",
    "postback__created_at",
    "postback__settled_at",
)


@dataclass(frozen=True, slots=True)
class Ours:
    """A completed order as we know it. Without a postback the fields from `status` on are empty."""

    order_id: str
    is_test: bool
    outcome: str
    affiliate_id: str
    transaction_id: str
    order_currency: str
    offer_id: str
    offer_currency: str
    """What its amount was sent in."""
    postback_id: int | None
    status: str
    amount: Decimal | None
    attempts_made: int
    came_back: bool
    """The order was cancelled, or refunded if only in part."""
    amount_left: Decimal | None
    """What should stand at Aspire after refunds; None while nothing came back."""
    created_at: datetime | None
    settled_at: datetime | None

    @classmethod
    def of(cls, row: tuple[Any, ...]) -> Self:
        order_id, is_test, outcome, affiliate_id, transaction_id, order_currency, *others = row
        offer_id, sent_in, offer_currency, postback_id, status, amount, attempts_made, *others = others
        is_called_off, amount_left, refunded_at, *times = others
        return cls(
            order_id,
            is_test,
            outcome,
            affiliate_id,
            transaction_id,
            order_currency,
            offer_id or "",
            sent_in or offer_currency or "",
            postback_id,
            status or "",
            amount,
            attempts_made or 0,
            bool(is_called_off or refunded_at) or amount_left is not None,
            amount_left,
            *times,
        )


# Finding them -----------------------------------------------------------------------------------------------


def by_order_id(order_ids: Collection[str]) -> Iterator[Ours]:
    """The orders, tests too, that have one of these ids."""
    return map(Ours.of, Conversion.objects.filter(order_id__in=order_ids).values_list(*_FIELDS))


def accepted(*, since: datetime, until: datetime) -> Iterator[list[tuple[int, str, str]]]:
    """Pages of what Aspire is said to have accepted, recorded and settled in this time: postback, order, offer.

    The table is read in the order of its keys and chosen from here: on the way of an index by state a database may
    sort all that is accepted for every page.
    """
    fields = ("id", "conversion__order_id", "offer__offer_id", "status", "is_test", "created_at", "settled_at")
    rows = Postback.objects.order_by("id").values_list(*fields)
    first = Postback.objects.filter(created_at__gte=since).order_by("id").values_list("id", flat=True).first()
    last = (first or 0) - 1
    while first is not None and (page := list(rows.filter(id__gt=last)[:PAGE])):
        last = page[-1][0]
        yield [
            (postback_id, order_id, offer_id)
            for postback_id, order_id, offer_id, status, is_test, created_at, settled_at in page
            if status == Status.ACCEPTED and not is_test and created_at >= since and settled_at and settled_at < until
        ]


def of_postbacks(postback_ids: Collection[int]) -> list[Ours]:
    """The orders of these postbacks."""
    rows = Conversion.objects.filter(postback__id__in=postback_ids).order_by("postback__id")
    return [Ours.of(row) for row in rows.values_list(*_FIELDS)]


def unconfirmed() -> Iterator[list[Ours]]:
    """Pages of what may or may not have arrived."""
    last = 0
    rows = Postback.objects.filter(status=Status.UNCONFIRMED, is_test=False).order_by("id").values_list("id", flat=True)
    while page := list(rows.filter(id__gt=last)[:PAGE]):
        last = page[-1]
        yield of_postbacks(page)


# When a request may have arrived ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tries:
    """Between when the requests of a postback may have arrived."""

    first: datetime
    last: datetime
    was_accepted: bool = False
    """One was answered too late to count, and Aspire has it."""
    sent_as: frozenset[str] = frozenset()
    """The order's id as the tries had it, whatever the offer's URL says now."""


def tries_of(rows: Collection[Ours]) -> dict[int, Tries]:
    """The tries of unconfirmed postbacks by their keys; where the log has less than all, since they were recorded."""
    wanted = [row.postback_id for row in rows if row.postback_id]
    logged = {
        entry["postback_id"]: entry
        for entry in Attempt.objects.filter(postback_id__in=wanted)
        .values("postback_id")
        .annotate(first=Min("started_at"), last=Max("started_at"), logged=Count("id"))
        .order_by()
    }
    has_it = (Verdict.ACCEPTED, Verdict.DUPLICATE)
    late = set(
        Attempt.objects.filter(postback_id__in=wanted, is_late=True, verdict__in=has_it).values_list(
            "postback_id", flat=True
        )
    )
    urls: dict[int, set[str]] = defaultdict(set)
    for postback_id, url in Attempt.objects.filter(postback_id__in=wanted).values_list("postback_id", "url"):
        urls[postback_id].add(url)
    found = {}
    for row in rows:
        if not row.postback_id or not row.created_at:
            continue
        entry = logged.get(row.postback_id)
        is_whole = entry is not None and entry["logged"] >= row.attempts_made
        first = entry["first"] if entry and is_whole else row.created_at
        last = [at for at in (row.settled_at, entry and entry["last"]) if at]
        sent_as = frozenset(
            value
            for url in urls[row.postback_id]
            for _, value in parse_qsl(urlsplit(url).query)
            if row.order_id in value
        )
        found[row.postback_id] = Tries(first, max(last, default=row.created_at), row.postback_id in late, sent_as)
    return found


# The ids as they were sent ----------------------------------------------------------------------------------


class SentIds:
    """An order's id as its offer's URL sends it: a brand before it, or something behind, belongs to the URL."""

    def __init__(self, offers: Collection[Offer]) -> None:
        self._around = {offer.offer_id: _around(offer.postback_url) for offer in offers}
        self._all = {pair for pairs in self._around.values() for pair in pairs}

    def of(self, order_id: str, offer_id: str) -> set[str]:
        """All forms in which the export may list the order."""
        around = self._around.get(offer_id, ())
        return {order_id, *(f"{before}{order_id}{after}" for before, after in around)}

    def candidates(self, listed: str) -> set[str]:
        """The order ids that may be meant by an id in the export."""
        return {listed} | {
            listed[len(before) : len(listed) - len(after)]
            for before, after in self._all
            if listed.startswith(before) and listed.endswith(after) and len(listed) > len(before) + len(after)
        }


_MARK: Final = "0ORDERIDHERE0"


def _around(postback_url: str) -> set[tuple[str, str]]:
    """What stands before and behind the order id in the parameters that carry it alone."""
    try:
        parameters = template.parse(postback_url).parameters
    except template.TemplateError:
        return set()
    found = set()
    for parameter in parameters:
        if parameter.macros != ("ORDER_ID",):
            continue
        filled = template.Template("https", "", "", "/", (parameter,)).fill({"ORDER_ID": _MARK})
        for _, value in parse_qsl(filled.partition("?")[2], keep_blank_values=True):
            before, mark, after = value.partition(_MARK)
            if mark and (before or after):
                found.add((before, after))
    return found
