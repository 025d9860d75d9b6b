"""Payments through Stripe: what it is asked, and what follows from what it says."""

import time
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from store import payments, refunds
from store.models import Order, Payment
from store.refunds import RefundError, Wish
from store.stripe_checkout import StripeProvider, from_minor_units, minor_units
from tests.store.conftest import Ear, Shopper
from tests.store.factories import OrderFactory, OrderLineFactory
from tests.store.stripe_server import StripeServer, stripe_server

__all__ = ["stripe_server"]

pytestmark = pytest.mark.django_db


def opened(shopper: Shopper) -> Payment:
    """A payment of $50.00 whose shopper is at Stripe."""
    order = OrderLineFactory(order=OrderFactory()).order
    shopper.opens("pay", order.token)
    return order.payments.get()


def session(payment: Payment, **values: Any) -> dict[str, Any]:
    return {
        "id": payment.transaction_id,
        "object": "checkout.session",
        "client_reference_id": payment.token,
        "status": "complete",
        "payment_status": "paid",
        "amount_total": 5000,
        "currency": "usd",
        "payment_intent": "pi_1",
        **values,
    }


def charge(payment: Payment, amount_refunded: int) -> dict[str, Any]:
    return {"object": "charge", "amount_refunded": amount_refunded, "metadata": {"payment": payment.token}}


def order_of(payment: Payment) -> Order:
    return Order.objects.get(pk=payment.order_id)


def test_the_shopper_is_sent_to_stripe_with_the_whole_amount(shopper: Shopper, stripe_server: StripeServer) -> None:
    order = OrderFactory()

    response = shopper.opens("pay", order.token)

    assert response["Location"].startswith("https://checkout.stripe.test/")
    ((_, wish),) = stripe_server.asked
    assert wish["line_items[0][price_data][unit_amount]"] == "5000"
    assert wish["line_items[0][price_data][currency]"] == "usd"
    assert wish["success_url"].endswith(f"{order.get_absolute_url()}?paid")
    assert wish["success_url"].startswith("http")
    assert wish["payment_intent_data[metadata][payment]"] == order.payments.get().token


def test_going_to_pay_again_leads_to_the_same_session(shopper: Shopper, stripe_server: StripeServer) -> None:
    order = OrderFactory()

    first, second = (shopper.opens("pay", order.token)["Location"] for _ in range(2))

    assert first == second
    assert len(stripe_server.asked) == 1


def test_back_from_stripe_before_its_word_the_page_waits_and_offers_no_second_payment(
    shopper: Shopper, stripe_server: StripeServer
) -> None:
    order = opened(shopper).order

    page = shopper.client.get(f"{order.get_absolute_url()}?paid").content.decode()

    assert "has not told us yet" in page
    assert "Pay now" not in page


def test_the_webhook_completes_the_order(shopper: Shopper, stripe_server: StripeServer, completed: Ear) -> None:
    payment = opened(shopper)

    answer = stripe_server.says("checkout.session.completed", session(payment))

    payment.refresh_from_db()
    assert answer.status_code == 200
    assert (payment.status, payment.captured_amount) == ("confirmed", 50)
    assert [sent.order_id for sent in completed.orders] == [order_of(payment).number]


def test_a_webhook_that_comes_twice_completes_once(
    shopper: Shopper, stripe_server: StripeServer, completed: Ear
) -> None:
    payment = opened(shopper)

    for _ in range(2):
        assert stripe_server.says("checkout.session.completed", session(payment)).status_code == 200

    assert len(completed.heard) == 1


def test_money_that_arrives_later_completes_the_order_then(
    shopper: Shopper, stripe_server: StripeServer, completed: Ear
) -> None:
    payment = opened(shopper)

    stripe_server.says("checkout.session.completed", session(payment, payment_status="unpaid"))
    assert completed.heard == []

    stripe_server.says("checkout.session.async_payment_succeeded", session(payment))
    assert order_of(payment).status == "paid"


@pytest.mark.parametrize("kind", ["checkout.session.expired", "checkout.session.async_payment_failed"])
def test_a_payment_that_failed_can_be_tried_again(shopper: Shopper, stripe_server: StripeServer, kind: str) -> None:
    payment = opened(shopper)

    stripe_server.says(kind, session(payment, status="expired", payment_status="unpaid"))
    shopper.opens("pay", payment.order.token)

    assert [each.status for each in payment.order.payments.order_by("pk")] == ["rejected", "waiting"]


def test_an_expired_session_that_is_told_late_does_not_undo_a_paid_order(
    shopper: Shopper, stripe_server: StripeServer
) -> None:
    payment = opened(shopper)
    stripe_server.says("checkout.session.completed", session(payment))

    stripe_server.says("checkout.session.expired", session(payment, status="expired"))

    payment.refresh_from_db()
    assert (payment.status, order_of(payment).status) == ("confirmed", "paid")


@pytest.mark.parametrize(
    "forgery",
    [{"secret": "whsec_guessed"}, {"at": time.time() - 3600}],
    ids=["signed by somebody else", "an old one sent again"],
)
def test_a_forged_webhook_is_refused(
    shopper: Shopper, stripe_server: StripeServer, completed: Ear, forgery: dict[str, Any]
) -> None:
    payment = opened(shopper)

    answer = stripe_server.says("checkout.session.completed", session(payment), **forgery)

    assert answer.status_code == 400
    assert completed.heard == []


