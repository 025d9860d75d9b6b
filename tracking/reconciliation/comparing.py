"""Comparing: every order that Aspire lists beside ours, then every order of ours that it does not list."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice

from django.utils import timezone

from tracking.models import Offer, Postback
from tracking.reconciliation.coverage import Coverage, FileTraits, is_within, why_not_proven
from tracking.reconciliation.findings import Action, Finding, Kind
from tracking.reconciliation.listing import Line, Listed, Listing
from tracking.reconciliation.ours import (
    PAGE,
    Ours,
    SentIds,
    Tries,
    accepted,
    by_order_id,
    of_postbacks,
    tries_of,
    unconfirmed,
)
from tracking.reconciliation.values import Moment, Standing

Status = Postback.Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a person says about the comparison."""

    since: datetime | None = None
    until: datetime | None = None
    offer_id: str = ""


class Comparison:
    """One comparison. `findings` yields each order once; what it learns on the way decides what absence proves."""

    def __init__(self, listing: Listing, coverage: Coverage, terms: Terms) -> None:
        self.tests_left_out = 0
        self._listing, self._coverage, self._terms = listing, coverage, terms
        offers = list(Offer.objects.all())
        self._sent_ids = SentIds(offers)
        self._plain_offers = {offer.offer_id for offer in offers if not offer.is_global}
        self._now = timezone.now()
        survey = listing.survey
        self._file = FileTraits(
            has_rejections=survey.standings > {Standing.COUNTED},
            has_mangled_ids=survey.mangled > 0,
            may_be_cut=not (survey.ends_whole or survey.is_in_order_of_time),
        )

    @property
    def contradictions(self) -> int:
        """How many dates of the file cannot be right."""
        return self._coverage.contradictions

    def findings(self) -> Iterator[Finding]:
        """Aspire's side first: the second half rests on what the first has seen."""
        yield from self._theirs()
        yield from self._not_listed_accepted()
        yield from self._not_listed_unconfirmed()

    # What Aspire lists --------------------------------------------------------------------------------------

    def _theirs(self) -> Iterator[Finding]:
        orders = self._listing.orders()
        while page := list(islice(orders, PAGE)):
            candidates = {candidate for listed in page for candidate in self._sent_ids.candidates(listed.order_id)}
            ours: dict[str, list[Ours]] = {}
            for row in by_order_id(candidates):
                for sent in self._sent_ids.of(row.order_id, row.offer_id):
                    ours.setdefault(sent, []).append(row)
            for listed in page:
                found = ours.get(listed.order_id, [])
                # Where the URL puts a brand before the id, the order without it is meant.
                real = [row for row in found if not row.is_test]
                real.sort(key=lambda row: row.order_id == listed.order_id)
                if found and not real:
                    self.tests_left_out += 1
                elif real:
                    yield self._beside(listed, real[0])
                else:
                    yield _unknown(listed)

    def _beside(self, listed: Listed, ours: Ours) -> Finding:
        self._learn(listed, ours)
        counted = listed.of(Standing.COUNTED)
        line = (counted or listed.lines)[0]
        kind, remark = self._judge(listed, line, ours)
        is_here = ours.status == Status.UNCONFIRMED and bool(counted)
        settles = is_here and kind in {Kind.CONFIRMED, Kind.AMOUNT_DIFFERS, Kind.COUNTED_TWICE}
        return Finding(
            kind=kind,
            order_id=ours.order_id,
            rows=tuple(one.row for one in listed.lines),
            offer_id=ours.offer_id or line.offer_id,
            affiliate_id=ours.affiliate_id or line.affiliate_id,
            currency=ours.offer_currency or ours.order_currency,
            amount_here=ours.amount,
            amount_there=line.amount,
            status_here=ours.status or ours.outcome,
            status_there=line.status,
            reported_at=ours.settled_at,
            recorded_there=line.recorded,
            remark=remark,
            action=Action.ACCEPT if settles else Action.NONE,
            postback_id=ours.postback_id,
            attempts_made=ours.attempts_made,
        )

    def _learn(self, listed: Listed, ours: Ours) -> None:
        sent = None
        self._coverage.listed[ours.offer_id] += ours.status == Status.ACCEPTED
        if ours.created_at and ours.settled_at and ours.status in {Status.ACCEPTED, Status.UNCONFIRMED}:
            sent = Moment(ours.created_at, ours.settled_at)
        for line in listed.lines:
            dated = line.moment if line.moment and line.moment.earliest <= self._now else None
            # A row that takes money back is from another day than the sale.
            if line.amount is None or line.amount >= 0:
                self._coverage.add(offer_id=ours.offer_id, affiliate_id=ours.affiliate_id, sent=sent, dated=dated)

    def _judge(self, listed: Listed, line: Line, ours: Ours) -> tuple[Kind, str]:
        counted = listed.of(Standing.COUNTED)
        if not counted:
            if listed.of(Standing.UNCLEAR):
                return Kind.UNCLEAR, f"Aspire's status “{line.status}” is not known here."
            return Kind.REJECTED, "It was cancelled or refunded here, too." if ours.came_back else ""
        if len(counted) > 1:
            return Kind.COUNTED_TWICE, f"Listed {listed.rows} times, counted {len(counted)} times."
        if differs := self._other_party(line, ours):
            return Kind.UNCLEAR, differs
        if ours.postback_id is None and ours.outcome != "credited":
            return Kind.UNEXPECTED, f"Not credited here: {ours.outcome}."
        if ours.status in {Status.PENDING, Status.SENDING, Status.REJECTED, Status.FAILED, Status.CANCELLED}:
            return Kind.UNEXPECTED, f"Here it is {ours.status}."
        is_adjusted = ours.amount_left is not None and line.amount == ours.amount_left
        if ours.amount is not None and line.amount is not None and ours.amount != line.amount and not is_adjusted:
            return Kind.AMOUNT_DIFFERS, f"Sent {ours.amount}, booked {line.amount}."
        return Kind.CONFIRMED, _refunded(line, ours)

    def _other_party(self, line: Line, ours: Ours) -> str:
        """Whether Aspire credits somebody else with the order; columns with names in place of ids do not tell."""
        there = line.affiliate_id
        if there.isdigit() and ours.affiliate_id.isdigit() and there != ours.affiliate_id:
            return f"Aspire credits affiliate {there}; here it is {ours.affiliate_id}."
        offer = line.offer_id
        if offer != ours.offer_id and {offer, ours.offer_id} <= self._plain_offers:
            return f"Aspire lists it under offer {offer}; here it is {ours.offer_id}."
        return ""

    # What it does not list ----------------------------------------------------------------------------------

    def _not_listed_accepted(self) -> Iterator[Finding]:
        since, until = self._period()
        if since is None or until is None:
            return
        for page in accepted(since=since, until=until):
            absent = self._absent(page)
            for row in of_postbacks(absent) if absent else ():
                if row.status == Status.ACCEPTED and self._ought_to_be_there(row):
                    self._coverage.missing[row.offer_id] += 1
                    yield self._missing(row)

    def _period(self) -> tuple[datetime | None, datetime | None]:
        """Outside of it nothing can be missing."""
        stated, terms = self._coverage.stated, self._terms
        spans = [self._coverage.span(offer_id) for offer_id in self._coverage.offers]
        first = [stated.first] if stated else [span.first for span in spans if span.first]
        last = [stated.last] if stated else [span.last for span in spans if span.last]
        since = max(filter(None, (min(first, default=None), terms.since)), default=None)
        return since, min(filter(None, (max(last, default=None), terms.until)), default=None)

    def _ought_to_be_there(self, row: Ours) -> bool:
        if not row.created_at or not row.settled_at:
            return False
        if self._coverage.stated:
            return self._coverage.lists_offer(row.offer_id)
        return is_within(self._coverage.span(row.offer_id), first=row.created_at, last=row.settled_at)

    def _not_listed_unconfirmed(self) -> Iterator[Finding]:
        for page in unconfirmed():
            not_listed = set(self._absent((row.postback_id or 0, row.order_id, row.offer_id) for row in page))
            absent = [row for row in page if row.postback_id in not_listed and self._is_in_terms(row)]
            tries = tries_of(absent)
            for row in absent:
                found = self._missing(row)
                why = self._why_not_proven(row, tries.get(row.postback_id or 0))
                if why:
                    yield replace(found, kind=Kind.OPEN, remark=_sentence(why))
                else:
                    yield replace(found, action=Action.SEND_AGAIN, remark="Not in the file, which covers its time.")

    def _is_in_terms(self, row: Ours) -> bool:
        at, terms = row.created_at or datetime.max.replace(tzinfo=UTC), self._terms
        return (terms.since is None or at >= terms.since) and (terms.until is None or at < terms.until)

    def _why_not_proven(self, row: Ours, tries: Tries | None) -> str:
        if row.came_back:
            return "the order was cancelled or refunded, so it is not sent again"
        if tries is None or tries.was_accepted:
            return "an answer that came too late to count says that Aspire has it: mark it as accepted"
        if tries.last >= timezone.now():
            return "its last try is not over"
        for sent in sorted(self._sent_ids.of(row.order_id, row.offer_id) | tries.sent_as):
            if like := self._listing.lists_like(sent):
                return f"the file lists “{like}”, which may be this order, retyped"
        if self._listing.lists_transaction(row.transaction_id):
            return "the file lists its transaction id under another order"
        return why_not_proven(
            self._coverage,
            self._file,
            offer_id=row.offer_id,
            affiliate_id=row.affiliate_id,
            first=tries.first,
            last=tries.last,
        )

    def _absent(self, page: Iterable[tuple[int, str, str]]) -> list[int]:
        """Those of the postbacks, given with their orders and offers, that the file does not list."""
        forms = {
            postback_id: self._sent_ids.of(order_id, offer_id)
            for postback_id, order_id, offer_id in page
            if self._terms.offer_id in {"", offer_id}
        }
        listed = self._listing.lists(set().union(*forms.values()))
        return [postback_id for postback_id, sent in forms.items() if not sent & listed]

    def _missing(self, row: Ours) -> Finding:
        return Finding(
            kind=Kind.MISSING,
            order_id=row.order_id,
            offer_id=row.offer_id,
            affiliate_id=row.affiliate_id,
            currency=row.offer_currency,
            amount_here=row.amount,
            status_here=row.status,
            reported_at=row.settled_at,
            postback_id=row.postback_id,
            attempts_made=row.attempts_made,
        )


def _unknown(listed: Listed) -> Finding:
    line = listed.lines[0]
    counted = len(listed.of(Standing.COUNTED))
    return Finding(
        kind=Kind.UNKNOWN,
        order_id=listed.order_id,
        rows=tuple(one.row for one in listed.lines),
        offer_id=line.offer_id,
        affiliate_id=line.affiliate_id,
        amount_there=line.amount,
        status_there=line.status,
        recorded_there=line.recorded,
        remark=f"Counted {counted} times." if counted > 1 else "",
    )


def _refunded(line: Line, ours: Ours) -> str:
    """What to know of an order that is counted at both sides and came back after it was sent."""
    left = ours.amount_left
    if left is None or left == ours.amount:
        return ""
    if line.amount == left:
        return f"Sent {ours.amount}; {left} should stand after its refund, and does."
    return f"It came back here: {left} should stand; see Adjustments."


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."
