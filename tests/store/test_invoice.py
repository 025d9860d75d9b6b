"""Pay on invoice."""

import pytest
from django.core import mail
from django.urls import reverse
from pytest_django import Settings

from store import orders, payments
from store.models import Order, Payment
from tests.store.conftest import Ear, Shopper
from tests.store.factories import OrderFactory, OrderLineFactory, ProductFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _invoices(settings: Settings) -> None:
    settings.PAYMENT_VARIANTS = {
        **settings.PAYMENT_VARIANTS,
        "bill": ("store.invoice.InvoiceProvider", {"pay_to": "Pennywort\nIBAN DE02", "days": 10}),
    }


def on_invoice(shopper: Shopper) -> Order:
    line = OrderLineFactory(order=OrderFactory(payment_variant="bill"), quantity=2)
    shopper.opens("pay", line.order.token)
    return line.order


def test_the_ways_to_pay_are_offered_at_checkout(shopper: Shopper) -> None:
    shopper.adds(ProductFactory())

    page = shopper.opens("checkout").content.decode()

    assert "Test payment" in page
    assert "Invoice, to be paid within 10 days" in page


def test_an_order_on_invoice_tells_where_to_pay(shopper: Shopper, completed: Ear) -> None:
    shopper.adds(ProductFactory())
    placed = shopper.submits({**shopper.opens_checkout(), "payment": "bill"})

    page = shopper.client.get(placed["Location"], follow=True).content.decode()

    order = Order.objects.get()
    assert "IBAN DE02" in page
    assert order.number in page
    assert "Pay now" not in page
    assert completed.heard == []


def test_the_order_is_complete_when_the_money_is_there(shopper: Shopper, completed: Ear) -> None:
    order = on_invoice(shopper)

    assert payments.confirm_invoice(order)

    order.refresh_from_db()
    assert order.status == "paid"
    assert [sent.order_id for sent in completed.orders] == [order.number]
    assert Payment.objects.get().captured_amount == 50


def test_marking_as_paid_twice_is_once(shopper: Shopper, completed: Ear) -> None:
    order = on_invoice(shopper)
    payments.confirm_invoice(order)

    assert not payments.confirm_invoice(order)
    assert len(completed.heard) == 1


def test_the_goods_may_leave_before_the_money_comes(shopper: Shopper) -> None:
    order = on_invoice(shopper)

    assert orders.fulfil(order)
    assert not orders.fulfil(order)

    order.refresh_from_db()
    assert (order.status, order.status_words) == ("placed", "Sent, not paid")
    payments.confirm_invoice(order)
    order.refresh_from_db()
    assert order.status == "fulfilled"


def test_an_unpaid_invoice_can_be_cancelled(shopper: Shopper, cancelled: Ear) -> None:
    order = on_invoice(shopper)
    variant = order.lines.get().variant

    assert payments.call_off(order)

    assert order.lines.get().variant.stock == variant.stock + 2
    assert len(cancelled.heard) == 1
    assert not payments.confirm_invoice(order)


def test_nobody_confirms_an_invoice_from_outside(shopper: Shopper) -> None:
    order = on_invoice(shopper)
    payment = order.payments.get()

    response = shopper.client.get(payment.get_process_url(), {"verification_result": "confirmed"})

    payment.refresh_from_db()
    assert response.status_code == 404
    assert payment.status == "preauth"
    assert shopper.client.post("/payments/process/bill/", {"token": payment.token}).status_code == 400


def test_the_way_back_to_another_way_to_pay_is_open_until_then(shopper: Shopper) -> None:
    order = OrderFactory()

    page = shopper.opens("pay", order.token).content.decode()

    assert "Or pay in another way" in page
    assert reverse("store:pay_with", args=[order.token]) in page
    assert mail.outbox == []
