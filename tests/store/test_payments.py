"""Paying, with and without the shopper."""

from typing import Any
from unittest.mock import Mock
from urllib.error import URLError

import pytest
from django.test import Client
from django.urls import reverse
from payments import PaymentError, RedirectNeeded
from payments.dummy import DummyProvider
from payments.forms import PaymentForm
from pytest_django import Settings

from store import orders
from store.models import Order, Payment
from tests.store.conftest import Ear, Shopper
from tests.store.factories import OrderFactory, OrderLineFactory, PaymentFactory

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


def test_a_failed_payment_leaves_the_order_payable(shopper: Shopper, completed: Ear) -> None:
    order = OrderFactory()

    page = shopper.pays(order, "rejected").content.decode()

    order.refresh_from_db()
    assert order.status == "placed"
    assert "did not go through" in page
    assert "Try again" in page
    assert completed.heard == []


def test_a_retry_is_a_new_payment_of_the_same_order(shopper: Shopper, completed: Ear) -> None:
    order = OrderFactory()
    shopper.pays(order, "rejected")

    shopper.pays(order)

    assert [payment.status for payment in order.payments.order_by("pk")] == ["rejected", "confirmed"]
    assert len(completed.heard) == 1


def test_opening_the_payment_page_again_goes_on_with_the_same_payment(shopper: Shopper) -> None:
    order = OrderFactory()

    shopper.opens("pay", order.token)
    shopper.opens("pay", order.token)

    assert order.payments.count() == 1


def test_a_paid_order_is_not_paid_again(shopper: Shopper, completed: Ear) -> None:
    order = OrderFactory()
    shopper.pays(order)

    shopper.pays(order)

    assert order.payments.count() == 1
    assert len(completed.heard) == 1


def test_an_authorised_payment_leaves_the_order_placed_until_it_is_captured(shopper: Shopper, completed: Ear) -> None:
    order = OrderFactory()

    page = shopper.pays(order, "preauth").content.decode()

    assert "authorised" in page
    assert "Pay now" not in page
    assert completed.heard == []
    order.payments.get().capture()
    order.refresh_from_db()
    assert order.status == "paid"


def test_a_detour_through_the_bank_completes_the_order(shopper: Shopper, completed: Ear) -> None:
    order = OrderFactory()
    answer = {"status": "waiting", "fraud_status": "unknown", "gateway_response": "3ds-redirect"}

    away = shopper.client.post(reverse("store:pay", args=[order.token]), {**answer, "verification_result": "confirmed"})
    shopper.client.get(away["Location"])

    order.refresh_from_db()
    assert order.status == "paid"
    assert len(completed.heard) == 1


@pytest.mark.parametrize("failure", ["failure", "payment-error"])
def test_a_broken_gateway_is_told_kindly_and_can_be_tried_again(shopper: Shopper, completed: Ear, failure: str) -> None:
    order = OrderFactory()

    page = shopper.pays(order, "waiting", failure)

    assert page.status_code == 200
    assert "Nothing was charged" in page.content.decode()
    shopper.pays(order)
    assert len(completed.heard) == 1


def test_a_gateway_that_breaks_after_it_took_the_money_leads_to_the_paid_order(shopper: Shopper) -> None:
    page = shopper.pays(OrderFactory(), "confirmed", "failure").content.decode()

    assert "Thank you" in page


@pytest.mark.parametrize("error", [PaymentError("no"), URLError("down"), TimeoutError("slow")])
def test_a_payment_that_could_not_start_is_closed(
    shopper: Shopper, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    order = OrderFactory()
    monkeypatch.setattr(DummyProvider, "get_form", Mock(side_effect=error))

    shopper.opens("pay", order.token)

    assert order.payments.get().status == "error"


def test_a_provider_that_redirects_is_followed(shopper: Shopper, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DummyProvider, "get_form", Mock(side_effect=RedirectNeeded("https://psp.example/pay")))

    assert shopper.opens("pay", OrderFactory().token)["Location"] == "https://psp.example/pay"


class FormProvider(DummyProvider):
    """A provider whose form goes straight to its own site."""

    def get_form(self, payment: Payment, data: object = None) -> PaymentForm:
        return PaymentForm({"amount": payment.total}, "https://psp.example/pay", "post")


def test_a_form_for_another_site_is_shown_without_our_csrf_token(
    shopper: Shopper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.payments.DummyProvider", type("Other", (), {}))
    monkeypatch.setattr(DummyProvider, "get_form", FormProvider.get_form)

    page = shopper.opens("pay", OrderFactory().token).content.decode()

    assert 'action="https://psp.example/pay"' in page
    assert 'name="amount"' in page
    assert "csrfmiddlewaretoken" not in page


def test_the_whole_test_form_is_there_for_testers(shopper: Shopper) -> None:
    page = shopper.opens("pay", OrderFactory().token).content.decode()

    assert "Pay $50.00" in page
    assert 'name="verification_result"' in page


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


def test_the_provider_is_told_what_is_bought() -> None:
    line = OrderLineFactory(quantity=3)

    (item,) = PaymentFactory(order=line.order).get_purchased_items()

    assert (item.name, item.quantity, item.price) == (line.name, 3, line.unit_price)


def test_the_first_variant_is_the_usual_way_to_pay(shopper: Shopper, settings: Settings) -> None:
    settings.PAYMENT_VARIANTS = {"other": ("payments.dummy.DummyProvider", {}), **settings.PAYMENT_VARIANTS}
    order = OrderFactory()

    shopper.opens("pay", order.token)

    assert order.payments.get().variant == "other"


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


def test_an_unpaid_order_can_be_paid_in_another_way(shopper: Shopper, settings: Settings) -> None:
    settings.PAYMENT_VARIANTS = {**settings.PAYMENT_VARIANTS, "other": ("payments.dummy.DummyProvider", {})}
    order = OrderFactory()
    shopper.opens("pay", order.token)

    shopper.client.post(reverse("store:pay_with", args=[order.token]), {"payment": "other"}, follow=True)

    assert {(payment.variant, payment.status) for payment in order.payments.all()} == {
        ("default", "cancelled"),
        ("other", "input"),
    }


def test_nobody_pays_in_a_way_that_is_not_offered(shopper: Shopper) -> None:
    order = OrderFactory()

    shopper.client.post(reverse("store:pay_with", args=[order.token]), {"payment": "barter"}, follow=True)

    assert order.payments.get().variant == "default"
