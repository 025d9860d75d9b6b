"""Order, conversion and postback stand or fall together; the engine is woken after the commit."""

import logging
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError, connection, transaction

from tests.factories import OfferFactory, visit_from
from tests.tracking.recording.steps import NOW, send
from tracking.conversions import recording
from tracking.models import Conversion, Offer, Postback

pytestmark = pytest.mark.django_db


@pytest.mark.django_db(transaction=True)
def test_an_order_rolled_back_leaves_nothing_and_wakes_nobody(offer: Offer, kicks: list[int]) -> None:
    with transaction.atomic():
        send(request=visit_from("77"))
        assert Postback.objects.exists()
        transaction.set_rollback(True)
    assert not Conversion.objects.exists()
    assert not Postback.objects.exists()
    assert kicks == []


@pytest.mark.django_db(transaction=True)
def test_the_engine_is_woken_after_the_commit_and_not_before(offer: Offer, kicks: list[int]) -> None:
    with transaction.atomic():
        send(request=visit_from("77"))
        assert kicks == []
    assert kicks == [1]


@pytest.mark.django_db(transaction=True)
def test_without_a_transaction_the_engine_is_woken_at_once(offer: Offer, kicks: list[int]) -> None:
    send(request=visit_from("77"))
    assert kicks == [1]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("request_", [None, "expired"])
def test_an_order_that_owes_nothing_wakes_nobody(offer: Offer, kicks: list[int], request_: str | None) -> None:
    send(request=visit_from("77", clicked_at=NOW - timedelta(days=400)) if request_ else None)
    assert kicks == []


class BrokenEngine:
    def kick(self) -> None:
        raise OSError("the broker is away")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("engine", ["tests.tracking.recording.test_commit.BrokenEngine", "no.such.Engine", "", 5])
def test_an_engine_that_cannot_be_woken_changes_nothing(offer: Offer, settings: Any, engine: object) -> None:
    settings.TRACKING_ENGINE = engine
    with transaction.atomic():
        User.objects.create(username="ada")
        send(request=visit_from("77"))
    assert User.objects.exists()
    assert Postback.objects.get().status == "pending"


@pytest.mark.django_db(transaction=True)
def test_completing_an_order_speaks_to_nobody(network: Any) -> None:
    OfferFactory(postback_url=network.postback_url)
    send(request=visit_from("77"))
    assert network.received == []
    assert Postback.objects.get().attempts_made == 0


def test_the_receivers_words_reach_the_log(offer: Offer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "tracking")
    send(request=visit_from("77"))
    send(request=visit_from("77"))
    assert caplog.messages == [
        "Order 1001: credited. Clicked 1 hour before the order, for Autumn (12345).",
        "Order 1001 was completed again; its first record stands.",
    ]


@pytest.mark.django_db(transaction=True)
def test_a_transaction_that_is_lost_with_the_connection_is_not_passed_over(
    offer: Offer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the shop would say "paid", and the order would not be there."""

    def lose(*_args: object) -> None:
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(recording, "record", lose)
    monkeypatch.setattr(connection, "savepoint_rollback", lose)
    with pytest.raises(OperationalError), transaction.atomic():
        send(request=visit_from("77"))
