"""The intake: rows are taken host by host, as manners and pauses allow; nobody waits for somebody else's host."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone
from pytest_django import Settings

from tests.factories import OfferFactory, PostbackFactory
from tests.network import Network
from tests.tracking.fault_server import Connection, FaultServer, Script, always, refusing_port, reply
from tracking.models import Attempt, HostPause, Offer, Postback
from tracking.postbacks import intake as intake_module
from tracking.postbacks import outbox, pauses
from tracking.postbacks.exchanges import Timeouts
from tracking.postbacks.intake import Intake
from tracking.postbacks.manners import FAILURES_TO_BREAK, FIRST_WINDOW
from tracking.postbacks.outbox import Claim, Settlement
from tracking.postbacks.retries import SCHEDULE, decide_next
from tracking.postbacks.senders import Senders
from tracking.postbacks.verdicts import Judgement, Verdict
from tracking.postbacks.worker import Drain

pytestmark = pytest.mark.django_db

QUERY = "aff_id=AFFILIATE_ID&amount=AMOUNT&adv_unique1=ORDER_ID"
ONE, OTHER = "one.go2cloud.org", "other.go2cloud.org"


@pytest.fixture(autouse=True)
def always_fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """What another process writes down is seen at the next look."""
    monkeypatch.setattr(intake_module, "REFRESH", 0.0)


def offer_at(host: str, **values: Any) -> Offer:
    number = Offer.objects.count()
    return OfferFactory(
        offer_id=str(number), is_default=not number, postback_url=f"https://{host}/aff_lsr?{QUERY}", **values
    )


def owe(offer: Offer, count: int, **values: Any) -> list[Postback]:
    """Rows that have been due for a while, each for longer than the next."""
    began = timezone.now() - timedelta(hours=1)
    return [
        PostbackFactory(offer=offer, **{"due_at": began + timedelta(seconds=number), **values})
        for number in range(count)
    ]


def states() -> Counter[str]:
    return Counter(Postback.objects.values_list("status", flat=True))


def ended(claim: Claim, verdict: Verdict, *, asked: int = 0) -> Settlement:
    """The end of an attempt; `asked`: seconds that the host asked to wait."""
    judgement = Judgement(verdict, "its words", timedelta(seconds=asked))
    following = decide_next(
        judgement,
        attempt=claim.scheduled_attempt,
        now=timezone.now(),
        deduplicates=claim.offer.deduplicates,
        is_repeat=False,
    )
    attempt = Attempt(
        postback_id=claim.postback_id, started_at=timezone.now(), url="", verdict=verdict, detail="its words"
    )
    return Settlement(claim, following, verdict, attempt, host_wait=judgement.retry_after)


def begin(intake: Intake, room: int = 32) -> list[Claim]:
    claims = intake.take(room)
    intake.began(claims)
    return claims


def end(intake: Intake, claims: list[Claim], verdict: Verdict, *, asked: int = 0) -> None:
    settlements = [intake.ended(ended(claim, verdict, asked=asked)) for claim in claims]
    intake.tell()
    outbox.settle(settlements, now=timezone.now())


def break_circuit(intake: Intake, offer: Offer) -> None:
    """Let the host fail until nothing more is sent there."""
    while claims := begin(intake):
        end(intake, claims, Verdict.NOT_SENT)
    assert not HostPause.objects.get(host=offer.postback_url.split("/")[2]).paused_until < timezone.now()


def let_pauses_go_by() -> None:
    HostPause.objects.update(paused_until=timezone.now() - timedelta(seconds=1))


def by_host(claims: list[Claim]) -> Counter[str]:
    return Counter(claim.offer.postback_url.split("/")[2] for claim in claims)


# What is taken --------------------------------------------------------------------------------------------------


def test_the_oldest_rows_are_taken_first_and_never_more_than_there_is_room() -> None:
    rows = owe(offer_at(ONE), 5)
    intake = Intake(8)
    assert [claim.postback_id for claim in begin(intake, 2)] == [row.pk for row in rows[:2]]
    assert states() == {"sending": 2, "pending": 3}


def test_a_host_that_nobody_knows_yet_gets_a_few_and_more_with_each_answer() -> None:
    owe(offer_at(ONE), 40)
    intake = Intake(32)
    sizes = []
    for _ in range(3):
        claims = begin(intake)
        sizes.append(len(claims))
        end(intake, claims, Verdict.ACCEPTED)
    assert sizes == [FIRST_WINDOW, 8, 16]


def test_offers_of_one_host_count_together() -> None:
    for _ in range(2):
        owe(offer_at(ONE), 4)
    assert len(begin(Intake(32))) == FIRST_WINDOW


def test_what_was_taken_but_not_sent_makes_room_again() -> None:
    owe(offer_at(ONE), 8)
    intake = Intake(32)
    claims = begin(intake)
    outbox.release(claims)
    intake.ended_unsent(claims)
    assert len(begin(intake)) == FIRST_WINDOW


def test_an_offer_whose_url_names_no_host_holds_up_nobody(network: Network) -> None:
    broken = OfferFactory(postback_url="nonsense")
    rows = owe(broken, 6)
    drain = Drain(concurrency=2)
    assert drain.run() == 6
    drain.close()
    assert states() == {"failed": len(rows)}


# Hosts side by side ---------------------------------------------------------------------------------------------


def fill(intake: Intake, *, until: int) -> list[Claim]:
    """Let both hosts' windows open, then have as much under way as may be."""
    for _ in range(8):
        claims = begin(intake)
        end(intake, claims, Verdict.ACCEPTED)
    under_way: list[Claim] = []
    while len(under_way) < until and (claims := begin(intake, until - len(under_way))):
        under_way += claims
    return under_way


