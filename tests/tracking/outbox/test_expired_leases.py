"""Rows whose sender is gone."""

from datetime import timedelta

import pytest
import time_machine

from tests.factories import OfferFactory
from tests.tracking.outbox.steps import NOW, claimed, due
from tracking.models import Attempt, Offer, Postback
from tracking.postbacks import delivery, outbox
from tracking.postbacks.outbox import LEASE

pytestmark = pytest.mark.django_db


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
