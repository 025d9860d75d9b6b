"""The watch over a real database: what it sees, that each trouble is told once, and that no letter is lost."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from tests.factories import ConversionFactory, OfferFactory, OrderDetailsFactory, PostbackFactory
from tests.network import Network
from tests.tracking.terminal import run
from tracking.capture import tally
from tracking.capture.clicks import Finding as Landing
from tracking.models import Alert, Attempt, HostPause, LandingHour, Offer, Postback, WatchRound, WorkerHeartbeat
from tracking.signals import alert_cleared, alert_raised
from tracking.watch import alerts, letters, rounds
from tracking.watch.findings import Finding

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 23, 15, 20, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TROUBLE = Finding("paused_host", "get.aspr.app has been failing.", 1, "get.aspr.app", NOW - HOUR)
WORSE = Finding("paused_host", "get.aspr.app has been failing.", 2, "get.aspr.app", NOW - HOUR)


@pytest.fixture(autouse=True)
def told(settings: Any) -> None:
    settings.TRACKING_ALERT_RECIPIENTS = ["ann@shop.example", "bob@shop.example"]
    settings.TRACKING_SITE_URL = "https://shop.example"


@pytest.fixture
def signals() -> Iterator[list[Any]]:
    """What `alert_raised` and `alert_cleared` told, in order."""
    heard: list[Any] = []

    def raised(alert: Alert, is_worse: bool, **_: Any) -> None:
        heard.append("worse" if is_worse else "raised")

    def cleared(alert: Alert, **_: Any) -> None:
        heard.append("cleared")

    alert_raised.connect(raised)
    alert_cleared.connect(cleared)
    yield heard
    alert_raised.disconnect(raised)
    alert_cleared.disconnect(cleared)


def owed(**values: Any) -> Postback:
    offer = Offer.objects.first() or OfferFactory.create()
    postback: Postback = PostbackFactory.create(offer=offer, **values)
    return postback


def settled(status: str, *, ago: timedelta = HOUR, count: int = 1, **values: Any) -> None:
    verdict = {"failed": "not_sent"}.get(status, status)
    for _ in range(count):
        owed(status=status, due_at=None, settled_at=NOW - ago, verdict=verdict, **values)


def tried(postback: Postback, *, ago: timedelta) -> None:
    Attempt.objects.create(postback=postback, started_at=NOW - ago, url="https://get.aspr.app/", verdict="busy")


def seen() -> list[tuple[str, int]]:
    return [(finding.key, finding.level) for finding in rounds.findings(now=NOW)]


def has_round(now: datetime = NOW) -> int:
    rounds.look(now=now)
    return letters.tell(now=now)


# What it sees ---------------------------------------------------------------------------------------------------


def test_a_new_shop_is_in_order(django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(16):
        assert seen() == []


def test_a_busy_shop_costs_few_queries(django_assert_max_num_queries: Any) -> None:
    for status in ("rejected", "unconfirmed", "failed"):
        settled(status, count=3)
    settled("accepted", count=3)
    owed(due_at=None, created_at=NOW - HOUR)
    HostPause.objects.create(host="other.example", paused_until=NOW, since=NOW - HOUR, reason="x")
    with django_assert_max_num_queries(24):
        assert len(seen()) == 5


def test_postbacks_that_need_a_person_are_seen_and_tests_are_not() -> None:
    settled("rejected", detail="Offer\npaused")
    settled("failed", is_test=True)
    [finding] = rounds.findings(now=NOW)
    assert (finding.key, finding.since) == ("needs_person:rejected", NOW - HOUR)
    assert finding.what.endswith("The latest: Offer paused")


def test_order_details_that_were_given_up_on_are_seen(settings: Any) -> None:
    settings.TRACKING_ORDER_DETAILS_SECRET = "s3cr3t-of-details"
    OrderDetailsFactory(status="failed", due_at=None, settled_at=NOW - HOUR, detail="HTTP 401 for s3cr3t-of-details")
    [finding] = rounds.findings(now=NOW)
    assert (finding.key, finding.level, finding.since) == ("needs_person:order details", 1, NOW - HOUR)
    assert "the details of 1 order." in finding.what
    assert "s3cr3t" not in finding.what


def test_a_letter_about_order_details_leads_to_their_list(admin_client: Any) -> None:
    OrderDetailsFactory(status="failed", due_at=None, settled_at=NOW)
    has_round()
    body = mail.outbox[0].body
    path = body.partition("See: https://shop.example")[2].partition("\n")[0]
    assert path == "/admin/tracking/orderdetails/?status__exact=failed"
    assert admin_client.get(path).status_code == 200


def test_a_refusal_whose_order_came_back_is_nothing_to_be_alarmed_about() -> None:
    settled("rejected", is_called_off=True)
    settled("failed", is_called_off=True)
    assert rounds.findings(now=NOW) == []
    settled("unconfirmed", is_called_off=True)
    assert [finding.key for finding in rounds.findings(now=NOW)] == ["needs_person:unconfirmed"]


def test_a_secret_in_what_went_wrong_is_masked(settings: Any) -> None:
    settings.TRACKING_SECURITY_TOKEN = "s3cr3t-token"
    settled("rejected", detail="Bad token s3cr3t-token")
    [finding] = rounds.findings(now=NOW)
    assert "s3cr3t" not in finding.what


@pytest.mark.parametrize(("days", "keys"), [(29, ["no_offer:"]), (31, [])])
def test_orders_without_an_offer_are_seen_for_a_month(days: int, keys: list[str]) -> None:
    ConversionFactory(outcome="unknown_offer", offer=None, completed_at=NOW - days * DAY)
    assert [key for key, _ in seen()] == keys


def test_what_waits_for_a_rate_is_seen() -> None:
    owed(due_at=None, created_at=NOW - HOUR, detail="No rate from EUR to USD")
    assert seen() == [("held:", 1)]


def test_a_try_in_vain_is_silence_after_hours() -> None:
    postback = owed(due_at=NOW + HOUR, attempts_made=3)
    tried(postback, ago=7 * HOUR)
    assert seen() == [("nothing_accepted:", 1)]


def test_what_is_due_and_never_tried_is_silence_too() -> None:
    owed(due_at=NOW - 7 * HOUR)
    WorkerHeartbeat.objects.create(name="w", started_at=NOW, beat_at=NOW)
    assert seen() == [("nothing_accepted:", 1)]


def test_an_order_that_is_held_for_days_is_no_silence() -> None:
    owed(due_at=NOW + 14 * DAY, created_at=NOW - DAY)
    assert seen() == []


def test_an_acceptance_ends_the_silence_and_a_persons_word_does_not() -> None:
    tried(owed(due_at=NOW + HOUR, attempts_made=3), ago=7 * HOUR)
    settled("accepted", ago=2 * HOUR)
    assert seen() == []
    Postback.objects.filter(status="accepted").update(verdict="unconfirmed")
    assert seen() == [("nothing_accepted:", 1)]


def test_a_share_that_falls_is_seen() -> None:
    settled("accepted", ago=3 * DAY, count=60)
    settled("accepted", ago=HOUR, count=10)
    settled("rejected", ago=HOUR, count=15)
    assert ("acceptance:", 2) in seen()


@pytest.mark.parametrize(("engine", "keys"), [("worker", ["no_worker:"]), ("celery", ["no_worker:"]), ("thread", [])])
def test_no_worker_is_seen_where_there_should_be_one(settings: Any, engine: str, keys: list[str]) -> None:
    settings.TRACKING_ENGINE = engine
    owed(due_at=NOW - HOUR)
    assert [key for key, _ in seen() if key == "no_worker:"] == keys


def test_what_waits_for_a_paused_host_does_not_call_for_a_worker() -> None:
    owed(due_at=NOW - HOUR)
    HostPause.objects.create(host="get.aspr.app", paused_until=NOW + HOUR, since=NOW - HOUR, reason="refused")
    assert [key for key, _ in seen()] == ["paused_host:get.aspr.app"]


def test_landings_are_counted_by_the_hour() -> None:
    with time_machine.travel(NOW, tick=False):
        tally._counts[NOW.replace(minute=0), Landing.ANY] += 3
        tally.write()
        tally._counts[NOW.replace(minute=0), Landing.ANY] += 2
        tally.write()
    assert LandingHour.objects.values_list("starts_at", "count").get() == (NOW.replace(minute=0), 5)


def test_landings_that_stay_away_are_seen() -> None:
    hours = [NOW.replace(minute=0) - HOUR * number for number in range(6, 24 * 35)]
    LandingHour.objects.bulk_create(LandingHour(starts_at=hour, count=10) for hour in hours)
    assert [key for key, _ in seen()] == ["no_landings:"]


# Once, again when it is worse, and when it is over ------------------------------------------------------------------


def test_a_trouble_that_lasts_is_told_once(signals: list[Any]) -> None:
    for minute in range(3):
        alerts.note([TROUBLE], now=NOW + timedelta(minutes=minute))
        letters.tell(now=NOW + timedelta(minutes=minute))
    assert (Alert.objects.count(), len(mail.outbox), signals) == (1, 1, ["raised"])


def test_it_is_told_again_when_it_is_worse_and_when_it_is_over(signals: list[Any]) -> None:
    for findings in ([TROUBLE], [WORSE], [TROUBLE], [WORSE], [], []):
        alerts.note(findings, now=NOW)
        letters.tell(now=NOW)
    assert signals == ["raised", "worse", "cleared"]
    subjects = [letter.subject.partition(": ")[2] for letter in mail.outbox]
    assert subjects == [
        "A host stays paused (get.aspr.app)",
        "worse: A host stays paused (get.aspr.app)",
        "over: A host stays paused (get.aspr.app)",
    ]


def test_what_comes_back_is_a_new_alert() -> None:
    for findings in ([TROUBLE], [], [TROUBLE]):
        alerts.note(findings, now=NOW)
        letters.tell(now=NOW)
    assert (Alert.objects.count(), Alert.objects.open().count(), len(mail.outbox)) == (2, 1, 3)


def test_two_processes_that_notice_the_same_make_one_alert(monkeypatch: pytest.MonkeyPatch, signals: list[Any]) -> None:
    alerts.note([TROUBLE], now=NOW)
    with monkeypatch.context() as patched:
        patched.setattr(Alert.objects, "open", Alert.objects.none)  # as read before the other had written
        assert alerts.note([TROUBLE], now=NOW) == []
    assert (Alert.objects.count(), signals) == (1, ["raised"])


def test_of_two_processes_one_tells() -> None:
    alerts.note([TROUBLE], now=NOW)
    assert len(alerts.take_untold(now=NOW)) == 1
    assert alerts.take_untold(now=NOW) == []


def test_what_a_killed_process_was_telling_is_told_by_another() -> None:
    alerts.note([TROUBLE], now=NOW)
    alerts.take_untold(now=NOW)
    assert letters.tell(now=NOW + timedelta(minutes=9)) == 0
    assert letters.tell(now=NOW + timedelta(minutes=11)) == 1


def test_news_of_one_look_come_in_one_letter() -> None:
    settled("rejected")
    settled("failed", count=3)
    assert has_round() == 2
    [letter] = mail.outbox
    assert letter.subject == "Affiliate tracking of shop.example: Postbacks need a person (failed), and 1 more"


def test_a_receiver_that_fails_stops_nothing() -> None:
    def fails(**_: Any) -> None:
        raise RuntimeError

    alert_raised.connect(fails)
    try:
        settled("rejected")
        assert has_round() == 1
    finally:
        alert_raised.disconnect(fails)


def test_it_is_logged_with_its_kind(caplog: pytest.LogCaptureFixture) -> None:
    alerts.note([TROUBLE], now=NOW)
    [record] = caplog.records
    assert record.levelname == "ERROR"
    assert record.__dict__["kind"] == "paused_host"


# Letters --------------------------------------------------------------------------------------------------------


def test_a_letter_says_what_since_when_and_what_to_do(settings: Any) -> None:
    settled("rejected", detail="Offer <paused> & gone")
    has_round()
    [letter] = mail.outbox
    html = letter.alternatives[0][0]
    assert letter.to == ["ann@shop.example", "bob@shop.example"]
    for text in (
        "Aspire refused 1 postback. The latest: Offer <paused> & gone",
        "Since: 2026-11-23 14:20:00 UTC",
        "What to do: Mend the cause",
        "See: https://shop.example/admin/tracking/postback/?status__exact=rejected",
    ):
        assert text in letter.body
    assert "Offer &lt;paused&gt; &amp; gone" in html
    assert 'href="https://shop.example/admin/tracking/postback/?status__exact=rejected"' in html


def test_an_alert_of_another_release_keeps_no_letter_and_no_page_from_being_made(admin_client: Any) -> None:
    Alert.objects.create(kind="later", key="later:", level=1, told_level=1, what="So it is.", opened_at=NOW)
    assert (
        "this release of the software does not know it" in admin_client.get("/admin/tracking/alert/").content.decode()
    )
    alerts.note([TROUBLE], now=NOW)
    assert letters.tell(now=NOW) == 2


@pytest.mark.parametrize("kind", Alert.Kind.values)
def test_there_is_advice_and_a_page_for_each_kind(kind: str, admin_client: Any) -> None:
    alerts.note([Finding(kind, "So it is.", 1, "rejected" if kind == "needs_person" else "")], now=NOW)
    letters.tell(now=NOW)
    body = mail.outbox[0].body
    path = body.partition("See: https://shop.example")[2].partition("\n")[0]
    assert len(body.partition("What to do: ")[2].partition("\n")[0]) > 30
    assert admin_client.get(path).status_code == 200


def test_without_a_site_the_letter_names_the_path(settings: Any) -> None:
    settings.TRACKING_SITE_URL = ""
    settled("failed")
    has_round()
    assert "See: /admin/tracking/postback/?status__exact=failed" in mail.outbox[0].body
    assert "href" not in mail.outbox[0].alternatives[0][0]


def test_the_admins_are_told_where_nobody_is_named(settings: Any) -> None:
    settings.TRACKING_ALERT_RECIPIENTS = None
    settings.ADMINS = [("Ann", "ann@shop.example")]
    settled("rejected")
    has_round()
    assert mail.outbox[0].to == ["ann@shop.example"]


def test_without_anybody_to_tell_it_waits_until_there_is_somebody(settings: Any) -> None:
    settings.TRACKING_ALERT_RECIPIENTS = []
    settled("rejected")
    assert has_round() == 0
    settings.TRACKING_ALERT_RECIPIENTS = ["ann@shop.example"]
    assert has_round() == 1


class BrokenBackend(EmailBackend):
    def send_messages(self, messages: Any) -> int:
        raise ConnectionRefusedError("no mail server")


def test_a_letter_that_cannot_be_sent_is_sent_with_the_next_round(settings: Any) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.BrokenBackend"
    settled("rejected")
    assert has_round() == 0
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert has_round() == 1
    assert has_round() == 0


def test_what_was_over_before_anybody_was_told_is_not_told() -> None:
    alerts.note([TROUBLE], now=NOW)
    alerts.note([], now=NOW)
    assert letters.tell(now=NOW) == 0


# Rounds ---------------------------------------------------------------------------------------------------------


def test_a_round_is_had_every_few_minutes_by_whoever_comes_first() -> None:
    settled("rejected")
    for minutes, letters_sent in ((0, 1), (4, 1), (5, 2)):
        with time_machine.travel(NOW + timedelta(minutes=minutes), tick=False):
            if minutes == 4:
                Postback.objects.update(status="cancelled")
            rounds.look_if_due()
        assert len(mail.outbox) == letters_sent


def test_between_two_rounds_a_look_costs_little(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    rounds.look_if_due()
    with django_assert_num_queries(2):
        rounds.look_if_due()


def test_a_limit_that_is_none_stops_nobody_who_delivers(settings: Any, caplog: pytest.LogCaptureFixture) -> None:
    settings.TRACKING_ALERT_SILENCE_HOURS = 0
    rounds.look_if_due()
    assert "TRACKING_ALERT_SILENCE_HOURS is 0" in caplog.text


def test_a_round_forgets_what_is_old() -> None:
    now = timezone.now()
    LandingHour.objects.create(starts_at=now - 60 * DAY, count=1)
    Alert.objects.create(kind="held", level=1, what="", opened_at=now - 500 * DAY, cleared_at=now - 450 * DAY)
    rounds.look_if_due()
    assert (LandingHour.objects.count(), Alert.objects.count(), WatchRound.objects.count()) == (0, 0, 1)


def test_a_drain_from_cron_delivers_whatever_fault_the_watch_has(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(rounds, "find", None)
    assert "Tried: 0." in run("deliver_postbacks", "--once").out
    assert "could not be looked at" in caplog.text


def test_a_drain_from_cron_looks_before_it_delivers_and_tells_after(network: Network) -> None:
    network.replies(200, "success=true;")
    offer = OfferFactory(postback_url=network.postback_url)
    PostbackFactory(offer=offer, due_at=timezone.now() - HOUR)
    assert run("deliver_postbacks", "--once").out == "Tried: 1.\n"
    assert [alert.kind for alert in Alert.objects.all()] == ["no_worker"]
    assert len(mail.outbox) == 1
    run("deliver_postbacks", "--once")
    assert "over:" in mail.outbox[1].subject


# The command ----------------------------------------------------------------------------------------------------


def test_the_command_says_what_is_wrong_and_mails_it() -> None:
    settled("rejected")
    ended = run("send_alerts")
    assert ended.status == 0
    assert ended.out.splitlines() == [
        "Postbacks need a person: Aspire refused 1 postback.",
        "Mailed: 1 alert to 2 recipients.",
    ]


def test_a_dry_run_notes_nothing_and_mails_nothing() -> None:
    settled("rejected")
    assert run("send_alerts", "--dry-run").out.startswith("Postbacks need a person")
    assert (Alert.objects.count(), len(mail.outbox)) == (0, 0)


def test_the_command_says_that_all_is_well() -> None:
    assert run("send_alerts", "--dry-run").out == "Nothing is wrong.\n"


def test_the_command_fails_when_the_letter_does(settings: Any) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.BrokenBackend"
    settled("rejected")
    assert run("send_alerts").status == 1


def test_a_trial_letter_shows_that_letters_arrive() -> None:
    assert run("send_alerts", "--test").out == "A trial letter went to ann@shop.example, bob@shop.example.\n"
    assert "Nothing is wrong" in mail.outbox[0].body


@pytest.mark.parametrize(
    ("recipients", "backend", "words"),
    [([], "django.core.mail.backends.locmem.EmailBackend", "nobody to mail"), (["a@b"], "BrokenBackend", "no mail")],
)
def test_a_trial_that_cannot_be_sent_says_why(settings: Any, recipients: Any, backend: str, words: str) -> None:
    settings.TRACKING_ALERT_RECIPIENTS = recipients
    settings.EMAIL_BACKEND = backend if "." in backend else f"{__name__}.{backend}"
    ended = run("send_alerts", "--test")
    assert ended.status == 1
    assert words in ended.err