@pytest.mark.parametrize("path", ["/payments/process/stripe/", "/payments/process/{token}/"])
@pytest.mark.parametrize("body", ["", "junk", "{}", '{"type": "checkout.session.completed"}'])
def test_an_unsigned_call_is_refused(
    shopper: Shopper, stripe_server: StripeServer, completed: Ear, path: str, body: str
) -> None:
    payment = opened(shopper)

    answer = shopper.client.post(path.format(token=payment.token), body, content_type="application/json")

    assert answer.status_code == 400
    assert completed.heard == []


@pytest.mark.parametrize("wrong", [{"amount_total": 1}, {"currency": "eur"}])
def test_a_session_over_another_amount_pays_nothing(
    shopper: Shopper, stripe_server: StripeServer, completed: Ear, wrong: dict[str, Any]
) -> None:
    payment = opened(shopper)

    stripe_server.says("checkout.session.completed", session(payment, **wrong))

    payment.refresh_from_db()
    assert payment.status == "error"
    assert completed.heard == []


@pytest.mark.parametrize(
    ("kind", "thing"),
    [("invoice.paid", {"client_reference_id": "x"}), ("charge.refunded", {"amount_refunded": 1, "metadata": {}})],
)
def test_what_is_not_about_the_shop_is_heard_and_left(
    shopper: Shopper, stripe_server: StripeServer, kind: str, thing: dict[str, Any]
) -> None:
    assert stripe_server.says(kind, thing).status_code == 200


def paid(shopper: Shopper, stripe_server: StripeServer) -> Payment:
    payment = opened(shopper)
    stripe_server.says("checkout.session.completed", session(payment))
    return Payment.objects.get(pk=payment.pk)


def test_a_refund_is_asked_of_stripe_once(shopper: Shopper, stripe_server: StripeServer) -> None:
    payment, wish = paid(shopper, stripe_server), Wish(amount=Decimal("12.34"))

    refunds.refund(payment, wish)
    refunds.refund(payment, wish)

    assert stripe_server.asked[1:] == [("/v1/refunds", {"payment_intent": "pi_1", "amount": "1234"})]
    assert order_of(payment).refunded == Decimal("12.34")


def test_stripes_word_of_our_refund_changes_nothing_more(shopper: Shopper, stripe_server: StripeServer) -> None:
    payment = paid(shopper, stripe_server)
    refunds.refund(payment, Wish(amount=Decimal(20)))

    stripe_server.says("charge.refunded", charge(payment, 2000))

    assert order_of(payment).refunded == 20


def test_a_refund_made_in_stripes_dashboard_is_the_orders_too(
    shopper: Shopper, stripe_server: StripeServer, refunded: Ear
) -> None:
    payment = paid(shopper, stripe_server)

    stripe_server.says("charge.refunded", charge(payment, 5000))
    stripe_server.says("charge.refunded", charge(payment, 5000))

    assert order_of(payment).status == "refunded"
    assert [sent["items_total"] for sent in refunded.heard] == [0]


def test_a_refund_that_stripe_refuses_is_told_in_its_words(shopper: Shopper, stripe_server: StripeServer) -> None:
    payment = paid(shopper, stripe_server)
    stripe_server.fails(400, "invalid_request_error", "Charge has been charged back.")

    with pytest.raises(RefundError, match="Charge has been charged back"):
        refunds.refund(payment, Wish(amount=Decimal(20)))

    assert order_of(payment).refunded == 0


def test_stripe_out_of_order_is_told_kindly_and_can_be_tried_again(
    shopper: Shopper, stripe_server: StripeServer
) -> None:
    stripe_server.fails(400, "invalid_request_error", "No such price.")
    order = OrderFactory()

    assert "Nothing was charged" in shopper.opens("pay", order.token).content.decode()

    stripe_server.fault = None
    assert shopper.opens("pay", order.token).status_code == 302


def test_calling_an_order_off_closes_its_session(shopper: Shopper, stripe_server: StripeServer) -> None:
    payment = opened(shopper)

    assert payments.call_off(payment.order)

    assert stripe_server.paths()[-1] == f"/v1/checkout/sessions/{payment.transaction_id}/expire"


def test_money_for_an_order_called_off_meanwhile_is_marked_to_be_given_back(
    shopper: Shopper, stripe_server: StripeServer, completed: Ear
) -> None:
    payment = opened(shopper)
    stripe_server.fails(400, "invalid_request_error", "This session is complete already.")
    payments.call_off(payment.order)
    stripe_server.fault = None

    stripe_server.says("checkout.session.completed", session(payment))

    payment.refresh_from_db()
    assert (order_of(payment).status, payment.is_surplus) == ("cancelled", True)
    assert completed.heard == []


@pytest.mark.parametrize("config", [{"api_key": "", "endpoint_secret": "x"}, {"api_key": "x", "endpoint_secret": ""}])
def test_stripe_without_its_secrets_does_not_start(config: dict[str, str]) -> None:
    with pytest.raises(ImproperlyConfigured, match="endpoint_secret"):
        StripeProvider(**config)


@pytest.mark.parametrize(("amount", "currency", "units"), [("12.34", "USD", 1234), ("500", "JPY", 500)])
def test_amounts_are_counted_in_the_currencys_smallest_unit(amount: str, currency: str, units: int) -> None:
    assert minor_units(Decimal(amount), currency) == units
    assert from_minor_units(units, currency) == Decimal(amount)
