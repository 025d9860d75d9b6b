"""Orders in the shop's admin: with their affiliates, what waits for a person, and what is done to them."""

from datetime import timedelta
from unittest.mock import Mock

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from payments import PaymentError
from payments.dummy import DummyProvider
from pytest_django import DjangoAssertNumQueries, Settings

from store import orders
from store.models import Order, Payment, Refund
from tests.factories import ConversionFactory, OfferFactory, PostbackFactory
from tests.store.back_office import ORDERS, act, paid
from tests.store.factories import (
    OrderFactory,
    OrderLineFactory,
    PaymentFactory,
)

pytestmark = pytest.mark.django_db


def test_orders_show_who_earns_them_and_how_the_postback_is_doing(admin_client: Client) -> None:
    order = OrderFactory()
    postback = PostbackFactory(conversion__order_id=order.number, status="rejected")

    page = admin_client.get(reverse(ORDERS)).content.decode()

    assert "Credited 77" in page
    assert f'<a href="/admin/tracking/postback/{postback.pk}/change/">Rejected</a>' in page


def test_an_orders_own_page_says_why(admin_client: Client) -> None:
    order = OrderFactory()
    ConversionFactory(order_id=order.number, outcome="expired", reason="The click was 40 days old.")

    page = admin_client.get(reverse("admin:store_order_change", args=[order.pk])).content.decode()

    assert "The click was 40 days old." in page
    assert "none owed" in page


def test_a_long_list_of_orders_takes_no_more_queries(
    admin_client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    offer = OfferFactory()
    for _ in range(30):
        PostbackFactory(offer=offer, conversion__order_id=OrderFactory().number)

    with django_assert_max_num_queries(12):
        admin_client.get(reverse(ORDERS))


@pytest.mark.parametrize("todo", ["send", "invoice", "give_back", "refund"])
def test_what_waits_for_a_person_is_found(admin_client: Client, todo: str) -> None:
    plain = OrderFactory()
    to_send = paid()
    invoice = PaymentFactory(status="preauth", order__fulfilled_at=timezone.now()).order
    surplus = PaymentFactory(status="confirmed", is_surplus=True, order__status="cancelled").order
    asked = paid(status="placed")
    orders.fulfil(asked)
    Refund.objects.create(order=asked, payment=asked.payments.get(), amount=1)
    expected = {"send": to_send, "invoice": invoice, "give_back": surplus, "refund": asked}[todo]

    page = admin_client.get(reverse(ORDERS), {"todo": todo})

    assert list(page.context["cl"].result_list) == [expected]
    assert plain not in page.context["cl"].result_list


def test_invoices_are_marked_as_paid(admin_client: Client, settings: Settings) -> None:
    settings.PAYMENT_VARIANTS = {"bill": ("store.invoice.InvoiceProvider", {"pay_to": "Us"})}
    order = PaymentFactory(variant="bill", status="preauth").order

    page = act(admin_client, "mark_invoice_paid", order, OrderFactory())

    order.refresh_from_db()
    assert order.status == "paid"
    assert "1 of 2 marked as paid" in page


def test_refunds_without_an_answer_are_asked_for_again(admin_client: Client) -> None:
    order = paid()
    Refund.objects.create(order=order, payment=order.payments.get(), amount=20, goods=16)

    page = act(admin_client, "ask_refunds_again", order)

    order.refresh_from_db()
    assert order.refunded == 20
    assert "went back." in page


def test_orders_that_nobody_pays_are_cancelled_after_a_while(capsys: pytest.CaptureFixture[str]) -> None:
    long_ago = timezone.now() - timedelta(hours=49)
    old = OrderLineFactory(order=OrderFactory(placed_at=long_ago)).order
    invoice = PaymentFactory(order__placed_at=long_ago, status="preauth").order
    new, bought = OrderFactory(), paid(placed_at=long_ago)

    call_command("cancel_unpaid_orders")

    assert capsys.readouterr().out == "Cancelled 1 order.\n"
    states = {order.pk: order.status for order in Order.objects.all()}
    assert [states[order.pk] for order in (old, invoice, new, bought)] == ["cancelled", "placed", "placed", "paid"]
    assert old.lines.get().variant.stock == 12


def test_sending_charges_money_that_is_only_reserved(admin_client: Client) -> None:
    order = PaymentFactory(status="preauth").order

    act(admin_client, "mark_sent", order)

    order.refresh_from_db()
    assert (order.status, Payment.objects.get().status) == ("fulfilled", "confirmed")


@pytest.mark.parametrize(("method", "action"), [("capture", "mark_sent"), ("release", "cancel_orders")])
def test_a_provider_that_fails_leaves_the_order_as_it_is(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch, method: str, action: str
) -> None:
    order = PaymentFactory(status="preauth").order
    monkeypatch.setattr(DummyProvider, method, Mock(side_effect=PaymentError("Too late.")))

    page = act(admin_client, action, order)

    order.refresh_from_db()
    assert order.status == "placed"
    assert "Left as they are" in page


def test_cancelling_in_the_admin_lets_go_of_a_reserved_payment(admin_client: Client) -> None:
    order = PaymentFactory(status="preauth").order

    act(admin_client, "cancel_orders", order)

    order.refresh_from_db()
    assert (order.status, Payment.objects.get().status) == ("cancelled", "refunded")
