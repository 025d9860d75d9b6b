"""The outbox against a simple model of it: any order of events keeps to design's diagram, and nobody is paid twice.

Delivery judges and the outbox writes.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import pytest
import time_machine
from django.db.models import Count, Q
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from tests.factories import ConversionFactory, OfferFactory
from tests.tracking.outbox.model import ANSWERS, ASKS_TO_REPEAT, MAY_CHANGE, UNKNOWN, Aspire, Model
from tracking.models import Attempt, Conversion, Offer, Postback
from tracking.postbacks import delivery, outbox
from tracking.postbacks.outbox import LEASE, Claim, Settlement
from tracking.postbacks.retries import SCHEDULE

pytestmark = pytest.mark.django_db

OFFER_CHANGES: Final = "the merchant learns whether Aspire deduplicates"
DECISIONS: Final = ["send again", "mark as accepted", "cancel", "call off"]


@dataclass(frozen=True)
class Result:
    """What came back for a claim, not yet written down."""

    settlement: Settlement
    answer: str


class OutboxMachine(RuleBasedStateMachine):
    claims: Bundle[Claim] = Bundle("claims")
    """Held by a process that has not sent them yet."""
    results: Bundle[Result] = Bundle("results")
    """Sent, and perhaps written down already: a process that heard nothing of its commit writes them again."""

    @initialize(deduplicates=st.booleans())
    def begin(self, deduplicates: bool) -> None:
        for model in (Attempt, Postback, Conversion, Offer):
            model.objects.all().delete()
        self.clock = timezone.now()
        self.offer = OfferFactory(deduplicates=deduplicates)
        self.rows: dict[int, Model] = {}
        self.states: dict[int, str] = {}
        for _ in range(3):
            self.an_order_completes()

    def now(self) -> Any:
        """The model's time, for what asks the clock."""
        return time_machine.travel(self.clock, tick=False)

    @rule()
    def an_order_completes(self) -> None:
        with self.now():
            row = outbox.enqueue(ConversionFactory(offer=self.offer), now=self.clock)
        self.rows[row.pk] = Model(due_at=self.clock)

    @rule(seconds=st.sampled_from([1, 40, 70, 91, 90_000]), is_swept=st.booleans())
    def time_passes(self, seconds: int, is_swept: bool) -> None:
        self.clock += timedelta(seconds=seconds)
        if is_swept:
            self.expired_leases_are_swept()

    def expired_leases_are_swept(self) -> None:
        expired = {
            pk: row
            for pk, row in self.rows.items()
            if row.status == "sending" and row.lease_expires_at and row.lease_expires_at < self.clock
        }
        with self.now():
            assert delivery.sweep() == len(expired)
        for pk, row in expired.items():
            row.attempts += 1
            row.tries_left -= 1
            due_at = Postback.objects.values_list("due_at", flat=True).get(pk=pk)
            row.leave("pending" if self.offer.deduplicates and row.tries_left else "unconfirmed", due_at=due_at)
            row.log.add("swept")
            row.in_doubt = True

    @rule(target=claims, limit=st.integers(1, 3))
    def a_process_claims(self, limit: int) -> Any:
        due = self.due()
        with self.now():
            claims = outbox.claim(limit, now=self.clock)
        self.began(claims, due[:limit])
        return multiple(*claims)

    def due(self) -> list[int]:
        """The rows that may be claimed now, oldest first."""
        pending = [(row.due_at, pk) for pk, row in self.rows.items() if row.status == "pending" and row.due_at]
        return [pk for due_at, pk in sorted(pending) if due_at <= self.clock]

    def began(self, claims: list[Claim], expected: list[int]) -> None:
        assert [claim.postback_id for claim in claims] == expected
        for claim in claims:
            row = self.rows[claim.postback_id]
            assert not row.is_called_off
            row.status, row.holder, row.lease_expires_at = "sending", claim.token, self.clock + LEASE

    @rule(target=results, claim=consumes(claims), answer=st.sampled_from(sorted(ANSWERS)))
    def a_claim_is_sent(self, claim: Claim, answer: str) -> Result:
        row, aspire = self.rows[claim.postback_id], Aspire(answer)
        with self.now():
            settlement = delivery.send(claim, aspire)  # type: ignore[arg-type]
        if not aspire.was_asked:
            return Result(settlement, "refused" if settlement.attempt else "held back")
        assert row.holder == claim.token, "sent without holding it"
        assert not row.in_doubt or claim.offer.deduplicates, "sent again with an unknown outcome, and nobody was asked"
        return Result(settlement, answer)

    @rule(result=results)
    def a_result_is_written_down(self, result: Result) -> None:
        claim = result.settlement.claim
        row = self.rows[claim.postback_id]
        holds = row.holder == claim.token
        late = Attempt.objects.filter(is_late=True).count()
        with self.now():
            delivery.settle([result.settlement])
        is_logged_late = not holds and result.settlement.attempt is not None
        assert Attempt.objects.filter(is_late=True).count() == late + is_logged_late
        if holds:
            self.expect(row, claim, result)

    @rule(target=results, answers=st.lists(st.sampled_from([*sorted(ANSWERS), OFFER_CHANGES]), min_size=2, max_size=5))
    def a_process_delivers(self, answers: list[str]) -> Any:
        """What falls due first, from the claim to the result written down; again and again, as the answers are."""
        results: list[Result] = []
        for answer in answers:
            if answer == OFFER_CHANGES:
                self.offer.deduplicates = not self.offer.deduplicates
                self.offer.save()
            else:
                results += self.deliver_the_next(answer)
        return multiple(*results)

    def deliver_the_next(self, answer: str) -> list[Result]:
        self.clock = max([self.clock, *sorted(row.due_at for row in self.rows.values() if row.due_at)[:1]])
        due = self.due()
        with self.now():
            claims = outbox.claim(1, now=self.clock)
        self.began(claims, due[:1])
        results = [self.a_claim_is_sent(claim, answer) for claim in claims]
        for result in results:
            self.a_result_is_written_down(result)
        return results

    def expect(self, row: Model, claim: Claim, result: Result) -> None:
        """What a result makes of the row whose claim it is."""
        answer, deduplicates = result.answer, claim.offer.deduplicates
        if answer == "held back":
            row.leave("unconfirmed")
            return
        row.attempts += 1
        row.tries_left -= 1
        may_repeat = answer in ASKS_TO_REPEAT | {"refused"} or (answer in UNKNOWN and deduplicates)
        if may_repeat and row.tries_left:
            row.leave("pending", due_at=self.due_at(claim))
        elif answer in UNKNOWN:
            row.leave("unconfirmed")
        elif answer == "yes" or (answer == "duplicate" and row.may_have_been_counted):
            row.leave("accepted")
        elif answer in {"no", "duplicate"}:
            row.leave("rejected")
        else:
            row.leave("unconfirmed" if row.log & (UNKNOWN | {"swept"}) else "failed")
        row.log.add(answer)
        row.in_doubt |= answer in UNKNOWN

    def due_at(self, claim: Claim) -> datetime | None:
        """The schedule has tests of its own: here only that the row waits."""
        due_at = Postback.objects.values_list("due_at", flat=True).get(pk=claim.postback_id)
        if not self.rows[claim.postback_id].is_called_off:
            assert due_at is not None
            assert due_at > claim.lease_expires_at - LEASE
        return due_at

    @rule(claim=consumes(claims), is_called_off=st.booleans())
    def a_claim_is_given_back_unsent(self, claim: Claim, is_called_off: bool) -> None:
        if is_called_off:
            self.decide(claim.postback_id, "call off")
        with self.now():
            outbox.release([claim])
        row = self.rows[claim.postback_id]
        if row.holder == claim.token:
            row.leave("pending", due_at=row.due_at)

    @rule(data=st.data(), what=st.sampled_from(DECISIONS))
    def a_person_decides(self, data: st.DataObject, what: str) -> None:
        """Of one row. An order that is cancelled or refunded is called off by the shop."""
        self.decide(data.draw(st.sampled_from(sorted(self.rows))), what)

    def decide(self, pk: int, what: str) -> None:
        row, rows = self.rows[pk], Postback.objects.filter(pk=pk)
        with self.now():
            if what == "send again":
                may = row.status in {"pending", "rejected", "unconfirmed", "failed"} and not row.is_called_off
                assert outbox.send_again(rows, why="By hand.") == may
                if may:
                    row.status, row.due_at, row.in_doubt = "pending", self.clock, False
                    row.tries_left = 1 + len(SCHEDULE)
            elif what == "mark as accepted":
                may = row.status in {"rejected", "unconfirmed", "failed"}
                assert outbox.mark_accepted(rows, why="By hand.") == may
                row.status = "accepted" if may else row.status
            else:
                may = row.status == "pending"
                row.is_called_off |= what == "call off" and row.status not in {"accepted", "cancelled"}
                assert (outbox.call_off(rows) if what == "call off" else outbox.cancel(rows, why="By hand.")) == may
                if may:
                    row.status, row.due_at = "cancelled", None

    @invariant()
    def every_row_is_as_the_model_says(self) -> None:
        for row in Postback.objects.annotate(logged=Count("attempts", filter=Q(attempts__is_late=False))):
            model = self.rows[row.pk]
            found = (row.status, row.due_at, row.claim_token, row.lease_expires_at, row.attempts_made)
            assert found == (model.status, model.due_at, model.holder, model.lease_expires_at, model.attempts)
            assert (row.is_called_off, row.is_in_doubt) == (model.is_called_off, model.in_doubt)
            assert (row.settled_at is None) == (row.status in {"pending", "sending"})
            assert row.logged == row.attempts_made
            before = self.states.get(row.pk, "pending")
            assert before == row.status or (before, row.status) in MAY_CHANGE
            self.states[row.pk] = row.status


def test_any_order_of_events_is_as_the_model_says() -> None:
    run_state_machine_as_test(
        OutboxMachine,
        settings=settings(
            max_examples=120,
            stateful_step_count=30,
            deadline=None,
            derandomize=True,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
