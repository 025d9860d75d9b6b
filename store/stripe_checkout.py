"""Stripe's Checkout page, through django-payments' provider, with what a shop needs beside: absolute addresses,
checked amounts, time limits, refunds that can be asked for twice, and those that are made at Stripe itself."""

from decimal import Decimal
from typing import Any, Final
from urllib.parse import urljoin

import stripe
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, JsonResponse
from payments import PaymentError, PaymentStatus
from payments.core import get_base_url
from payments.stripe import StripeProviderV3
from payments.stripe.providers import zero_decimal_currency

from .models import Payment
from .refunds import note_provider_refund

TIMEOUT: Final = 10  # seconds; a shopper waits
_PAID: Final = ("checkout.session.completed", "checkout.session.async_payment_succeeded")
_NOT_PAID: Final = ("checkout.session.expired", "checkout.session.async_payment_failed")
_REFUNDED: Final = "charge.refunded"
_SESSION: Final = "cs_"  # what ids of sessions start with
EVENTS: Final = (*_PAID, *_NOT_PAID, _REFUNDED)
"""What the webhook at Stripe must be set up for; its address is `/payments/process/<key in PAYMENT_VARIANTS>/`."""


class StripeProvider(StripeProviderV3):  # type: ignore[misc]  # django-payments has no types
    """`["store.stripe_checkout.StripeProvider", {"api_key": "sk_…", "endpoint_secret": "whsec_…"}]`."""

    words = "Card, Apple Pay or Google Pay"

    def __init__(self, api_key: str, endpoint_secret: str, api_base: str = stripe.DEFAULT_API_BASE) -> None:
        """`api_base` is Stripe's address, or that of a stand-in."""
        if not api_key or not endpoint_secret:
            raise ImproperlyConfigured(
                "Stripe needs api_key and endpoint_secret in PAYMENT_VARIANTS: without the secret of the webhook "
                "anybody could say that an order is paid."
            )
        super().__init__(api_key, endpoint_secret=endpoint_secret)
        self._stripe = stripe.StripeClient(
            api_key,
            base_addresses={"api": api_base},
            http_client=stripe.RequestsClient(timeout=TIMEOUT),
            max_network_retries=1,
        ).v1

    # What we ask of Stripe ----------------------------------------------------------------------------------

    def create_session(self, payment: Payment) -> dict[str, Any]:
        back = urljoin(get_base_url(), payment.get_success_url())
        wish: Any = {
            "mode": "payment",
            "line_items": self.get_line_items(payment),
            "success_url": f"{back}?paid",
            "cancel_url": back,
            "client_reference_id": payment.token,
            "customer_email": payment.billing_email,
            # Stripe copies it to the charge, whose refunds know nothing of the session.
            "payment_intent_data": {"metadata": {"payment": payment.token}, "description": payment.description},
        }
        if payment.order.lines.exclude(interval="").exists():  # the card is kept, for the renewals
            wish["customer_creation"] = "always"
            wish["payment_intent_data"]["setup_future_usage"] = "off_session"
        return self._ask(lambda: self._stripe.checkout.sessions.create(wish, {"idempotency_key": payment.token}))

    def get_line_items(self, payment: Payment) -> list[dict[str, Any]]:
        """One line with the total: discounts, delivery and tax are in it, and no rounding can part us from Stripe."""
        price = {
            "currency": payment.currency.lower(),
            "unit_amount": minor_units(payment.total, payment.currency),
            "product_data": {"name": payment.description},
        }
        return [{"quantity": 1, "price_data": price}]

    def cancel(self, payment: Payment) -> None:
        if payment.transaction_id:
            self._ask(lambda: self._stripe.checkout.sessions.expire(payment.transaction_id))

    def charge_again(self, payment: Payment, earlier: Payment) -> None:
        """Charge the card that a subscriber paid with before. Leaves the payment open while Stripe is at it."""
        if payment.transaction_id.startswith(_SESSION):
            self.cancel(payment)  # a try of the shopper's own; refused if it has just succeeded
            payment.transaction_id = ""
        if payment.transaction_id:
            intent = self._ask(lambda: self._stripe.payment_intents.retrieve(payment.transaction_id))
        else:
            intent = self._new_intent(payment, earlier)
        payment.transaction_id = intent["id"]
        payment.attrs.session = {"payment_intent": intent["id"], "customer": intent["customer"]}
        Payment.objects.filter(pk=payment.pk).update(
            transaction_id=payment.transaction_id, extra_data=payment.extra_data
        )
        if intent["status"] == "succeeded":
            payment.change_status(PaymentStatus.CONFIRMED)
        elif intent["status"] != "processing":
            raise PaymentError(f"Stripe says: {intent['status']}.")

    def _new_intent(self, payment: Payment, earlier: Payment) -> dict[str, Any]:
        before = self._ask(lambda: self._stripe.payment_intents.retrieve(self._intent_of(earlier)))
        if not before.get("customer") or not before.get("payment_method"):
            raise PaymentError("Stripe has kept no card of this shopper.")
        wish: Any = {
            "amount": minor_units(payment.total, payment.currency),
            "currency": payment.currency.lower(),
            "customer": before["customer"],
            "payment_method": before["payment_method"],
            "off_session": True,
            "confirm": True,
            "description": payment.description,
            "metadata": {"payment": payment.token},
        }
        key = f"{payment.token}-again"
        return self._ask(lambda: self._stripe.payment_intents.create(wish, {"idempotency_key": key}))

    def refund(self, payment: Payment, amount: Decimal | None = None) -> Decimal:
        amount = amount or payment.captured_amount
        wish: Any = {"payment_intent": self._intent_of(payment), "amount": minor_units(amount, payment.currency)}
        self._ask(lambda: self._stripe.refunds.create(wish, {"idempotency_key": payment.refund_key}))
        return amount

    def _intent_of(self, payment: Payment) -> str:
        session: dict[str, Any] = getattr(payment.attrs, "session", {})
        if not session.get("payment_intent"):
            raise PaymentError("Stripe has not told which payment it was: refund it at Stripe.")
        return str(session["payment_intent"])

    def _ask(self, call: Any) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = call().to_dict()
        except (stripe.APIConnectionError, stripe.APIError) as error:
            raise ConnectionError(str(error)) from error  # nobody knows whether it was done
        except stripe.StripeError as error:
            raise PaymentError(str(error)) from error
        return answer

    # What Stripe tells us -----------------------------------------------------------------------------------

    def return_event_payload(self, request: HttpRequest) -> dict[str, Any]:
        """The event, if Stripe signed it. Raises PaymentError, which answers 400."""
        signature = request.headers.get("Stripe-Signature", "")
        try:
            event = stripe.Webhook.construct_event(request.body, signature, self.endpoint_secret)
        except (ValueError, stripe.SignatureVerificationError) as error:
            raise PaymentError(f"Not from Stripe: {error}", code=400) from error
        answer: dict[str, Any] = event.to_dict()
        return answer

    def get_token_from_request(self, payment: Payment | None, request: HttpRequest) -> str:
        event = self.return_event_payload(request)
        thing = event["data"]["object"]
        token = thing.get("client_reference_id") or thing.get("metadata", {}).get("payment")
        if event["type"] not in EVENTS or not token:
            raise PaymentError("Not about an order of this shop.", code=200)  # heard; Stripe need not say it again
        return str(token)

    def process_data(self, payment: Payment, request: HttpRequest) -> JsonResponse:
        try:
            event = self.return_event_payload(request)
        except PaymentError as error:
            return JsonResponse({"error": str(error)}, status=400)
        thing = event["data"]["object"]
        if event["type"] == _REFUNDED:
            note_provider_refund(payment, from_minor_units(thing["amount_refunded"], payment.currency))
        elif event["type"] in _NOT_PAID and thing["id"] == payment.transaction_id:
            payment.change_status(PaymentStatus.REJECTED, "Not paid in time, or refused by the bank.")
        elif event["type"] in _PAID and thing["payment_status"] == "paid":
            self._confirm(payment, thing)
        return JsonResponse({"status": "OK"})

    def _confirm(self, payment: Payment, session: dict[str, Any]) -> None:
        expected = minor_units(payment.total, payment.currency), payment.currency.lower()
        if (session["amount_total"], session["currency"]) != expected:
            message = f"Stripe took {session['amount_total']} {session['currency']}, {expected} was asked for."
            payment.change_status(PaymentStatus.ERROR, message)
            return
        payment.attrs.session = session
        Payment.objects.filter(pk=payment.pk).update(extra_data=payment.extra_data)
        payment.change_status(PaymentStatus.CONFIRMED)


def minor_units(amount: Decimal, currency: str) -> int:
    """An amount in the currency's smallest unit, as Stripe counts."""
    return int(amount if currency.lower() in zero_decimal_currency else amount * 100)


def from_minor_units(number: int, currency: str) -> Decimal:
    return Decimal(number) if currency.lower() in zero_decimal_currency else Decimal(number) / 100