def test_a_host_alone_has_all_threads() -> None:
    owe(offer_at(ONE), 200)
    assert by_host(fill(Intake(8), until=8)) == {ONE: 8}


def test_while_another_has_work_a_host_has_half_of_the_threads() -> None:
    intake = Intake(8)
    one, other = offer_at(ONE), offer_at(OTHER)
    owe(one, 200)
    [first, *_] = owe(other, 1)
    Postback.objects.filter(pk=first.pk).update(due_at=timezone.now() - timedelta(hours=2))
    claims = begin(intake)
    assert by_host(claims) == {ONE: 4, OTHER: 1}
    end(intake, [claim for claim in claims if claim.offer == one], Verdict.ACCEPTED)
    assert by_host(begin(intake)) == {ONE: 4}
    assert begin(intake) == []


def test_a_host_that_has_all_the_work_leaves_the_last_threads_to_the_others() -> None:
    one, other = offer_at(ONE), offer_at(OTHER)
    owe(one, 200)
    intake = Intake(8)
    assert by_host(fill(intake, until=8)) == {ONE: 7}
    owe(other, 1)
    assert by_host(begin(intake, 1)) == {OTHER: 1}


class Stalled:
    """A host that answers nobody until it may."""

    def __init__(self) -> None:
        self.may_answer = threading.Event()
        self.most = self._under_way = 0
        self._lock = threading.Lock()

    def __call__(self, connection: Connection) -> None:
        while connection.read_request():
            with self._lock:
                self._under_way += 1
                self.most = max(self.most, self._under_way)
            assert self.may_answer.wait(20), "The healthy host's rows wait for the stalled one's."
            with self._lock:
                self._under_way -= 1
            connection.send(reply())


@pytest.fixture
def servers() -> Iterator[Callable[[str, Script], Offer]]:
    """Makes offers, each at a server of its own under that name."""
    with ExitStack() as stack:

        def serve(host: str, script: Script) -> Offer:
            server = stack.enter_context(FaultServer(script))
            offer = offer_at(host)
            Offer.objects.filter(pk=offer.pk).update(postback_url=f"http://{host}:{server.port}/?{QUERY}")
            offer.refresh_from_db()
            return offer

        yield serve


@pytest.fixture
def drain() -> Iterator[Drain]:
    drain = Drain(concurrency=4, timeouts=Timeouts(connect=2, read=20, whole=20))
    yield drain
    drain.close()


def test_a_host_that_stalls_does_not_hold_up_a_healthy_one(
    servers: Callable[[str, Script], Offer], drain: Drain
) -> None:
    stalled = Stalled()
    served: list[bytes] = []

    def healthy(connection: Connection) -> None:
        while request := connection.read_request():
            served.append(request)
            if len(served) == 30:
                stalled.may_answer.set()
            connection.send(reply())

    owe(servers("127.0.0.1", stalled), 30)
    owe(servers("localhost", healthy), 30, due_at=timezone.now())  # younger than all of the stalled host's

    drain.run()

    assert states() == {"accepted": 60}
    assert stalled.most < 4


def test_a_host_that_refuses_is_left_alone_while_the_healthy_one_is_served(
    servers: Callable[[str, Script], Offer], drain: Drain
) -> None:
    healthy = servers("localhost", always(reply()))
    owe(healthy, 30)
    with refusing_port() as port:
        dead = offer_at("dead")
        Offer.objects.filter(pk=dead.pk).update(postback_url=f"http://127.0.0.1:{port}/?{QUERY}")
        owe(dead, 40)
        drain.run()
    assert Counter(healthy.postbacks.values_list("status", flat=True)) == {"accepted": 30}
    assert Counter(dead.postbacks.values_list("status", flat=True)) == {"pending": 40}
    assert Attempt.objects.filter(postback__offer=dead).count() <= FAILURES_TO_BREAK + 4
    assert HostPause.objects.get().host == "127.0.0.1"


