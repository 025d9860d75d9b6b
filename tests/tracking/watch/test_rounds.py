"""When the watch has a round: beside a drain, or by its command."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from tests.factories import OfferFactory, PostbackFactory
from tests.network import Network
from tests.tracking.terminal import run
from tests.tracking.watch.steps import BROKEN_BACKEND, DAY, HOUR, NOW, settled
from tracking.models import Alert, LandingHour, Postback, WatchRound
from tracking.watch import rounds

pytestmark = pytest.mark.django_db


# Rounds -------------------------------------------------------------------------------------------------------


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


# The command --------------------------------------------------------------------------------------------------


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
    settings.EMAIL_BACKEND = BROKEN_BACKEND
    settled("rejected")
    assert run("send_alerts").status == 1


def test_a_trial_letter_shows_that_letters_arrive() -> None:
    assert run("send_alerts", "--test").out == "A trial letter went to ann@shop.example, bob@shop.example.\n"
    assert "Nothing is wrong" in mail.outbox[0].body


@pytest.mark.parametrize(
    ("recipients", "backend", "words"),
    [([], "django.core.mail.backends.locmem.EmailBackend", "nobody to mail"), (["a@b"], BROKEN_BACKEND, "no mail")],
)
def test_a_trial_that_cannot_be_sent_says_why(settings: Any, recipients: Any, backend: str, words: str) -> None:
    settings.TRACKING_ALERT_RECIPIENTS = recipients
    settings.EMAIL_BACKEND = backend
    ended = run("send_alerts", "--test")
    assert ended.status == 1
    assert words in ended.err
