"""The outbox: who may send a row, and what becomes of it. Against the database in use."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
import time_machine
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from tests.factories import ConversionFactory, OfferFactory, PostbackFactory
from tracking.models import Attempt, Conversion, Offer, Postback
from tracking.postbacks import delivery, outbox
from tracking.postbacks.outbox import LEASE, Claim, Settlement, by_hand, claims
from tracking.postbacks.retries import Next, decide_next
from tracking.postbacks.verdicts import Judgement, Verdict
from tracking.signals import postback_settled

pytestmark = pytest.mark.django_db

Status = Postback.Status
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def offer() -> Offer:
    return OfferFactory()


def due(offer: Offer, minutes_ago: float = 1, **values: object) -> Postback:
    return PostbackFactory(offer=offer, due_at=NOW - timedelta(minutes=minutes_ago), **values)


def claimed(offer: Offer, *, now: datetime = NOW, **values: object) -> Claim:
    """A row that this process has claimed."""
    row = due(offer, **values)
    return next(claim for claim in outbox.claim(100, now=now) if claim.postback_id == row.pk)


def attempt_of(claim: Claim, verdict: Verdict = Verdict.ACCEPTED) -> Attempt:
    return Attempt(postback_id=claim.postback_id, started_at=NOW, url="https://get.aspr.app/", verdict=verdict)


def settled_as(claim: Claim, status: str, verdict: Verdict = Verdict.ACCEPTED, *, was_tried: bool = True) -> Settlement:
    due_at = NOW + timedelta(minutes=5) if status == "pending" else None
    return Settlement(claim, Next(status, "words", due_at), verdict, attempt_of(claim, verdict) if was_tried else None)


@contextmanager
def statements() -> Iterator[list[str]]:
    """The statements run in the block, those of transactions apart."""
    found: list[str] = []
    with CaptureQueriesContext(connection) as captured:
        yield found
    words = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "ROLLBACK")
    found += [query["sql"] for query in captured if not query["sql"].startswith(words)]


# Owing ----------------------------------------------------------------------------------------------------------


def test_an_order_is_owed_at_once_and_for_its_amount(offer: Offer) -> None:
    row = outbox.enqueue(ConversionFactory(offer=offer, items_total=Decimal("49.995")), now=NOW)

    assert (row.status, row.due_at, row.amount, row.detail) == (Status.PENDING, NOW, Decimal("50.00"), "")


def test_the_amount_is_what_the_offer_goes_by(offer: Offer) -> None:
    offer.amount_basis = Offer.AmountBasis.TOTAL
    conversion = ConversionFactory(offer=offer, shipping=Decimal(5), tax=Decimal("4.12"))

    assert outbox.enqueue(conversion, now=NOW).amount == Decimal("59.11")


def test_a_lead_has_no_amount_and_waits_for_no_currency() -> None:
    conversion = ConversionFactory(offer=OfferFactory(kind=Offer.Kind.LEAD), currency="EUR")

    row = outbox.enqueue(conversion, now=NOW)

    assert (row.amount, row.due_at, row.detail) == (None, NOW, "")


def test_an_order_in_another_currency_waits_and_says_why_and_is_never_claimed(offer: Offer) -> None:
    row = outbox.enqueue(ConversionFactory(offer=offer, currency="EUR"), now=NOW)

    assert (row.status, row.due_at, row.amount) == (Status.PENDING, None, None)
    assert "The order is in EUR" in row.detail
    assert outbox.claim(10, now=NOW + timedelta(days=365)) == []
    assert outbox.next_due_at() is None


def test_sent_again_it_waits_on_until_the_currencies_agree(offer: Offer) -> None:
    row = outbox.enqueue(ConversionFactory(offer=offer, currency="EUR"), now=NOW)

    outbox.send_again(Postback.objects.all(), why="By hand.")
    row.refresh_from_db()
    assert (row.due_at, row.amount) == (None, None)
    assert "The order is in EUR" in row.detail

    Offer.objects.update(currency="EUR")
    outbox.send_again(Postback.objects.all(), why="By hand.")
    row.refresh_from_db()
    assert row.due_at is not None
    assert (row.amount, row.detail) == (Decimal("49.99"), "By hand.")


def test_the_database_holds_one_postback_for_a_conversion(offer: Offer) -> None:
    conversion = ConversionFactory(offer=offer)
    outbox.enqueue(conversion, now=NOW)

    with pytest.raises(IntegrityError), transaction.atomic():
        outbox.enqueue(conversion, now=NOW)


@pytest.mark.parametrize(
    "values",
    [
        {"status": "sending"},
        {"status": "sending", "claim_token": uuid4()},
        {"claim_token": uuid4()},
        {"lease_expires_at": NOW},
        {"amount": 0},
    ],
    ids=["sending without a lease", "sending for ever", "pending with a token", "pending with a lease", "no amount"],
)
def test_the_database_refuses_states_that_cannot_be(offer: Offer, values: dict[str, object]) -> None:
    row = due(offer)

    with pytest.raises(DatabaseError), transaction.atomic():
        Postback.objects.filter(pk=row.pk).update(**values)


# Claiming -------------------------------------------------------------------------------------------------------


def test_the_oldest_rows_are_claimed_first_and_no_more_than_asked(offer: Offer) -> None:
    rows = {age: due(offer, age) for age in (1, 3, 2)}
    tie = due(offer, 3)

    claims = outbox.claim(3, now=NOW)

    assert [claim.postback_id for claim in claims] == [rows[3].pk, tie.pk, rows[2].pk]
    assert Counter(Postback.objects.values_list("status", flat=True)) == {"sending": 3, "pending": 1}


def test_a_claim_holds_what_sending_needs_and_a_lease(offer: Offer) -> None:
    row = due(offer, attempts_made=3, attempts_before_requeue=1)

    (claim,) = outbox.claim(1, now=NOW)

    assert (claim.postback_id, claim.order_id, claim.affiliate_id) == (row.pk, row.conversion.order_id, "77")
    assert (claim.amount, claim.offer) == (Decimal("49.99"), offer)
    assert (claim.lease_expires_at, claim.scheduled_attempt) == (NOW + LEASE, 3)


@pytest.mark.parametrize(
    "values",
    [
        {"due_at": NOW + timedelta(seconds=1)},
        {"due_at": None},
        {"is_test": True},
        {"status": "accepted"},
        {"status": "rejected"},
        {"status": "unconfirmed"},
        {"status": "failed"},
        {"status": "cancelled"},
        {"status": "sending", "claim_token": uuid4(), "lease_expires_at": NOW - timedelta(days=1)},
    ],
    ids=lambda values: "-".join(values) + "-" + str(values.get("status", "")),
)
def test_nothing_else_is_claimed(offer: Offer, values: dict[str, object]) -> None:
    PostbackFactory(**{"offer": offer, "due_at": NOW, **values})

    assert outbox.claim(10, now=NOW) == []


def test_what_is_claimed_is_not_claimed_again(offer: Offer) -> None:
    due(offer)

    assert len(outbox.claim(10, now=NOW)) == 1
    assert outbox.claim(10, now=NOW) == []


def test_a_row_that_another_process_took_meanwhile_is_left_to_it(offer: Offer) -> None:
    """The conditional UPDATE decides, whatever was read before it."""
    first, second = due(offer), due(offer)
    outbox.claim(1, now=NOW)

    taken = claims._take(outbox.POSTBACK, [first.pk, second.pk], uuid4(), NOW)

    assert [claim.postback_id for claim in taken] == [second.pk]


def test_a_test_is_claimed_by_name_and_once(offer: Offer) -> None:
    row = due(offer, is_test=True)

    assert outbox.claim_test(row, now=NOW) is not None
    assert outbox.claim_test(row, now=NOW) is None


@pytest.mark.parametrize("count", [1, 20])
def test_a_claim_costs_few_statements_however_many_rows(offer: Offer, count: int) -> None:
    for _ in range(count):
        due(offer)

    with statements() as run:
        assert len(outbox.claim(32, now=NOW)) == count

    assert len(run) == (1 if connection.vendor == "postgresql" else 3), run


def test_a_look_at_an_empty_outbox_costs_one_statement() -> None:
    with statements() as run:
        outbox.claim(32, now=NOW)

    assert len(run) == 1, run


def test_the_next_due_row_is_known(offer: Offer) -> None:
    due(offer, minutes_ago=-9)
    due(offer, minutes_ago=-5)
    due(offer, minutes_ago=99, is_test=True)
    due(offer, minutes_ago=99, status="accepted")

    assert outbox.next_due_at() == NOW + timedelta(minutes=5)


# Settling -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["accepted", "rejected", "unconfirmed", "failed"])
def test_a_settled_row_keeps_its_verdict_and_its_attempt(offer: Offer, status: str) -> None:
    claim = claimed(offer)

    outbox.settle([settled_as(claim, status, Verdict.REJECTED)], now=NOW)

    row = Postback.objects.get()
    assert (row.status, row.verdict, row.detail, row.settled_at) == (status, "rejected", "words", NOW)
    assert (row.attempts_made, row.due_at, row.claim_token, row.lease_expires_at) == (1, None, None, None)
    assert [attempt.is_late for attempt in row.attempts.all()] == [False]


def test_a_row_to_be_tried_again_is_pending_and_due_later(offer: Offer) -> None:
    claim = claimed(offer)

    outbox.settle([settled_as(claim, "pending", Verdict.BUSY)], now=NOW)

    row = Postback.objects.get()
    assert (row.status, row.due_at, row.settled_at) == ("pending", NOW + timedelta(minutes=5), None)
    assert outbox.claim(1, now=NOW) == []
    assert len(outbox.claim(1, now=NOW + timedelta(minutes=5))) == 1


def test_a_row_that_was_never_tried_counts_no_attempt(offer: Offer) -> None:
    outbox.settle([settled_as(claimed(offer), "failed", Verdict.FAILED, was_tried=False)], now=NOW)

    assert Postback.objects.get().attempts_made == 0
    assert not Attempt.objects.exists()


def test_eight_results_alike_cost_two_statements_at_most(offer: Offer) -> None:
    for _ in range(8):
        due(offer)
    claims = outbox.claim(8, now=NOW)

    with statements() as run:
        outbox.settle([settled_as(claim, "accepted") for claim in claims], now=NOW)

    assert len(run) == (1 if connection.vendor == "postgresql" else 2), run


def test_results_of_different_claims_are_settled_together_each_to_its_own_state(offer: Offer) -> None:
    states = ["accepted", "rejected", "unconfirmed", "failed", "accepted"]
    claims = [claimed(offer) for _ in states]

    outbox.settle([settled_as(claim, status) for claim, status in zip(claims, states, strict=True)], now=NOW)

    found = dict(Postback.objects.values_list("pk", "status"))
    assert [found[claim.postback_id] for claim in claims] == states


@pytest.mark.parametrize("by", ["settled", "swept", "claimed again", "released"])
def test_a_late_result_changes_nothing_and_is_logged(offer: Offer, by: str, caplog: pytest.LogCaptureFixture) -> None:
    zombie = claimed(offer)
    if by == "settled":
        outbox.settle([settled_as(zombie, "rejected", Verdict.REJECTED)], now=NOW)
    elif by == "swept":
        with time_machine.travel(NOW + LEASE * 2, tick=False):
            delivery.sweep()
    else:
        outbox.release([zombie])
        if by == "claimed again":
            outbox.claim(1, now=NOW)
    before = Postback.objects.values().get()

    outbox.settle([settled_as(zombie, "accepted")], now=NOW)

    assert Postback.objects.values().get() == before
    late = Attempt.objects.order_by("id").last()
    assert late is not None
    assert (late.is_late, late.verdict) == (True, "accepted")
    assert "after its lease had been taken away" in caplog.text


def test_settling_nothing_asks_nothing() -> None:
    with statements() as run:
        outbox.settle([], now=NOW)
        outbox.release([])

    assert run == []


def test_released_rows_are_due_as_before_and_count_no_attempt(offer: Offer) -> None:
    before = due(offer)
    outbox.release(outbox.claim(1, now=NOW))

    row = Postback.objects.get()
    assert (row.status, row.due_at, row.attempts_made) == ("pending", before.due_at, 0)


def test_a_late_release_changes_nothing(offer: Offer) -> None:
    claim = claimed(offer)
    outbox.settle([settled_as(claim, "accepted")], now=NOW)

    outbox.release([claim])

    assert Postback.objects.get().status == "accepted"


# Expired leases -------------------------------------------------------------------------------------------------


def swept(after: timedelta = LEASE + timedelta(seconds=1)) -> int:
    with time_machine.travel(NOW + after, tick=False):
        return delivery.sweep()


def test_an_expired_lease_is_an_unknown_outcome(offer: Offer) -> None:
    claimed(offer)

    assert swept() == 1

    row = Postback.objects.get()
    assert (row.status, row.verdict, row.due_at, row.attempts_made) == ("unconfirmed", "unconfirmed", None, 1)
    (attempt,) = row.attempts.all()
    assert (attempt.verdict, attempt.started_at, attempt.http_status, attempt.is_late) == (
        "unconfirmed",
        NOW,
        None,
        False,
    )


def test_an_expired_lease_of_an_offer_that_deduplicates_is_sent_again() -> None:
    claimed(OfferFactory(deduplicates=True))

    swept()

    row = Postback.objects.get()
    assert row.status == "pending"
    assert row.due_at is not None


def test_a_lease_that_holds_is_left_alone(offer: Offer) -> None:
    claimed(offer)

    assert swept(LEASE) == 0
    assert Postback.objects.get().status == "sending"


def test_all_expired_leases_are_swept_however_many(offer: Offer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "SWEPT_AT_ONCE", 2)
    for _ in range(5):
        due(offer)
    outbox.claim(5, now=NOW)

    assert swept() == 5
    assert not Postback.objects.filter(status="sending").exists()


def test_two_sweeps_at_once_log_one_attempt(offer: Offer, monkeypatch: pytest.MonkeyPatch) -> None:
    claimed(offer)
    seen = outbox.expired(now=NOW + LEASE * 2)
    swept()
    monkeypatch.setattr(outbox, "expired", lambda **_kwargs: seen)

    swept()

    assert Attempt.objects.count() == 1


def test_an_expired_lease_of_a_url_that_cannot_be_built_is_swept_too() -> None:
    claimed(OfferFactory(postback_url="https://evil.example/?security_token=5ec2e7"))

    swept()

    assert Postback.objects.get().status == "unconfirmed"
    assert "5ec2e7" not in Attempt.objects.get().url


# Was it counted before? -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("earlier", "counted"),
    [
        ([], False),
        (["not_sent"], False),
        (["not_sent", "failed"], False),
        (["rejected"], False),
        (["duplicate"], False),
        (["unconfirmed"], True),
        (["accepted"], True),
        (["busy"], True),
        (["unconfirmed", "not_sent"], True),
    ],
)
def test_an_earlier_attempt_may_have_been_counted(offer: Offer, earlier: list[str], counted: bool) -> None:
    claim = claimed(offer, attempts_made=len(earlier))
    for verdict in earlier:
        Attempt.objects.create(postback_id=claim.postback_id, started_at=NOW, url="", verdict=verdict)

    assert outbox.may_have_been_counted(claim) is counted


def test_attempts_that_were_pruned_may_have_been_counted(offer: Offer) -> None:
    assert outbox.may_have_been_counted(claimed(offer, attempts_made=1))


# By hand --------------------------------------------------------------------------------------------------------

BY_HAND: dict[str, tuple[Callable[..., int], set[str], str]] = {
    "send_again": (outbox.send_again, {"pending", "rejected", "unconfirmed", "failed"}, "pending"),
    "mark_accepted": (outbox.mark_accepted, {"rejected", "unconfirmed", "failed"}, "accepted"),
    "cancel": (outbox.cancel, {"pending"}, "cancelled"),
}


@pytest.mark.parametrize("status", list(Status.values))
@pytest.mark.parametrize(("act", "allowed", "after"), list(BY_HAND.values()), ids=list(BY_HAND))
def test_a_person_moves_rows_only_along_the_diagram(
    offer: Offer, act: Callable[..., int], allowed: set[str], after: str, status: str
) -> None:
    lease = {"claim_token": uuid4(), "lease_expires_at": timezone.now() + LEASE} if status == "sending" else {}
    due(offer, status=status, **lease)

    count = act(Postback.objects.all(), why="By hand.")

    row = Postback.objects.get()
    assert count == (1 if status in allowed else 0)
    assert row.status == (after if status in allowed else status)
    assert row.detail == ("By hand." if status in allowed else "")
    assert (row.settled_at is not None) == (status in allowed and after != "pending")


def test_a_row_sent_again_has_the_whole_schedule_before_it(offer: Offer) -> None:
    due(offer, status="failed", attempts_made=10)

    outbox.send_again(Postback.objects.all(), why="By hand.")

    (claim,) = outbox.claim(1, now=timezone.now())
    assert (claim.attempts_made, claim.scheduled_attempt) == (10, 1)


@pytest.mark.parametrize("give_back", ["settle", "release"])
def test_an_order_called_off_while_it_is_being_sent_is_not_sent_again(offer: Offer, give_back: str) -> None:
    claim = claimed(offer)
    assert outbox.call_off(Postback.objects.all()) == 0
    if give_back == "settle":
        outbox.settle([settled_as(claim, "pending", Verdict.NOT_SENT)], now=NOW)
    else:
        outbox.release([claim])
    row = Postback.objects.get()
    assert (row.status, row.detail, row.due_at) == ("cancelled", outbox.CALLED_OFF, None)
    assert row.settled_at


def test_an_order_called_off_while_it_is_being_sent_may_still_be_accepted(offer: Offer) -> None:
    claim = claimed(offer)
    outbox.call_off(Postback.objects.all())
    outbox.settle([settled_as(claim, "accepted")], now=NOW)
    assert Postback.objects.get().status == "accepted"


def test_a_row_that_was_sent_meanwhile_is_not_sent_once_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two people at the same button: the second one's page is out of date."""
    due(OfferFactory(kind=Offer.Kind.LEAD), status="unconfirmed", amount=None, attempts_made=1)

    def meanwhile(_held_until: object, now: datetime) -> datetime:
        Postback.objects.update(status="unconfirmed", attempts_made=2)
        return now

    monkeypatch.setattr(by_hand, "due_after_hold", meanwhile)

    assert outbox.send_again(Postback.objects.all(), why="By hand.") == 0
    assert Postback.objects.get().status == "unconfirmed"


