"""Refunds against a simple model: whatever the order of the signals, tries and answers, Aspire's number is right or
a person is told. Nothing is paid twice, and what is known never depends on the order in which it was told.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.factories import OfferFactory, completed_order, visit_from
from tracking.models import Adjustment, Attempt, Conversion, EarlyRefund, Offer, Postback
from tracking.postbacks import delivery, outbox
from tracking.postbacks.verdicts import NoReply, Reply
from tracking.signals import order_cancelled, order_completed, order_refunded

pytestmark = pytest.mark.django_db

WHOLE = Decimal(50)
ANSWERS = {
    "yes": (Reply(200, "success=true;"), True),
    "no": (Reply(200, "success=false; err_msg=No such partner;"), False),
    "busy": (Reply(503, ""), False),
    "counted, and never answered": (NoReply("no answer within 15 s", was_sent=True), True),
    "lost, and never answered": (NoReply("no answer within 15 s", was_sent=True), False),
    "refused": (NoReply("refused", was_sent=False), False),
}
CENT = Decimal("0.01")
NEWS = st.sampled_from(["nothing", "nothing", "1.2", "1", "0.9", "0.5", "0.333", "cancelled"])


@dataclass
class Aspire:
    """What Aspire has of the order: it drops repeats if the offer says so, and counts each otherwise."""

    drops_repeats: bool
    answer: str = "yes"
    counted: list[Decimal] = field(default_factory=list)

    def get(self, url: str, **_options: object) -> Reply | NoReply:
        reply, counts = ANSWERS[self.answer]
        if counts and self.drops_repeats and self.counted:
            return Reply(200, "success=false; err_msg=Duplicate conversion;") if self.answer == "yes" else reply
        if counts:
            self.counted.append(Decimal(url.partition("amount=")[2].partition("&")[0]))
        return reply


class RefundMachine(RuleBasedStateMachine):
    @initialize(deduplicates=st.booleans())
    def begin(self, deduplicates: bool) -> None:
        for model in (Adjustment, EarlyRefund, Attempt, Postback, Conversion, Offer):
            model.objects.all().delete()  # type: ignore[attr-defined]
        OfferFactory(deduplicates=deduplicates)
        self.clock = timezone.now()
        self.aspire = Aspire(deduplicates)
        self.least = WHOLE
        self.is_completed = False
        self.seen_to: Decimal | None = None

    @precondition(lambda self: not self.is_completed)
    @rule()
    def the_order_is_completed(self) -> None:
        order_completed.send(sender=None, order=completed_order(items_total=WHOLE), request=visit_from("77"))
        self.is_completed = True

    @rule(news=NEWS)
    def the_shop_says(self, news: str) -> None:
        """What it says of the order, in relation to the least that it has said before."""
        if news == "cancelled":
            order_cancelled.send(sender=None, order_id="1001")
            self.least = Decimal(0)
        elif news != "nothing":
            left = (self.least * Decimal(news)).quantize(CENT)
            order_refunded.send(sender=None, order_id="1001", items_total=left)
            self.least = min(self.least, left)

    @rule(answer=st.sampled_from([*sorted(ANSWERS), "given back unsent"]), before=NEWS, after=NEWS)
    def a_process_tries(self, answer: str, before: str, after: str) -> None:
        """Claims it, sends it and writes the result down; the shop may say something in between."""
        self.clock += timedelta(days=1)
        with time_machine.travel(self.clock, tick=False):
            for claim in outbox.claim(1, now=self.clock):
                self.the_shop_says(before)
                if answer == "given back unsent":
                    outbox.release([claim])
                    continue
                self.aspire.answer = answer
                result = delivery.send(claim, self.aspire)  # type: ignore[arg-type]
                self.the_shop_says(after)
                delivery.settle([result])

    @rule()
    def a_person_sees_to_it(self) -> None:
        for adjustment in Adjustment.objects.open():
            self.seen_to = adjustment.amount_due
            Adjustment.objects.filter(pk=adjustment.pk).update(done_at=self.clock, done_by_name="ann")

    @invariant()
    def what_is_known_is_the_least_that_was_told(self) -> None:
        if not self.is_completed:
            early = EarlyRefund.objects.first()
            assert (min(early.items_left, WHOLE) if early else WHOLE) == self.least
            return
        left = Conversion.objects.get().items_left
        assert (WHOLE if left is None else left) == self.least
        assert not EarlyRefund.objects.exists()

    @invariant()
    def nothing_is_doubled(self) -> None:
        assert Postback.objects.count() == self.is_completed
        assert Adjustment.objects.count() <= 1
        assert len(self.aspire.counted) <= 1

    @invariant()
    def what_aspire_has_is_right_or_a_person_is_told(self) -> None:
        row = Postback.objects.first()
        if row is None:
            return
        if row.status == "pending" and not row.is_in_doubt:
            assert row.amount == self.least
        waits = Adjustment.objects.open().exists()
        if row.status == "pending":
            return
        for counted in self.aspire.counted:
            assert counted == row.amount
            assert counted == self.least or waits or self.seen_to == self.least
        if waits:
            assert row.amount is not None
            assert row.amount > self.least
            assert self.seen_to is None or self.seen_to > self.least

    @invariant()
    def what_came_back_whole_is_never_sent(self) -> None:
        if self.least == 0:
            assert outbox.claim(5, now=self.clock + timedelta(days=400)) == []


def test_whatever_the_order_of_events_aspires_number_is_right_or_a_person_is_told() -> None:
    run_state_machine_as_test(
        RefundMachine,
        settings=settings(
            max_examples=60,
            stateful_step_count=10,
            deadline=None,
            derandomize=True,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
