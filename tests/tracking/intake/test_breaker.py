"""A host that fails is paused for every process, and tried by one."""

from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from tests.tracking.intake.steps import ONE, begin, break_circuit, end, ended, let_pauses_go_by, offer_at, owe, states
from tracking.models import Attempt, HostPause, Offer, Postback
from tracking.postbacks import outbox, pauses
from tracking.postbacks.intake import Intake
from tracking.postbacks.manners import FAILURES_TO_BREAK, FIRST_WINDOW
from tracking.postbacks.retries import SCHEDULE
from tracking.postbacks.verdicts import Verdict

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("verdict", [Verdict.NOT_SENT, Verdict.BUSY, Verdict.UNCONFIRMED])
def test_a_host_that_fails_again_and_again_is_paused_for_every_process(verdict: Verdict) -> None:
    owe(offer_at(ONE), 40)
    intake = Intake(32)
    while claims := begin(intake):
        end(intake, claims, verdict)
    assert Attempt.objects.count() <= FAILURES_TO_BREAK + FIRST_WINDOW
    assert HostPause.objects.get().reason == "its words"
    assert begin(Intake(32)) == []  # another process


def test_rows_wait_with_their_tries_while_their_host_is_paused() -> None:
    offer = offer_at(ONE)
    owe(offer, 40)
    intake = Intake(32)
    break_circuit(intake, offer)
    before = list(Postback.objects.order_by("pk").values("status", "due_at", "attempts_made"))
    for _ in range(5):
        assert begin(intake) == []
    assert list(Postback.objects.order_by("pk").values("status", "due_at", "attempts_made")) == before
    assert {row["status"] for row in before} == {"pending"}
    assert max(row["attempts_made"] for row in before) == 1


def test_answers_in_between_keep_the_circuit_closed() -> None:
    owe(offer_at(ONE), 60)
    intake = Intake(32)
    for number in range(40):
        claims = begin(intake, 1)
        end(intake, claims, Verdict.ACCEPTED if number % 9 == 0 else Verdict.NOT_SENT)
    assert not HostPause.objects.exists()


@pytest.fixture
def paused() -> Offer:
    """An offer with twenty rows due, whose host's pause is just over."""
    offer = offer_at(ONE)
    owe(offer, 20)
    pauses.open_circuit(ONE, why="HTTP 503", now=timezone.now() - timedelta(minutes=1))
    return offer


@pytest.mark.usefixtures("paused")
def test_when_the_pause_is_over_one_row_is_sent_by_one_process() -> None:
    first, second = Intake(32), Intake(32)
    assert len(begin(first)) == 1
    assert begin(first) == begin(second) == []
    assert states() == {"sending": 1, "pending": 19}


@pytest.mark.usefixtures("paused")
@pytest.mark.parametrize("verdict", [Verdict.NOT_SENT, Verdict.BUSY])
@pytest.mark.parametrize("attempts_made", [0, 3, len(SCHEDULE)])
def test_a_probe_that_fails_uses_up_none_of_its_row_s_tries(verdict: Verdict, attempts_made: int) -> None:
    Postback.objects.update(attempts_made=attempts_made)
    intake = Intake(32)
    [probe] = begin(intake)

    end(intake, [probe], verdict)

    row = Postback.objects.get(pk=probe.postback_id)
    assert row.status == "pending"
    assert row.due_at is not None
    assert row.due_at <= timezone.now()
    assert row.attempts_made == attempts_made + 1  # the log has it
    assert row.attempts_made - row.attempts_before_requeue == attempts_made  # the schedule does not count it
    assert HostPause.objects.get().pauses_made == 2
    assert begin(intake) == []


def test_a_probe_without_an_answer_is_unconfirmed_as_any_other_would_be(paused: Offer) -> None:
    intake = Intake(32)
    [probe] = begin(intake)
    end(intake, [probe], Verdict.UNCONFIRMED)
    assert Postback.objects.get(pk=probe.postback_id).status == "unconfirmed"
    assert HostPause.objects.get().pauses_made == 2


@pytest.mark.usefixtures("paused")
@pytest.mark.parametrize("verdict", [Verdict.ACCEPTED, Verdict.REJECTED, Verdict.FAILED])
def test_any_answer_to_the_probe_opens_the_host_for_every_process(verdict: Verdict) -> None:
    intake = Intake(32)
    end(intake, begin(intake), verdict)
    assert not HostPause.objects.exists()
    assert len(begin(Intake(32))) == FIRST_WINDOW


@pytest.mark.usefixtures("paused")
def test_after_a_pause_the_host_is_not_stormed() -> None:
    intake = Intake(32)
    sizes = []
    for _ in range(3):
        claims = begin(intake)
        sizes.append(len(claims))
        end(intake, claims, Verdict.ACCEPTED)
    assert sizes == [1, FIRST_WINDOW + 1, 10]


@pytest.mark.usefixtures("paused")
def test_a_probe_that_was_not_sent_after_all_leaves_its_row_as_it_was() -> None:
    intake = Intake(32)
    claims = begin(intake)
    outbox.release(claims)
    intake.ended_unsent(claims)
    assert states() == {"pending": 20}
    assert not Postback.objects.filter(attempts_made__gt=0).exists()


@pytest.mark.usefixtures("paused")
def test_a_process_that_died_with_the_probe_is_relieved() -> None:
    begin(Intake(32))
    HostPause.objects.update(probe_expires_at=timezone.now() - timedelta(seconds=1))
    assert len(begin(Intake(32))) == 1


@pytest.mark.usefixtures("paused")
def test_after_a_failed_probe_another_row_has_its_turn() -> None:
    intake = Intake(32)
    [first] = begin(intake)
    end(intake, [first], Verdict.NOT_SENT)
    let_pauses_go_by()

    [second] = begin(Intake(32))

    assert second.postback_id != first.postback_id


def test_what_cannot_be_told_now_is_told_the_next_time(monkeypatch: pytest.MonkeyPatch) -> None:
    owe(offer_at(ONE), 40)
    intake = Intake(32)

    def away(*_args: object, **_values: object) -> None:
        raise OperationalError("the database is away")

    while claims := begin(intake):
        for claim in claims:
            intake.ended(ended(claim, Verdict.NOT_SENT))
        if intake.has_learnt:
            break
    with monkeypatch.context() as patched:
        patched.setattr(pauses, "open_circuit", away)
        with pytest.raises(OperationalError):
            intake.tell()
    assert not HostPause.objects.exists()
    intake.tell()
    assert HostPause.objects.get().host == ONE
    assert not intake.has_learnt