# The breaker ----------------------------------------------------------------------------------------------------


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


def test_what_cannot_be_told_now_is_told_the_next_time(monkeypatch: pytest.MonkeyPatch) -> None:
    owe(offer_at(ONE), 40)
    intake = Intake(32)

    def away(*_args: object, **_values: object) -> None:
        raise OperationalError("the database is away")

    settlements: list[Settlement] = []
    while claims := begin(intake):
        settlements += [intake.ended(ended(claim, Verdict.NOT_SENT)) for claim in claims]
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


# An outage, from end to end -------------------------------------------------------------------------------------


class Flaky:
    """A host that is down, refusing politely, or up; keeps the order ids in the order of arrival."""

    def __init__(self) -> None:
        self.is_up = False
        self.down: list[str] = []
        self.up: list[str] = []
        self.most = self._under_way = 0
        self._lock = threading.Lock()

    def __call__(self, connection: Connection) -> None:
        while request := connection.read_request():
            order_id = request.split(b"adv_unique1=")[1].split(b" ")[0].decode()
            with self._lock:
                (self.up if self.is_up else self.down).append(order_id)
                self._under_way += 1
                self.most = max(self.most, self._under_way)
            connection.server.closing.wait(0.005)
            with self._lock:
                self._under_way -= 1
            connection.send(reply() if self.is_up else reply("", "503 Service Unavailable"))


def test_an_outage_is_sat_out_and_then_drained_in_order_of_age_by_one_run(
    servers: Callable[[str, Script], Offer], drain: Drain
) -> None:
    host = Flaky()
    rows = owe(servers("127.0.0.1", host), 60)
    drain.run()
    assert len(host.down) <= FAILURES_TO_BREAK + 4
    assert states() == {"pending": 60}

    host.is_up = True
    assert drain.run() == 0  # nothing is sent before the pause is over
    Postback.objects.filter(attempts_made=1).update(due_at=timezone.now() + timedelta(minutes=1))
    let_pauses_go_by()
    delivered = drain.run()

    waited = [row.conversion.order_id for row in rows if row.conversion.order_id not in host.down]
    assert delivered == len(waited) == 60 - len(host.down)
    assert host.up[0] == waited[0]  # the probe, by itself
    assert Counter(host.up) == Counter(waited)
    assert all(abs(place - waited.index(order_id)) <= 4 for place, order_id in enumerate(host.up))
    assert not HostPause.objects.exists()


def test_while_it_lasts_an_outage_costs_one_request_a_pause(
    servers: Callable[[str, Script], Offer], drain: Drain
) -> None:
    host = Flaky()
    owe(servers("127.0.0.1", host), 40)
    drain.run()
    hit = len(host.down)
    for number in range(1, 4):
        Postback.objects.update(due_at=timezone.now() - timedelta(hours=1))
        let_pauses_go_by()
        assert drain.run() == 1
        assert len(host.down) == hit + number
    assert HostPause.objects.get().pauses_made == 4


# A host that asks to wait ---------------------------------------------------------------------------------------


def test_a_host_that_asks_to_wait_is_left_alone_by_every_process_and_its_rows_keep_their_tries(
    servers: Callable[[str, Script], Offer], drain: Drain
) -> None:
    asking = always(reply("", "429 Too Many Requests", "Retry-After: 120\r\n"))
    asked, other = servers("127.0.0.1", asking), servers("localhost", always(reply()))
    owe(asked, 30)
    owe(other, 30)
    began = timezone.now()

    drain.run()

    pause = HostPause.objects.get()
    assert (pause.host, pause.is_broken) == ("127.0.0.1", False)
    assert timedelta(seconds=119) <= pause.paused_until - began <= timedelta(seconds=150)
    assert asked.postbacks.filter(attempts_made=0, status="pending").count() >= 26
    assert Counter(other.postbacks.values_list("status", flat=True)) == {"accepted": 30}
    assert by_host(begin(Intake(32))) == {}


def test_a_host_that_names_no_time_with_429_is_left_alone_for_a_minute(network: Network, drain: Drain) -> None:
    network.replies(429)
    owe(OfferFactory(postback_url=network.postback_url), 1)
    drain.run()
    left = HostPause.objects.get().paused_until - timezone.now()
    assert timedelta(seconds=50) < left <= timedelta(seconds=60)


