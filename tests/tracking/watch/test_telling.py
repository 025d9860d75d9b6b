"""Each trouble is told once, again when it is worse, and when it is over."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail

from tests.tracking.watch.steps import HOUR, NOW, TROUBLE, has_round, settled
from tracking.models import Alert
from tracking.signals import alert_raised
from tracking.watch import alerts, letters
from tracking.watch.findings import Finding

pytestmark = pytest.mark.django_db

WORSE = Finding("paused_host", "get.aspr.app has been failing.", 2, "get.aspr.app", NOW - HOUR)

# Once, again when it is worse, and when it is over ------------------------------------------------------------


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
