"""Paying in front of the payment page, also when it fails."""

from unittest.mock import Mock
from urllib.error import URLError

import pytest
from django.urls import reverse
from payments import PaymentError, RedirectNeeded
from payments.dummy import DummyProvider
from payments.forms import PaymentForm

from store.models import Payment
from tests.store.conftest import Ear, Shopper
from tests.store.factories import OrderFactory

pytestmark = pytest.mark.django_db


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
