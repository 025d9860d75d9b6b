"""Aspire's API for order details (Aspire 11182653): what it takes and what it answers. Pure rules."""

import json
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from tracking.sandbox.faults import Fault, Plan, faulty_response
from tracking.sandbox.wire import Request, Response

DETAILS_PATH: Final = "/v1/sales_tracking/order/details/webhook"
VALUE_KEYS: Final = ("orderValue", "orderSubtotal")  # the article has both

_JSON = "application/json"
_PRODUCT: Final = {"id": str, "name": str, "price": (int, Decimal), "collectionId": (str, type(None))}


@dataclass(frozen=True, slots=True, kw_only=True)
class DetailsRequest:
    """A message that reached the API, whatever became of it. The secret is not kept."""

    received_at: datetime
    body: str
    answer: str
    is_taken: bool
    fault: Fault | None = None
    order_id: str = ""
    value: Decimal | None = None
    currency: str = ""
    products: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """The right answer to a message, and what it says."""

    response: Response
    order_id: str = ""
    value: Decimal | None = None
    currency: str = ""
    products: int = 0

    @property
    def is_taken(self) -> bool:
        """Tell whether the message is in order."""
        return self.response.status == 200


def understand(request: Request, *, secret: str) -> Understood:
    """Read a message. An empty `secret` takes any that is not empty."""
    if not request.client_secret or (secret and request.client_secret != secret):
        return _refused(401, "The header x-client-secret is missing or wrong.")
    if request.content_type.partition(";")[0].strip() != _JSON:
        return _refused(415, "Content-Type has to be application/json.")
    try:
        message = json.loads(request.body, parse_float=Decimal)
    except ValueError as error:
        return _refused(400, f"The body is no JSON: {error}.")
    wrong = _what_is_wrong(message)
    if wrong:
        return _refused(400, wrong)
    data = message["data"]
    return Understood(
        response=Response(200, '{"success": true}', _JSON),
        order_id=message["orderId"],
        value=Decimal(next(data[key] for key in VALUE_KEYS if key in data)),
        currency=data["currency"],
        products=len(data["productDetails"]),
    )


def answer(plan: Plan | None, right: Response) -> Response:
    """What is answered under a fault, as far as it is a whole response: a refusal says no by its status here."""
    if plan is None:
        return right
    if plan.fault is Fault.REFUSE:
        return _refused(422, plan.message).response
    return faulty_response(plan, right)


def _refused(status: int, message: str) -> Understood:
    return Understood(response=Response(status, json.dumps({"message": message}), _JSON))


def _what_is_wrong(message: Any) -> str:
    if not isinstance(message, dict) or not isinstance(message.get("orderId"), str) or not message["orderId"]:
        return "orderId has to be a text."
    data = message.get("data")
    if not isinstance(data, dict):
        return "data has to be an object."
    if not any(_is(data.get(key), (int, Decimal)) for key in VALUE_KEYS):
        return "data.orderValue has to be a number."
    if not isinstance(data.get("currency"), str):
        return "data.currency has to be a text."
    products = data.get("productDetails")
    if not isinstance(products, list):
        return "data.productDetails has to be a list."
    for number, product in enumerate(products):
        for name, kind in _PRODUCT.items():
            if not isinstance(product, dict) or name not in product or not _is(product[name], kind):
                return f"data.productDetails[{number}].{name} is missing or of the wrong type."
    return ""


def _is(value: Any, kind: Any) -> bool:
    return isinstance(value, kind) and not isinstance(value, bool)