def test_after_the_wait_it_is_a_host_like_any_other() -> None:
    owe(offer_at(ONE), 20)
    intake = Intake(32)
    end(intake, begin(intake), Verdict.BUSY, asked=60)
    assert begin(intake) == []
    let_pauses_go_by()

    claims = begin(intake)

    assert len(claims) == FIRST_WINDOW
    end(intake, claims, Verdict.BUSY)
    counted = Postback.objects.filter(pk__in=[claim.postback_id for claim in claims])
    assert {row.attempts_made - row.attempts_before_requeue for row in counted} == {1}  # no probes, which are free
    assert all(row.due_at is not None and row.due_at > timezone.now() for row in counted)


# The rate -------------------------------------------------------------------------------------------------------


@pytest.fixture
def arrivals() -> list[float]:
    return []


@pytest.fixture
def noting(arrivals: list[float]) -> Script:
    def script(connection: Connection) -> None:
        while connection.read_request():
            arrivals.append(time.monotonic())
            connection.send(reply())

    return script


@pytest.mark.parametrize("rate", [20, 40])
def test_a_host_gets_no_more_requests_a_second_than_the_setting_says(
    servers: Callable[[str, Script], Offer], arrivals: list[float], noting: Script, settings: Settings, rate: int
) -> None:
    settings.TRACKING_RATE_LIMIT = rate
    drain = Drain(concurrency=16)
    owe(servers("127.0.0.1", noting), 2 * rate)
    began = time.monotonic()

    assert drain.run() == 2 * rate

    drain.close()
    assert time.monotonic() - began < 20  # it did get on
    for first in arrivals:
        within = sum(first <= arrival < first + 0.5 for arrival in arrivals)
        assert within <= rate * 0.5 + rate / 4 + 16  # what was under way may arrive late, all at once


@pytest.mark.parametrize("rate", [1, 4, 1000])
def test_with_a_rate_a_drain_ends_when_nothing_is_due(network: Network, settings: Settings, rate: int) -> None:
    settings.TRACKING_RATE_LIMIT = rate
    drain = Drain(concurrency=16)
    owe(OfferFactory(postback_url=network.postback_url), 2)
    assert drain.run() == 2
    assert drain.run() == 0
    drain.close()
    assert states() == {"accepted": 2}


def test_a_stop_is_not_held_up_by_the_rate(network: Network, settings: Settings) -> None:
    settings.TRACKING_RATE_LIMIT = 1
    drain, stop = Drain(concurrency=4), threading.Event()
    owe(OfferFactory(postback_url=network.postback_url), 500)
    delivered = drain.run(stop, each_round=lambda: network.received and stop.set())
    drain.close()
    assert states() == {"accepted": delivered, "pending": 500 - delivered}


# A stop ---------------------------------------------------------------------------------------------------------


def test_once_stopped_what_no_thread_has_begun_goes_back_and_what_is_under_way_is_settled(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[object] = []
    start = Senders._start_thread

    def start_one(senders: Senders[Any, Any]) -> bool:
        """The machine has threads to spare, but is slow to start them."""
        started.append(None)
        return start(senders) if len(started) == 1 else True

    monkeypatch.setattr(Senders, "_start_thread", start_one)
    stop, under_way = threading.Event(), threading.Event()
    rows = owe(OfferFactory(postback_url=network.postback_url), 10)
    drain = Drain(concurrency=4)

    def look(_moment: datetime | None = None) -> None:
        if Postback.objects.filter(status="sending").exists():
            stop.set()
            under_way.set()

    assert drain.run(stop, each_round=look) == len(network.received) >= 1

    drain.close()
    assert under_way.is_set()
    assert states() == {"accepted": len(network.received), "pending": 10 - len(network.received)}
    unsent = Postback.objects.filter(status="pending")
    assert {(row.attempts_made, row.claim_token) for row in unsent} == {(0, None)}
    assert {row.due_at for row in unsent} <= {row.due_at for row in rows}


def test_what_was_too_late_to_be_sent_is_no_failure_of_the_host() -> None:
    owe(offer_at(ONE), FAILURES_TO_BREAK)
    intake = Intake(32)
    while claims := begin(intake):
        late = [replace(ended(claim, Verdict.NOT_SENT), tells_of_host=False) for claim in claims]
        outbox.settle([intake.ended(settlement) for settlement in late], now=timezone.now())

    intake.tell()

    assert not HostPause.objects.exists()
    assert Attempt.objects.count() >= FAILURES_TO_BREAK


@pytest.mark.usefixtures("paused")
def test_after_a_failed_probe_another_row_has_its_turn() -> None:
    intake = Intake(32)
    [first] = begin(intake)
    end(intake, [first], Verdict.NOT_SENT)
    let_pauses_go_by()

    [second] = begin(Intake(32))

    assert second.postback_id != first.postback_id
