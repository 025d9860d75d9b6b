"""Every road that a payment may take, to its end: the order, the stock, the letters, and what the affiliate earns."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.management import call_command
from django.utils import timezone
from time_machine import TimeMachineFixture

from store.models import Order, Payment
from tests.factories import OfferFactory
from tests.store.conftest import Shopper
from tests.store.factories import ProductFactory
from tests.store.stripe_server import StripeServer, stripe_server
from tracking.models import Conversion, Postback

__all__ = ["stripe_server"]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_letters_leave")]


@dataclass(frozen=True)
class State:
    """What is left behind when all has been said; there were ten pieces, of which two were ordered."""

    order: str
    stock: int
    letters: list[str]
    earned: list[tuple[str, str]]
    owed: list[tuple[str, int]]


PAID = State(order="paid", stock=8, letters=["confirmed"], earned=[("credited", "77")], owed=[("pending", 40)])


@pytest.fixture
def order(shopper: Shopper, stripe_server: StripeServer) -> Order:
    """An order of somebody whom creator 77 sent, who is at Stripe now."""
    OfferFactory()
    product = ProductFactory(stock=10)
    shopper.client.get(product.get_absolute_url(), {"affiliate_id": "77"})
    shopper.adds(product, 2)
    order = shopper.places_order()
    shopper.opens("pay", order.token)
    return order


def says(stripe_server: StripeServer, order: Order, kind: str, payment_status: str = "paid") -> None:
    """Stripe tells of the order's newest payment."""
    payment = Payment.objects.filter(order=order).latest("pk")
    thing = {
        "id": payment.transaction_id,
        "object": "checkout.session",
        "client_reference_id": payment.token,
        "status": "complete",
        "payment_status": payment_status,
        "amount_total": int(payment.total * 100),
        "currency": "usd",
        "payment_intent": "pi_1",
    }
    assert stripe_server.says(f"checkout.session.{kind}", thing).status_code == 200


def refunds(stripe_server: StripeServer, order: Order) -> None:
    """Somebody gives all the money back in Stripe's dashboard."""
    payment = Payment.objects.filter(order=order).latest("pk")
    charge = {"object": "charge", "amount_refunded": int(order.total * 100), "metadata": {"payment": payment.token}}
    assert stripe_server.says("charge.refunded", charge).status_code == 200


def state_of(order: Order) -> State:
    order.refresh_from_db()
    line = order.lines.get()
    assert line.variant
    known: dict[str, Any] = {"order_id": order.number}
    return State(
        order=order.status,
        stock=line.variant.stock,
        letters=[kind_of(letter.subject) for letter in mail.outbox],
        earned=list(Conversion.objects.filter(**known).values_list("outcome", "affiliate_id")),
        owed=list(Postback.objects.filter(conversion__order_id=order.number).values_list("status", "amount")),
    )


def kind_of(subject: str) -> str:
    return {"You": "confirmed", "Mon": "refunded"}.get(subject[:3], subject)


def test_confirmed_by_the_webhook_alone(order: Order, stripe_server: StripeServer) -> None:
    says(stripe_server, order, "completed")

    assert state_of(order) == PAID


def test_confirmed_twice(order: Order, stripe_server: StripeServer) -> None:
    says(stripe_server, order, "completed")
    says(stripe_server, order, "completed")

    assert state_of(order) == PAID


def test_confirmed_after_the_window_of_the_click(
    order: Order, stripe_server: StripeServer, time_machine: TimeMachineFixture
) -> None:
    says(stripe_server, order, "completed", "unpaid")
    assert state_of(order) == State(order="placed", stock=8, letters=[], earned=[], owed=[])

    time_machine.move_to(timezone.now() + timedelta(days=40))
    says(stripe_server, order, "async_payment_succeeded")

    assert state_of(order) == PAID  # the order was placed in time


def test_confirmed_when_the_order_was_called_off_already(order: Order, stripe_server: StripeServer) -> None:
    Order.objects.filter(pk=order.pk).update(placed_at=timezone.now() - timedelta(days=9))
    call_command("cancel_unpaid_orders", verbosity=0)
    mail.outbox.clear()

    says(stripe_server, order, "async_payment_succeeded")

    assert state_of(order) == State(order="cancelled", stock=10, letters=[], earned=[], owed=[])
    assert Payment.objects.get(order=order).status == "confirmed"  # it is on the list of what is to be given back


def test_failed_then_retried(order: Order, stripe_server: StripeServer, shopper: Shopper) -> None:
    says(stripe_server, order, "async_payment_failed", "unpaid")
    assert state_of(order) == State(order="placed", stock=8, letters=[], earned=[], owed=[])

    shopper.opens("pay", order.token)
    says(stripe_server, order, "completed")

    assert state_of(order) == PAID


def test_refunded_at_the_provider_before_the_affiliate_was_told(order: Order, stripe_server: StripeServer) -> None:
    says(stripe_server, order, "completed")

    refunds(stripe_server, order)
    refunds(stripe_server, order)

    assert state_of(order) == State(
        order="refunded",
        stock=10,
        letters=["confirmed", "refunded"],
        earned=[("credited", "77")],
        owed=[("cancelled", 40)],
    )


def test_the_late_word_of_an_older_attempt_changes_nothing(
    order: Order, stripe_server: StripeServer, shopper: Shopper
) -> None:
    says(stripe_server, order, "completed")

    says(stripe_server, order, "expired", "unpaid")
    says(stripe_server, order, "async_payment_failed", "unpaid")

    assert state_of(order) == PAID
