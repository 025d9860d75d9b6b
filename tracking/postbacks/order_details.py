"""The second kind of message: what Aspire's API for order details is told, and what its reply means. Plain rules.

Facts: Aspire 11182653. Repeating the message does no harm there, so an unknown outcome is a reason to try again.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final
from urllib.parse import unquote_plus

from tracking.orders import OrderLine
from tracking.postbacks import template
from tracking.postbacks.retries import Next, decide_next
from tracking.postbacks.verdicts import Judgement, NoReply, Reply, Verdict, judge_status

ORDER_ID_PARAMETER: Final = "adv_unique1"  # where a postback carries the order's id
MOST_PIECES: Final = 1000  # of an order that are listed one by one


def to_lines(lines: Iterable[OrderLine]) -> list[dict[str, Any]]:
    """What is kept of an order's lines. Prices are text: JSON's numbers are not exact everywhere."""
    return [
        {
            "product_id": line.product_id,
            "name": line.name,
            "price": f"{line.price:f}",
            "quantity": line.quantity,
            "collection_id": line.collection_id,
        }
        for line in lines
    ]


def body(*, order_id: str, value: Decimal, value_key: str, currency: str, lines: Sequence[Mapping[str, Any]]) -> str:
    """The message as JSON, each number exactly as it is meant.

    A line of several pieces stands there once for each, at the price of one: the message knows no quantities. Only in
    an order of more than MOST_PIECES each line stands there once, with the price of all its pieces.
    """
    pieces = sum(line["quantity"] for line in lines)
    return _exact_json(
        {
            "orderId": order_id,
            "data": {
                value_key: _in_currency(value),
                "currency": currency,
                "productDetails": [
                    product for line in lines for product in _products(line, one_by_one=pieces <= MOST_PIECES)
                ],
            },
        }
    )


def order_reference(pasted_url: str, values: Mapping[str, str | None], *, order_id: str) -> str:
    """The order's id as the postback carries it, which the shop may have put something before or after.

    Raises TemplateError for a URL that cannot be filled.
    """
    parsed = template.parse(pasted_url)
    carrying = [parameter for parameter in parsed.parameters if "ORDER_ID" in parameter.macros]
    carrying.sort(key=lambda parameter: parameter.name != ORDER_ID_PARAMETER)
    if not carrying:
        return order_id
    alone = replace(parsed, parameters=(carrying[0],))
    return unquote_plus(alone.fill(values).partition("?")[2].partition("=")[2]) or order_id


def judge(outcome: Reply | NoReply) -> Judgement:
    """Say what an attempt came to: here the status alone tells, and 2xx is a yes."""
    if isinstance(outcome, NoReply):
        return Judgement(Verdict.UNCONFIRMED if outcome.was_sent else Verdict.NOT_SENT, outcome.error)
    if outcome.http_status // 100 == 2:
        return Judgement(Verdict.ACCEPTED, "")
    judgement = judge_status(outcome)
    if outcome.http_status in {401, 403}:
        told = (
            f"{judgement.detail}: Aspire does not take the secret. Compare TRACKING_ORDER_DETAILS_SECRET with Aspire's"
        )
        return replace(judgement, detail=told)
    return judgement


def after(judgement: Judgement, *, attempt: int, now: datetime, chance: float | None = None) -> Next:
    """Decide the next state after attempt number `attempt` (from 1): whatever may help is tried on the schedule."""
    following = decide_next(
        judgement, attempt=attempt, now=now, deduplicates=True, is_repeat=False, may_retry=True, chance=chance
    )
    if following.status != "unconfirmed":
        return following
    return Next("failed", f"{judgement.detail} (given up after {attempt} attempts; it may have arrived all the same)")


def _products(line: Mapping[str, Any], *, one_by_one: bool) -> list[dict[str, Any]]:
    price, quantity = Decimal(line["price"]), line["quantity"]
    product = {"id": line["product_id"], "name": line["name"]}
    priced = {**product, "price": price if one_by_one else price * quantity, "collectionId": line["collection_id"]}
    return [priced] * (quantity if one_by_one else 1)


def _in_currency(value: Decimal) -> Decimal:
    """With two decimals, or as many as it has if those are more: dinars have three."""
    exact = value.normalize()
    exponent = exact.as_tuple().exponent
    return exact if isinstance(exponent, int) and exponent < -2 else value.quantize(Decimal("0.01"), ROUND_HALF_UP)


def _exact_json(value: Any) -> str:
    """JSON, with a Decimal as the number that it is: no float's artefacts, no exponent."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)}: {_exact_json(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_exact_json, value)) + "]"
    return json.dumps(value)
