"""An order is recorded once, however often and from how many processes it is signalled."""

import threading
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction

from tests.factories import ConversionFactory, completed_order, visit_from
from tests.tracking.recording.steps import complete, send
from tracking.models import Conversion, Offer, Postback

pytestmark = pytest.mark.django_db


def test_a_second_signal_changes_nothing(offer: Offer, kicks: list[int]) -> None:
    first = complete(visit_from("77"))
    send(completed_order(items_total=Decimal(99)), visit_from("88"))
    conversion = Conversion.objects.get()
    assert (conversion, conversion.affiliate_id, conversion.items_total) == (first, "77", Decimal("49.99"))
    assert Postback.objects.count() == 1


def test_a_second_signal_does_not_spoil_the_shops_transaction(offer: Offer) -> None:
    with transaction.atomic():
        send(request=visit_from("77"))
        send(request=visit_from("77"))
        User.objects.create(username="ada")
    assert User.objects.exists()


def test_a_second_signal_is_not_announced(offer: Offer, listening: Any) -> None:
    announced: list[Conversion] = []
    listening(lambda conversion, **_: announced.append(conversion))
    send(request=visit_from("77"))
    send(request=visit_from("77"))
    assert len(announced) == 1


def test_a_tests_order_id_does_not_block_a_real_order(offer: Offer) -> None:
    ConversionFactory(order_id="1001", is_test=True, offer=offer)
    assert complete(visit_from("77")).outcome == "credited"


def test_a_record_that_the_database_refuses_is_not_taken_for_a_second_signal(
    offer: Offer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_args: Any, **_kwargs: Any) -> None:
        raise IntegrityError("CHECK constraint failed")

    monkeypatch.setattr("tracking.models.rows.insert_one", refuse)
    monkeypatch.setattr("tracking.models.rows._statement", refuse)
    send(request=visit_from("77"))
    assert "Recording order '1001' failed; the order itself is unharmed." in caplog.text


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor == 'sqlite'", reason="SQLite has one writer at a time")
def test_signals_side_by_side_record_an_order_once(offer: Offer) -> None:
    start, failures = threading.Barrier(8), []

    def shop(number: int) -> None:
        try:
            start.wait(10)
            with transaction.atomic():
                User.objects.create(username=f"buyer-{number}")
                send(request=visit_from(str(number)))
        except Exception as error:  # noqa: BLE001 - shown by the assertion
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=shop, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert failures == []
    assert User.objects.count() == 8
    assert Postback.objects.get().conversion == Conversion.objects.get()


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor == 'sqlite'", reason="SQLite has one writer at a time")
def test_when_the_first_transaction_is_rolled_back_the_second_records_the_order(offer: Offer) -> None:
    first_has_sent, failures = threading.Event(), []

    def second() -> None:
        try:
            first_has_sent.wait(10)
            send(request=visit_from("88"))  # waits for the first transaction's end
        except Exception as error:  # noqa: BLE001 - shown by the assertion
            failures.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=second)
    thread.start()
    with transaction.atomic():
        send(request=visit_from("77"))
        first_has_sent.set()
        thread.join(0.2)
        transaction.set_rollback(True)
    thread.join(30)
    assert failures == []
    assert Conversion.objects.get().affiliate_id == "88"