def test_an_order_called_off_meanwhile_is_not_sent_again(offer: Offer, monkeypatch: pytest.MonkeyPatch) -> None:
    due(offer, status="failed")

    def meanwhile(_held_until: object, now: datetime) -> datetime:
        outbox.call_off(Postback.objects.all())
        return now

    monkeypatch.setattr(by_hand, "due_after_hold", meanwhile)
    assert outbox.send_again(Postback.objects.all(), why="By hand.") == 0


def test_sending_again_does_not_go_past_another_currency(offer: Offer) -> None:
    due(offer, status="failed")
    Offer.objects.update(currency="EUR")
    outbox.send_again(Postback.objects.all(), why="By hand.")
    row = Postback.objects.get()
    assert (row.status, row.due_at) == ("pending", None)
    assert "nothing here converts" in row.detail


def test_tests_are_not_sent_again(offer: Offer) -> None:
    due(offer, status="failed", is_test=True)

    assert outbox.send_again(Postback.objects.all(), why="By hand.") == 0


# Telling --------------------------------------------------------------------------------------------------------


@pytest.fixture
def told() -> Iterator[list[Postback]]:
    heard: list[Postback] = []

    def receiver(postback: Postback, **_kwargs: object) -> None:
        heard.append(postback)

    postback_settled.connect(receiver)
    yield heard
    postback_settled.disconnect(receiver)


