"""Whatever fails while an order is recorded, the shop is not hurt."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError, connection, transaction

from tests.factories import completed_order, visit_from
from tests.tracking.recording.failures import FAILURES, fail, fail_in_the_database_and_hide_it, mark_for_rollback
from tests.tracking.recording.steps import cancel, send
from tracking.attribution import remember
from tracking.conversions import recording
from tracking.models import Conversion, Offer, Postback
from tracking.orders import CompletedOrder
from tracking.postbacks import outbox
from tracking.signals import order_cancelled, order_completed, order_refunded

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("place", ["find_click", "_decide", "record_and_enqueue"])
def test_recording_that_fails_leaves_the_order_intact(
    offer: Offer, monkeypatch: pytest.MonkeyPatch, failure: Callable[..., None], place: str
) -> None:
    monkeypatch.setattr(outbox if place == "record_and_enqueue" else recording, place, failure)
    with transaction.atomic():
        User.objects.create(username="before")
        send(request=visit_from("77"))
        User.objects.create(username="after")
    assert set(User.objects.values_list("username", flat=True)) == {"before", "after"}
    assert not Postback.objects.exists()


@pytest.mark.parametrize("failure", FAILURES)
def test_a_receiver_that_fails_leaves_order_and_conversion_intact(
    offer: Offer, listening: Any, failure: Callable[..., None]
) -> None:
    listening(failure)
    with transaction.atomic():
        User.objects.create(username="before")
        send(request=visit_from("77"))
        User.objects.create(username="after")
    assert {"before", "after"} <= set(User.objects.values_list("username", flat=True))
    assert Postback.objects.get().conversion.outcome == "credited"


def test_what_a_receiver_raises_is_logged(offer: Offer, listening: Any, caplog: pytest.LogCaptureFixture) -> None:
    listening(fail)
    send(request=visit_from("77"))
    assert "on purpose" in caplog.text


def test_a_receiver_that_fails_does_not_keep_others_from_hearing(offer: Offer, listening: Any) -> None:
    heard: list[Conversion] = []
    listening(fail)
    listening(lambda conversion, **_: heard.append(conversion))
    send(request=visit_from("77"))
    assert len(heard) == 1


class Unprintable:
    def __repr__(self) -> str:
        raise RuntimeError

    __str__ = __repr__


class Lookalike:
    order_id, currency, items_total, completed_at = "1001", "USD", 49.99, None


@pytest.mark.parametrize(
    "order", [object(), "1001", 1001, {"order_id": "1001"}, Unprintable(), Lookalike(), CompletedOrder]
)
def test_garbage_in_place_of_an_order_is_logged_and_harms_nobody(
    caplog: pytest.LogCaptureFixture, order: object
) -> None:
    with transaction.atomic():
        send(order)
        User.objects.create(username="ada")
    assert "Recording order" in caplog.text
    assert "give a tracking.orders.CompletedOrder" in caplog.text
    assert User.objects.exists()


@pytest.mark.parametrize("signal", [order_completed, order_cancelled, order_refunded])
def test_a_signal_without_its_arguments_is_logged_and_harms_nobody(
    caplog: pytest.LogCaptureFixture, signal: Any
) -> None:
    signal.send(sender=None)
    assert "the order itself is unharmed" in caplog.text


@pytest.mark.parametrize("request_", [object(), "request", 5])
def test_garbage_in_place_of_a_request_harms_nobody(caplog: pytest.LogCaptureFixture, request_: Any) -> None:
    send(request=request_)
    assert "Recording order '1001' failed" in caplog.text


def test_a_failure_does_not_log_who_the_customer_is(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "find_click", fail)
    send(completed_order(customer_id="ada@shop.test"))
    assert "ada@shop.test" not in caplog.messages[0]


@contextmanager
def database_down() -> Iterator[None]:
    def refuse(*_args: Any) -> Any:
        raise OperationalError("the database is away")

    with connection.execute_wrapper(refuse):
        yield


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("signal", "values"),
    [
        (order_completed, {"order": completed_order()}),
        (order_cancelled, {"order_id": "1001"}),
        (order_refunded, {"order_id": "1001", "items_total": Decimal(0)}),
    ],
)
def test_a_database_that_is_away_raises_nothing(signal: Any, values: dict[str, Any]) -> None:
    with database_down():
        signal.send(sender=None, **values)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("spoil", [mark_for_rollback, fail_in_the_database_and_hide_it])
def test_a_transaction_that_the_shop_has_spoiled_itself_raises_nothing(spoil: Callable[..., None]) -> None:
    with transaction.atomic():
        spoil()
        send(request=visit_from("77"))
        cancel()
        remember(visit_from("77"), "1001")
        transaction.set_rollback(True)


@pytest.mark.django_db(transaction=True)
def test_a_shop_that_manages_its_transactions_by_hand_is_served(offer: Offer) -> None:
    transaction.set_autocommit(False)
    try:
        send(request=visit_from("77"))
        transaction.commit()
    finally:
        transaction.set_autocommit(True)
    assert Postback.objects.exists()
