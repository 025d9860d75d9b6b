"""Renewals through Stripe: the card of the first order is charged, once, without the shopper."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from store.models import Order, Payment, Subscription
from store.refunds import Wish, refund
from store.renewals import renew_all
from tests.store.conftest import Shopper
from tests.store.stripe_server import StripeServer, stripe_server
from tests.store.subscriptions import fall_due, monthly_order

__all__ = ["stripe_server"]

pytestmark = pytest.mark.django_db


@pytest.fixture
def subscription(shopper: Shopper, stripe_server: StripeServer) -> Subscription:
    """Due, and its first parcel paid at Stripe."""
    order = monthly_order()
    shopper.opens("pay", order.token)
    pay_at_stripe(stripe_server, order.payments.get())
    subscription = Subscription.objects.get()
    fall_due(subscription)
    return subscription


def pay_at_stripe(stripe_server: StripeServer, payment: Payment) -> Any:
    session = {
        "id": payment.transaction_id,
        "object": "checkout.session",
        "client_reference_id": payment.token,
        "status": "complete",
        "payment_status": "paid",
        "amount_total": int(payment.total * 100),
        "currency": "usd",
        "payment_intent": "pi_first",
        "customer": "cus_1",
    }
    return stripe_server.says("checkout.session.completed", session)


def renewal() -> Order:
    return Order.objects.get(is_renewal=True)


def charges(stripe_server: StripeServer) -> list[dict[str, str]]:
    return [wish for path, wish in stripe_server.asked if path == "/v1/payment_intents"]


def test_the_card_of_a_subscriber_is_kept(subscription: Subscription, stripe_server: StripeServer) -> None:
    _, wish = stripe_server.asked[0]

    assert wish["customer_creation"] == "always"
    assert wish["payment_intent_data[setup_future_usage]"] == "off_session"


def test_a_renewal_charges_the_kept_card(subscription: Subscription, stripe_server: StripeServer) -> None:
    renew_all(timezone.now())

    (wish,) = charges(stripe_server)
    assert (wish["customer"], wish["payment_method"]) == ("cus_1", "pm_1")
    assert (wish["amount"], wish["currency"]) == (str(int(renewal().total * 100)), "usd")
    assert (wish["off_session"], wish["confirm"]) == ("true", "true")
    assert renewal().status == "paid"


def test_a_declined_card_leaves_the_renewal_to_be_paid_by_hand(
    subscription: Subscription, stripe_server: StripeServer, shopper: Shopper
) -> None:
    stripe_server.declines("Your card has expired.")
    renew_all(timezone.now())
    assert renewal().payments.get().message.endswith("Your card has expired.")

    stripe_server.fault = None
    shopper.opens("pay", renewal().token)
    pay_at_stripe(stripe_server, renewal().payments.get(status="waiting"))

    assert renewal().status == "paid"


@pytest.mark.parametrize("status", [500, 503])
def test_after_an_answer_that_says_nothing_the_same_charge_is_asked_for(
    subscription: Subscription, stripe_server: StripeServer, status: int
) -> None:
    stripe_server.fails(status, "api_error", "Something broke.")
    now = timezone.now()
    assert renew_all(now).failed == 1
    stripe_server.fault = None

    renew_all(now + timedelta(hours=2))

    assert renewal().status == "paid"
    assert renewal().payments.count() == 1
    assert len(set(stripe_server.keys)) == 1


def test_a_charge_that_stripe_is_still_at_is_waited_for(
    subscription: Subscription, stripe_server: StripeServer
) -> None:
    stripe_server.intent_status = "processing"
    now = timezone.now()
    renew_all(now)
    assert renewal().status == "placed"

    stripe_server.intent_status = "succeeded"
    renew_all(now + timedelta(hours=2))

    assert renewal().status == "paid"
    assert len(charges(stripe_server)) == 1


def test_a_shopper_who_was_about_to_pay_is_not_charged_twice(
    subscription: Subscription, stripe_server: StripeServer, shopper: Shopper
) -> None:
    stripe_server.declines("Insufficient funds.")
    now = timezone.now()
    renew_all(now)
    stripe_server.fault = None
    shopper.opens("pay", renewal().token)
    begun = renewal().payments.get(status="waiting")

    renew_all(now + timedelta(days=2))

    assert f"/v1/checkout/sessions/{begun.transaction_id}/expire" in stripe_server.paths()
    assert renewal().status == "paid"


def test_a_renewal_is_refunded_at_stripe(subscription: Subscription, stripe_server: StripeServer) -> None:
    renew_all(timezone.now())
    payment = renewal().payments.get()

    refund(payment, Wish(amount=payment.total))

    path, wish = stripe_server.asked[-1]
    assert path == "/v1/refunds"
    assert wish["payment_intent"] == payment.transaction_id