def test_receivers_are_told_of_settled_rows_alone(offer: Offer, told: list[Postback]) -> None:
    first, second = claimed(offer), claimed(offer)

    outbox.settle([settled_as(first, "accepted"), settled_as(second, "pending", Verdict.BUSY)], now=NOW)

    assert [(row.pk, row.status) for row in told] == [(first.postback_id, "accepted")]


def test_receivers_are_not_told_of_late_results(offer: Offer, told: list[Postback]) -> None:
    claim = claimed(offer)
    outbox.release([claim])

    outbox.settle([settled_as(claim, "accepted")], now=NOW)

    assert told == []


def test_a_receiver_that_fails_undoes_nothing(offer: Offer) -> None:
    def receiver(**_kwargs: object) -> None:
        raise RuntimeError("a receiver of the shop's")

    postback_settled.connect(receiver)
    try:
        outbox.settle([settled_as(claimed(offer), "accepted")], now=NOW)
    finally:
        postback_settled.disconnect(receiver)

    assert Postback.objects.get().status == "accepted"


@pytest.mark.usefixtures("told")
def test_receivers_that_cannot_be_told_do_not_have_results_written_twice(
    offer: Offer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(**_kwargs: object) -> None:
        raise DatabaseError("gone")

    monkeypatch.setattr(postback_settled, "send_robust", away)

    outbox.settle([settled_as(claimed(offer), "accepted")], now=NOW)  # does not raise: the drain would try again

    assert Attempt.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_settlement_that_failed_can_be_written_once_more(offer: Offer) -> None:
    """The number that the first try gave its attempt may be another's by then."""
    settlement = settled_as(claimed(offer), "accepted")
    with transaction.atomic():
        outbox.settle([settlement], now=NOW)
        transaction.set_rollback(True)  # lost at the commit
    other = claimed(offer)
    outbox.settle([settled_as(other, "accepted")], now=NOW)

    outbox.settle([settlement], now=NOW)

    assert Counter(Postback.objects.values_list("status", flat=True)) == {"accepted": 2}
    assert Attempt.objects.count() == 2


# Side by side ---------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor == "sqlite", reason="in memory; test_fail_points has SQLite's files")
def test_claimers_side_by_side_never_share_a_row(offer: Offer) -> None:
    for number in range(60):
        due(offer, number)
    taken: list[int] = []
    ready = threading.Barrier(4)

    def work() -> None:
        ready.wait()
        while claims := outbox.claim(3, now=NOW):
            taken.extend(claim.postback_id for claim in claims)
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(taken) == len(set(taken)) == 60


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has no SKIP LOCKED")
def test_rows_that_another_process_is_claiming_are_skipped_and_not_waited_for(offer: Offer) -> None:
    first, second = due(offer, 2), due(offer, 1)
    found: list[int] = []

    def work() -> None:
        found.extend(claim.postback_id for claim in outbox.claim(10, now=NOW))
        connection.close()

    with transaction.atomic():
        list(Postback.objects.select_for_update().filter(pk=first.pk))
        thread = threading.Thread(target=work)
        thread.start()
        thread.join(10)
        assert found == [second.pk]


# The state diagram ----------------------------------------------------------------------------------------------

MAY_HAVE_BEEN_COUNTED = {Verdict.ACCEPTED, Verdict.UNCONFIRMED}


class OutboxMachine(RuleBasedStateMachine):
    """Any order of events keeps to design's diagram, and nothing that may have been counted is sent again unasked."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = timezone.now() + timedelta(seconds=1)
        self.claims: list[Claim] = []
        self.counted: set[int] = set()
        self.before: dict[int, str] = {}

    @initialize(deduplicates=st.booleans())
    def begin(self, deduplicates: bool) -> None:
        Attempt.objects.all().delete()
        Postback.objects.all().delete()
        Conversion.objects.all().delete()
        Offer.objects.all().delete()
        self.offer = OfferFactory(deduplicates=deduplicates)

    def moved(self, allowed: set[tuple[str, str]]) -> None:
        """Check which states changed since the last event."""
        after = dict(Postback.objects.values_list("pk", "status"))
        changes = {(self.before[pk], after[pk]) for pk in self.before if self.before[pk] != after[pk]}
        assert changes <= allowed, changes
        self.before = after

    @rule()
    def an_order_completes(self) -> None:
        outbox.enqueue(ConversionFactory(offer=self.offer), now=self.clock)
        self.moved(set())

    @rule(seconds=st.sampled_from([1, 60, 91, 90_000]))
    def time_passes(self, seconds: int) -> None:
        self.clock += timedelta(seconds=seconds)

    @rule(limit=st.integers(1, 3))
    def a_process_claims(self, limit: int) -> None:
        claims = outbox.claim(limit, now=self.clock)
        assert len(claims) <= limit
        self.claims += claims
        self.moved({("pending", "sending")})

    @rule(data=st.data(), verdict=st.sampled_from(list(Verdict)))
    def a_claim_is_sent_and_settled(self, data: st.DataObject, verdict: Verdict) -> None:
        """Perhaps long after its lease, perhaps a second time: claims stay in the list."""
        if not self.claims:
            return
        claim = data.draw(st.sampled_from(self.claims))
        row = Postback.objects.get(pk=claim.postback_id)
        holds = row.claim_token == claim.token
        if holds:
            if not self.offer.deduplicates:
                assert row.pk not in self.counted
            if verdict in MAY_HAVE_BEEN_COUNTED:
                self.counted.add(row.pk)
        following = decide_next(
            Judgement(verdict, "words"),
            attempt=claim.scheduled_attempt,
            now=self.clock,
            deduplicates=self.offer.deduplicates,
            is_repeat=outbox.may_have_been_counted(claim),
        )
        late = Attempt.objects.filter(is_late=True).count()
        outbox.settle([Settlement(claim, following, verdict, attempt_of(claim, verdict))], now=self.clock)
        assert Attempt.objects.filter(is_late=True).count() == late + (not holds)
        self.moved({("sending", following.status)} if holds else set())

    @rule(data=st.data())
    def a_claim_is_released(self, data: st.DataObject) -> None:
        if self.claims:
            outbox.release([data.draw(st.sampled_from(self.claims))])
            self.moved({("sending", "pending")})

    @rule()
    def expired_leases_are_swept(self) -> None:
        expired = set(
            Postback.objects.filter(status="sending", lease_expires_at__lt=self.clock).values_list("pk", flat=True)
        )
        with time_machine.travel(self.clock, tick=False):
            assert delivery.sweep() == len(expired)
        self.counted |= expired
        self.moved({("sending", "unconfirmed")} | ({("sending", "pending")} if self.offer.deduplicates else set()))

    @rule()
    def a_person_sends_again(self) -> None:
        with time_machine.travel(self.clock, tick=False):
            outbox.send_again(Postback.objects.all(), why="By hand.")
        self.counted -= set(Postback.objects.filter(status="pending").values_list("pk", flat=True))
        self.moved({(state, "pending") for state in ("rejected", "unconfirmed", "failed")})

    @rule()
    def a_person_marks_as_accepted(self) -> None:
        outbox.mark_accepted(Postback.objects.all(), why="By hand.")
        self.moved({(state, "accepted") for state in ("rejected", "unconfirmed", "failed")})

    @rule()
    def orders_are_cancelled(self) -> None:
        outbox.cancel(Postback.objects.all(), why="Refunded.")
        self.moved({("pending", "cancelled")})

    @invariant()
    def every_try_is_on_record(self) -> None:
        for row in Postback.objects.all():
            assert row.attempts.filter(is_late=False).count() == row.attempts_made
            assert row.attempts_before_requeue <= row.attempts_made
            assert (row.settled_at is None) == (row.status in {"pending", "sending"})


def test_any_order_of_events_keeps_to_the_state_diagram() -> None:
    run_state_machine_as_test(
        OutboxMachine, settings=settings(max_examples=25, stateful_step_count=25, deadline=None, derandomize=True)
    )
