"""The watch's letters: what they say, to whom they go, and that none is lost."""

from typing import Any

import pytest
from django.core import mail

from tests.tracking.watch.steps import BROKEN_BACKEND, NOW, TROUBLE, has_round, settled
from tracking.models import Alert
from tracking.watch import alerts, letters
from tracking.watch.findings import Finding

pytestmark = pytest.mark.django_db


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


def test_a_letter_that_cannot_be_sent_is_sent_with_the_next_round(settings: Any) -> None:
    settings.EMAIL_BACKEND = BROKEN_BACKEND
    settled("rejected")
    assert has_round() == 0
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert has_round() == 1
    assert has_round() == 0


def test_what_was_over_before_anybody_was_told_is_not_told() -> None:
    alerts.note([TROUBLE], now=NOW)
    alerts.note([], now=NOW)
    assert letters.tell(now=NOW) == 0
