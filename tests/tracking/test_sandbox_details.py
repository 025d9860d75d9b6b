"""The local Aspire's API for order details: what it takes, how it fails, and what our delivery makes of each fault."""

import json
from decimal import Decimal

import pytest
import requests
from pytest_django import Settings

from tests.factories import OfferFactory, OrderDetailsFactory
from tracking.models import OrderDetails
from tracking.postbacks.exchanges import Timeouts
from tracking.postbacks.worker import Drain
from tracking.sandbox import Fault, Sandbox

TIMEOUT = 5  # seconds
QUICK = Timeouts(connect=0.3, read=0.3, whole=0.5)
PATIENT = Timeouts(connect=3, read=8, whole=9)  # where an answer comes, however busy the machine
PRODUCT = {"id": "sku-1", "name": "Mug", "price": 24.99, "collectionId": None}
DATA = {"orderValue": 49.99, "currency": "USD", "productDetails": [PRODUCT]}


def post(to: Sandbox, message: object, **headers: str) -> requests.Response:
    headers = {"Content-Type": "application/json", "x-client-secret": "any", **headers}
    return requests.post(to.order_details_url, data=json.dumps(message), headers=headers, timeout=TIMEOUT)


@pytest.mark.parametrize("key", ["orderValue", "orderSubtotal"])
def test_a_message_is_taken_and_shown(sandbox: Sandbox, key: str) -> None:
    data = {key: 49.99, "currency": "USD", "productDetails": [PRODUCT]}

    assert post(sandbox, {"orderId": "1001", "data": data}).status_code == 200

    (seen,) = sandbox.order_details
    assert (seen.order_id, seen.value, seen.currency, seen.products) == ("1001", Decimal("49.99"), "USD", 1)
    assert "taken" in requests.get(sandbox.url, timeout=TIMEOUT).text


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ([], "orderId has to be a text"),
        ({"orderId": 1001, "data": DATA}, "orderId has to be a text"),
        ({"orderId": "1001"}, "data has to be an object"),
        ({"orderId": "1001", "data": {**DATA, "orderValue": "49.99"}}, "data.orderValue has to be a number"),
        ({"orderId": "1001", "data": {**DATA, "currency": None}}, "data.currency has to be a text"),
        ({"orderId": "1001", "data": {**DATA, "productDetails": {}}}, "data.productDetails has to be a list"),
        ({"orderId": "1001", "data": {**DATA, "productDetails": [{**PRODUCT, "id": 1}]}}, "productDetails[0].id"),
        ({"orderId": "1001", "data": {**DATA, "productDetails": ["x"]}}, "productDetails[0].id"),
    ],
)
def test_a_message_out_of_shape_is_refused(sandbox: Sandbox, message: object, told: str) -> None:
    answer = post(sandbox, message)

    assert answer.status_code == 400
    assert told in answer.json()["message"]
    assert not sandbox.order_details[0].is_taken


@pytest.mark.parametrize(("secret", "status"), [("", 401), ("wrong", 401), ("right", 200)])
def test_the_secret_is_asked_for(secret: str, status: int) -> None:
    with Sandbox(client_secret="right") as sandbox:
        assert post(sandbox, {"orderId": "1", "data": DATA}, **{"x-client-secret": secret}).status_code == status
        assert "right" not in str(sandbox.order_details)


def test_a_form_switches_a_fault_for_order_details_alone(sandbox: Sandbox) -> None:
    requests.post(f"{sandbox.url}/fault", data={"fault": "500", "what": "details"}, timeout=TIMEOUT)

    assert (sandbox.details_fault, sandbox.fault) == (Fault.SERVER_ERROR, None)
    assert post(sandbox, {"orderId": "1", "data": DATA}).status_code == 500

    requests.post(f"{sandbox.url}/fault", data={"fault": "", "what": "details"}, timeout=TIMEOUT)

    assert sandbox.details_fault is None


def test_what_strangers_send_is_escaped(sandbox: Sandbox) -> None:
    evil = "<script>alert(1)</script>"

    post(sandbox, {"orderId": evil, "data": {**DATA, "currency": evil}})

    assert evil not in requests.get(sandbox.url, timeout=TIMEOUT).text


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fault", "state"),
    [
        (None, "accepted"),
        (Fault.REFUSE, "failed"),
        (Fault.STALL, "pending"),
        (Fault.DROP, "pending"),
        (Fault.SERVER_ERROR, "pending"),
        (Fault.BAD_GATEWAY, "pending"),
        (Fault.UNAVAILABLE, "pending"),
        (Fault.TOO_MANY, "pending"),
        (Fault.EMPTY, "accepted"),
        (Fault.CUT, "accepted"),
        (Fault.DRIP, "accepted"),
        (Fault.REDIRECT, "pending"),
    ],
)
def test_each_fault_leads_to_the_state_that_it_should(
    sandbox: Sandbox, settings: Settings, fault: Fault | None, state: str
) -> None:
    settings.TRACKING_ORDER_DETAILS_URL = sandbox.order_details_url
    settings.TRACKING_ORDER_DETAILS_SECRET = "any"
    OrderDetailsFactory(offer=OfferFactory(postback_url=sandbox.postback_url, sends_order_details=True))
    sandbox.details_fault = fault
    drain = Drain(concurrency=2, timeouts=QUICK if fault in {Fault.STALL, Fault.DRIP} else PATIENT)

    drain.run()
    drain.close()

    assert OrderDetails.objects.get().status == state
    assert len(sandbox.order_details) == 1
