"""What a provider says of a payment, and what becomes of the order."""

from typing import Any
from unittest.mock import Mock

import pytest
from django.test import Client

from store import orders
from store.models import Order, Payment
from tests.store.conftest import Ear, Shopper
from tests.store.factories import OrderFactory, PaymentFactory

pytestmark = pytest.mark.django_db


def webhook(payment: Payment, status: str = "confirmed") -> Any:
    """The provider calls: another client, without the shopper's cookies."""
    return Client().get(payment.get_process_url(), {"verification_result": status})


def test_a_paid_order_is_completed_with_its_amounts(shopper: Shopper, completed: Ear) -> None:
    order = OrderFactory()

    page = shopper.pays(order)

    order.refresh_from_db()
    assert order.status == "paid"
    assert order.paid_at is not None
    assert "Thank you" in page.content.decode()
    (sent,) = completed.orders
    assert (sent.order_id, sent.currency) == (order.number, "USD")
    assert (sent.items_total, sent.shipping, sent.tax, sent.discount) == (40, 6, 4, 0)


def test_a_webhook_completes_an_order_without_the_shopper(completed: Ear) -> None:
    payment = PaymentFactory()

    webhook(payment)

    assert Order.objects.get().status == "paid"
    assert [sent.order_id for sent in completed.orders] == [payment.order.number]
    assert completed.heard[0]["request"] is None


def test_confirming_twice_completes_once(completed: Ear) -> None:
    payment = PaymentFactory()

    webhook(payment)
    webhook(payment)

    assert len(completed.heard) == 1


def test_completing_an_order_that_another_process_completed_does_nothing(completed: Ear) -> None:
    order = OrderFactory()
    same_order = Order.objects.get(pk=order.pk)

    assert orders.complete(order)
    assert not orders.complete(same_order)
    assert len(completed.heard) == 1


def test_a_confirmed_payment_knows_what_was_captured() -> None:
    payment = PaymentFactory()

    webhook(payment)

    payment.refresh_from_db()
    assert payment.captured_amount == 50


def test_an_order_stays_unpaid_when_completing_it_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    payment = PaymentFactory()
    monkeypatch.setattr("store.orders.order_completed.send", Mock(side_effect=RuntimeError))

    with pytest.raises(RuntimeError):
        payment.change_status("confirmed")

    payment.refresh_from_db()
    assert payment.status == "input"
    assert Order.objects.get().status == "placed"


def test_money_for_a_cancelled_order_is_reported(completed: Ear, caplog: pytest.LogCaptureFixture) -> None:
    payment = PaymentFactory(order=OrderFactory(status="cancelled"))

    webhook(payment)

    assert completed.heard == []
    assert "after it was cancelled: refund it" in caplog.text


def test_a_second_payment_of_an_order_is_reported(completed: Ear, caplog: pytest.LogCaptureFixture) -> None:
    order = OrderFactory()
    first, second = PaymentFactory(order=order), PaymentFactory(order=order)

    webhook(first)
    webhook(second)

    assert len(completed.heard) == 1
    assert "after it was paid already: refund it" in caplog.text


def test_money_that_should_not_have_come_is_marked_to_be_given_back() -> None:
    order = OrderFactory()
    first, second = PaymentFactory(order=order), PaymentFactory(order=order)

    webhook(first)
    webhook(second)

    second.refresh_from_db()
    first.refresh_from_db()
    assert (first.is_surplus, second.is_surplus) == (False, True)


@pytest.mark.parametrize("late", ["rejected", "error", "waiting", "input", "preauth"])
def test_late_word_about_a_payment_that_went_through_changes_nothing(late: str) -> None:
    payment = PaymentFactory()
    webhook(payment)

    webhook(payment, late)

    payment.refresh_from_db()
    assert (payment.status, payment.captured_amount) == ("confirmed", 50)


def test_a_rejected_payment_that_is_confirmed_after_all_completes_the_order(completed: Ear) -> None:
    payment = PaymentFactory()
    webhook(payment, "rejected")

    webhook(payment)

    assert Order.objects.get().status == "paid"
    assert len(completed.heard) == 1


def test_a_stale_copy_of_a_payment_cannot_undo_what_came_meanwhile() -> None:
    payment = PaymentFactory()
    stale = Payment.objects.get(pk=payment.pk)
    webhook(payment)

    stale.change_status("rejected")

    assert stale.status == "confirmed"
