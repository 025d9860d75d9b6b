"""Stripe as the tests see it: a real HTTP server on this machine, and events signed the way Stripe signs them."""

import hashlib
import hmac
import itertools
import json
import re
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

import pytest
from django.test import Client
from payments import core
from pytest_django import Settings
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

SECRET = "whsec_for_tests"


class StripeServer:
    """Makes sessions and refunds, once for each idempotency key, and keeps what it was asked."""

    def __init__(self, server: HTTPServer) -> None:
        self._numbers = itertools.count(1)
        self._answers: dict[str, dict[str, Any]] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.keys: list[str] = []
        """The idempotency keys of the charges of kept cards."""
        self.fault: Response | None = None
        self.intent_status = "succeeded"
        for path in ("/v1/checkout/sessions", "/v1/refunds", "/v1/payment_intents"):
            server.expect_request(path, method="POST").respond_with_handler(self._make)
        server.expect_request(re.compile(r"/v1/checkout/sessions/.+/expire"), method="POST").respond_with_handler(
            self._make
        )
        server.expect_request(re.compile(r"/v1/payment_intents/.+"), method="GET").respond_with_handler(
            self._show_intent
        )

    def _make(self, request: Request) -> Response:
        wish = dict(parse_qsl(request.get_data(as_text=True)))
        self.asked.append((request.path, wish))
        if request.path == "/v1/payment_intents":
            self.keys.append(request.headers["Idempotency-Key"])
        if self.fault is not None:
            return self.fault
        key = request.headers.get("Idempotency-Key", str(next(self._numbers)))
        return Response(json.dumps(self._answers.setdefault(key, self._new(request.path))), mimetype="application/json")

    def _show_intent(self, request: Request) -> Response:
        number = request.path.rpartition("/")[2]
        return Response(json.dumps(self._intent(number)), mimetype="application/json")

    def _intent(self, number: str) -> dict[str, Any]:
        kept = {"customer": "cus_1", "payment_method": "pm_1"}
        return {"id": number, "object": "payment_intent", "status": self.intent_status, **kept}

    def _new(self, path: str) -> dict[str, Any]:
        number = next(self._numbers)
        if path == "/v1/payment_intents":
            return self._intent(f"pi_{number}")
        if path == "/v1/refunds":
            return {"id": f"re_{number}", "object": "refund", "status": "succeeded"}
        return {"id": f"cs_{number}", "object": "checkout.session", "url": f"https://checkout.stripe.test/{number}"}

    def fails(self, status: int, kind: str, message: str) -> None:
        """Answer with an error from now on."""
        self.fault = Response(json.dumps({"error": {"type": kind, "message": message}}), status)

    def declines(self, message: str) -> None:
        """Refuse the card from now on."""
        self.fails(402, "card_error", message)

    def paths(self) -> list[str]:
        return [path for path, _ in self.asked]

    # What Stripe sends to the shop --------------------------------------------------------------------------

    def says(self, kind: str, thing: dict[str, Any], *, secret: str = SECRET, at: float | None = None) -> Any:
        """Call the shop's webhook with a signed event; the answer."""
        event = {"id": f"evt_{next(self._numbers)}", "object": "event", "type": kind, "data": {"object": thing}}
        body = json.dumps(event)
        when = int(at or time.time())
        signature = hmac.new(secret.encode(), f"{when}.{body}".encode(), hashlib.sha256).hexdigest()
        headers = {"Stripe-Signature": f"t={when},v1={signature}"}
        return Client().post("/payments/process/stripe/", body, content_type="application/json", headers=headers)


@pytest.fixture
def stripe_server(
    httpserver: HTTPServer, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[StripeServer]:
    """A shop that is paid through Stripe alone."""
    monkeypatch.setattr(core, "PROVIDER_CACHE", {})
    settings.PAYMENT_VARIANTS = {
        "stripe": (
            "store.stripe_checkout.StripeProvider",
            {"api_key": "sk_test_x", "endpoint_secret": SECRET, "api_base": httpserver.url_for("").rstrip("/")},
        )
    }
    yield StripeServer(httpserver)
    httpserver.check_assertions()
