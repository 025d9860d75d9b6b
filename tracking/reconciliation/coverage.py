"""Whether an order's absence from the export proves that Aspire does not have it. Plain rules, on the careful side.

A file can be cut short, filtered, or for another offer, and nothing in it says so. So absence proves something only
where orders that we know are listed, for the same offer, from before the first try and from after the last one. When
they reached Aspire we know ourselves; the file's dates, in whatever time zone, can only make that more exact.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from tracking.reconciliation.values import Moment

MARGIN: Final = timedelta(hours=1)  # between two clocks, and until Aspire has booked what it received
MISSED: Final = 50  # one accepted order in so many may be missing; more, and the file is not what it seems


@dataclass(slots=True)
class Span:
    """From when to when there surely are rows."""

    first: datetime | None = None
    last: datetime | None = None

    def add(self, moment: Moment) -> None:
        """Count a row in: it is from `latest` at the latest, and from `earliest` at the earliest."""
        self.first = min(self.first or moment.latest, moment.latest)
        self.last = max(self.last or moment.earliest, moment.earliest)


@dataclass(frozen=True, slots=True)
class Stated:
    """A person's word that the file holds everything Aspire recorded from `first` until `last`, unfiltered."""

    first: datetime
    last: datetime
    offers: frozenset[str] = frozenset()
    """Offers that the file is for, though it may hold no row of theirs."""


@dataclass(slots=True)
class Coverage:
    """What the rows that we know say of the time, the offers and the affiliates that the file is about."""

    stated: Stated | None = None
    is_unfiltered: bool = False
    """A person says that no filter was set."""
    offers: set[str] = field(default_factory=set)
    """Our offers that the file lists orders of."""
    affiliates: set[str] = field(default_factory=set)
    contradictions: int = 0
    """Rows whose date cannot be when they were sent: another kind of date, or another time zone than was said."""
    listed: Counter[str] = field(default_factory=Counter)
    """By offer: orders that Aspire accepted and the file lists …"""
    missing: Counter[str] = field(default_factory=Counter)
    """… and those from the time of the file that it does not list."""
    _sent: dict[str, Span] = field(default_factory=dict)
    _dated: dict[str, Span] = field(default_factory=dict)

    def add(self, *, offer_id: str, affiliate_id: str, sent: Moment | None, dated: Moment | None) -> None:
        """Count in a row of the export that is an order of ours: when we sent it, and when the file says it came."""
        self.offers.add(offer_id)
        if affiliate_id:
            self.affiliates.add(affiliate_id)
        if sent:
            self._sent.setdefault(offer_id, Span()).add(sent)
        if dated:
            self._dated.setdefault(offer_id, Span()).add(dated)
        if sent and dated and not (sent.earliest - MARGIN <= dated.latest and dated.earliest <= sent.latest + MARGIN):
            self.contradictions += 1

    def span(self, offer_id: str) -> Span:
        """From when to when the file surely has rows of an offer."""
        spans = [self._sent.get(offer_id), None if self.contradictions else self._dated.get(offer_id)]
        return Span(
            min((span.first for span in spans if span and span.first), default=None),
            max((span.last for span in spans if span and span.last), default=None),
        )

    def lists_offer(self, offer_id: str) -> bool:
        """Tell whether the file is about this offer."""
        return offer_id in self.offers or bool(self.stated and offer_id in self.stated.offers)


@dataclass(frozen=True, slots=True)
class FileTraits:
    """What `listing.Survey` found out about the file, as far as it matters here."""

    has_rejections: bool
    """A status other than a good one is in it: so it was not filtered by status."""
    has_mangled_ids: bool
    may_be_cut: bool


def why_not_proven(
    coverage: Coverage, file: FileTraits, *, offer_id: str, affiliate_id: str, first: datetime, last: datetime
) -> str:
    """Why an order that is not in the file may be at Aspire all the same; empty if it cannot be.

    `first` and `last` bound when its requests may have arrived.
    """
    if file.has_mangled_ids:
        return (
            "the file has order ids that a spreadsheet turned into numbers such as 1.2E+15: reconcile the file as "
            "Aspire exported it, unopened"
        )
    if not coverage.lists_offer(offer_id):
        return (
            f"the file lists no order of ours under offer {offer_id}, so it may be for another one: "
            "if it is not, say from when to when it holds all (--covers FROM TO) and for which offer "
            f"(--offer {offer_id})"
        )
    if stated := coverage.stated:
        is_inside = stated.first <= first - MARGIN and last + MARGIN <= stated.last
        return "" if is_inside else "it was tried outside the time that the file is said to hold (--covers)"
    return _time_is_not_covered(coverage.span(offer_id), file, first, last) or _may_be_filtered(
        coverage, file, offer_id, affiliate_id
    )


def _time_is_not_covered(span: Span, file: FileTraits, first: datetime, last: datetime) -> str:
    if span.first is None or span.first > first - MARGIN:
        return "the file lists nothing of its offer from before its first try: export from an earlier day on"
    if span.last is None or span.last < last + MARGIN:
        return "the file lists nothing of its offer from after its last try: export again later"
    if file.may_be_cut:
        return (
            "the last row has no line break and the rows are not in order of time, so the file may be cut short: "
            "export it again, or say from when to when it holds all (--covers FROM TO)"
        )
    return ""


def _may_be_filtered(coverage: Coverage, file: FileTraits, offer_id: str, affiliate_id: str) -> str:
    if coverage.is_unfiltered:
        return ""
    missing, listed = coverage.missing[offer_id], coverage.listed[offer_id]
    if missing * MISSED > listed:
        return (
            f"the file lacks {missing} orders of its time that Aspire accepted and has {listed}, so it may have been "
            "exported with a filter, or cut: if it was not, say that it has no filter (--unfiltered)"
        )
    if not file.has_rejections:
        return (
            "the file shows no rejected sale, so it may have been exported with a filter on the status: if it was not, "
            "say that it has no filter (--unfiltered)"
        )
    # With a transaction id alone nobody here knows the affiliate.
    if affiliate_id not in coverage.affiliates and (affiliate_id or len(coverage.affiliates) < 2):
        whose = f"affiliate {affiliate_id}" if affiliate_id else "several affiliates"
        return (
            f"the file lists no order of {whose}, so it may have been exported with a filter: if it was not, say that "
            "it has no filter (--unfiltered)"
        )
    return ""


def is_within(span: Span, *, first: datetime, last: datetime) -> bool:
    """Tell whether something from that time ought to be among the rows of a span."""
    return bool(span.first and span.last and span.first <= first and last <= span.last)
