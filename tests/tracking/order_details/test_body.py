"""What Aspire's API for order details is told, and what its replies mean: plain rules (Aspire 11182653)."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories import PARTNER_URL
from tracking.orders import OrderLine
from tracking.postbacks import order_details
from tracking.postbacks.retries import SCHEDULE
from tracking.postbacks.verdicts import Judgement, NoReply, Reply, Verdict

NOW = datetime(2026, 11, 1, tzinfo=UTC)
VALUES = {"ORDER_ID": "1001", "AFFILIATE_ID": "77", "OFFER_ID": "12345", "AMOUNT": "5.00"}
MUG = OrderLine(product_id="sku-1", name="Mug", price=Decimal("12.50"), collection_id="kitchen")


def body(*lines: OrderLine, **values: object) -> str:
    values = {"order_id": "1001", "value": Decimal("49.99"), "value_key": "orderValue", "currency": "USD", **values}
    return order_details.body(lines=order_details.to_lines(lines), **values)


def test_the_message_is_what_aspires_article_shows() -> None:
    assert body(MUG) == (
        '{"orderId": "1001", "data": {"orderValue": 49.99, "currency": "USD", "productDetails": '
        '[{"id": "sku-1", "name": "Mug", "price": 12.50, "collectionId": "kitchen"}]}}'
    )


def test_a_product_in_no_collection_says_null() -> None:
    line = OrderLine(product_id="sku-1", name="Mug", price=Decimal(1))

    assert '"collectionId": null' in body(line)


def test_several_pieces_stand_there_one_by_one() -> None:
    line = OrderLine(product_id="sku-1", name="Mug", price=Decimal("12.50"), quantity=3)

    assert [product["price"] for product in json.loads(body(line))["data"]["productDetails"]] == [12.5] * 3


def test_an_order_of_thousands_of_pieces_lists_its_lines_with_what_each_comes_to() -> None:
    line = OrderLine(product_id="sku-1", name="Screw", price=Decimal("0.05"), quantity=20_000)

    assert [product["price"] for product in json.loads(body(line, MUG))["data"]["productDetails"]] == [1000, 12.5]


def test_an_order_without_lines_has_a_value_all_the_same() -> None:
    assert json.loads(body())["data"] == {"orderValue": 49.99, "currency": "USD", "productDetails": []}


def test_the_key_of_the_value_can_be_the_other_one_of_the_article() -> None:
    assert json.loads(body(value_key="orderSubtotal"))["data"]["orderSubtotal"] == 49.99


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("0.1", "0.10"),
        ("1E+3", "1000.00"),
        ("0.0000001", "0.0000001"),
        ("12.345", "12.345"),
        ("49.9900", "49.99"),
        ("0", "0.00"),
    ],
)
def test_values_are_plain_numbers(value: str, written: str) -> None:
    assert f'"orderValue": {written},' in body(value=Decimal(value))


@given(st.decimals(min_value=0, max_value=10**9, places=4))
def test_a_number_is_exactly_what_was_given(value: Decimal) -> None:
    line = OrderLine(product_id="1", name="", price=value)
    read = json.loads(body(line, value=value), parse_float=Decimal, parse_int=Decimal)["data"]

    assert read["orderValue"] == read["productDetails"][0]["price"] == value


@given(st.text(max_size=50))
def test_a_name_of_any_characters_arrives_as_it_is(name: str) -> None:
    line = OrderLine(product_id="1", name=name, price=Decimal(1))

    assert json.loads(body(line))["data"]["productDetails"][0]["name"] == line.name


@pytest.mark.parametrize(
    ("url", "reference"),
    [
        (PARTNER_URL, "1001"),
        ("https://get.aspr.app/?adv_sub=ORDER_ID&adv_unique1=brand-{order_id}&amount=AMOUNT", "brand-1001"),
        ("https://get.aspr.app/?adv_unique1=a%20b%2B{ORDER_ID}&aff_id=AFFILIATE_ID", "a b+1001"),
        ("https://get.aspr.app/?order=ORDER_ID", "1001"),
        ("https://get.aspr.app/?x=y", "1001"),
    ],
)
def test_the_order_is_named_as_its_postback_names_it(url: str, reference: str) -> None:
    assert order_details.order_reference(url, VALUES, order_id="1001") == reference


def test_an_order_number_with_signs_of_a_url_arrives_as_it_is() -> None:
    values = {**VALUES, "ORDER_ID": "a+b&c=d %é"}

    assert order_details.order_reference(PARTNER_URL, values, order_id="x") == "a+b&c=d %é"


# Replies ------------------------------------------------------------------------------------------------------------

PENDING, ACCEPTED, FAILED = "pending", "accepted", "failed"


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (Reply(200, ""), ACCEPTED),
        (Reply(201, "success=false;"), ACCEPTED),
        (Reply(202, "", is_complete=False), ACCEPTED),
        (Reply(302, ""), PENDING),
        (Reply(400, "no"), FAILED),
        (Reply(401, ""), FAILED),
        (Reply(403, ""), FAILED),
        (Reply(404, ""), FAILED),
        (Reply(408, ""), PENDING),
        (Reply(422, ""), FAILED),
        (Reply(425, ""), PENDING),
        (Reply(429, ""), PENDING),
        (Reply(500, ""), PENDING),
        (Reply(502, ""), PENDING),
        (Reply(503, ""), PENDING),
        (Reply(504, ""), PENDING),
        (NoReply("no answer within 15 s", was_sent=True), PENDING),
        (NoReply("refused", was_sent=False), PENDING),
    ],
)
def test_the_status_alone_decides(outcome: Reply | NoReply, state: str) -> None:
    assert order_details.after(order_details.judge(outcome), attempt=1, now=NOW).status == state


@pytest.mark.parametrize("status", [401, 403])
def test_a_secret_that_is_not_taken_is_named(status: int) -> None:
    assert "TRACKING_ORDER_DETAILS_SECRET" in order_details.judge(Reply(status, "")).detail


def test_an_unknown_outcome_is_tried_again_on_the_schedule() -> None:
    judgement = Judgement(Verdict.UNCONFIRMED, "HTTP 500")
    waits = [
        order_details.after(judgement, attempt=number, now=NOW, chance=0.5).due_at
        for number in range(1, len(SCHEDULE) + 1)
    ]

    assert waits == [NOW + delay for delay in SCHEDULE]


def test_after_the_last_try_it_has_failed_and_says_that_it_may_have_arrived() -> None:
    following = order_details.after(Judgement(Verdict.UNCONFIRMED, "HTTP 500"), attempt=10, now=NOW)

    assert (following.status, following.due_at) == (FAILED, None)
    assert following.detail == "HTTP 500 (given up after 10 attempts; it may have arrived all the same)"


def test_it_waits_as_long_as_aspire_asks() -> None:
    judgement = order_details.judge(Reply(429, "", retry_after=timedelta(hours=1)))
    due_at = order_details.after(judgement, attempt=1, now=NOW).due_at

    assert due_at == NOW + timedelta(hours=1)
