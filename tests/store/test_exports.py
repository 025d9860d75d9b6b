"""What the admin exports: orders with their affiliates, their lines, coupons."""

import csv
import io

import pytest
from django.test import Client
from django.urls import reverse

from store.models import Coupon, Order
from tests.factories import PostbackFactory
from tests.store.factories import (
    CouponFactory,
    OrderFactory,
    OrderLineFactory,
)

pytestmark = pytest.mark.django_db


def downloaded(client: Client, name: str, model: str, *chosen: Order | Coupon) -> list[dict[str, str]]:
    form = {"action": name, "_selected_action": [row.pk for row in chosen]}
    response = client.post(reverse(f"admin:store_{model}_changelist"), form)
    text = b"".join(response.streaming_content).decode()
    return list(csv.DictReader(io.StringIO(text)))


def test_orders_are_exported_with_their_affiliates(admin_client: Client) -> None:
    order = OrderFactory()
    PostbackFactory(conversion__order_id=order.number, status="accepted")

    (row,) = downloaded(admin_client, "export_orders", "order", order)

    assert (row["number"], row["total"], row["affiliate"], row["postback"]) == (order.number, "50.00", "77", "accepted")


def test_order_lines_are_exported(admin_client: Client) -> None:
    line = OrderLineFactory(name="Mug", quantity=3)

    (row,) = downloaded(admin_client, "export_order_lines", "order", line.order)

    assert (row["order"], row["name"], row["quantity"]) == (line.order.number, "Mug", "3")
    assert row["SKU"] == line.variant.sku


def test_what_a_shopper_wrote_is_no_formula_in_a_spreadsheet(admin_client: Client) -> None:
    order = OrderFactory(name='=HYPERLINK("http://evil.example")')

    (row,) = downloaded(admin_client, "export_orders", "order", order)

    assert row["name"].startswith("'=")


def test_nor_is_it_one_where_a_semicolon_ends_a_cell(admin_client: Client) -> None:
    order = OrderFactory(name="Jane;=1+1;")

    (row,) = downloaded(admin_client, "export_orders", "order", order)

    assert row["name"] == "Jane;'=1+1;"


def test_coupons_are_exported(admin_client: Client) -> None:
    coupon = CouponFactory(code="LEAF", times_used=3)

    (row,) = downloaded(admin_client, "export_coupons", "coupon", coupon)

    assert (row["code"], row["percent"], row["used"]) == ("LEAF", "10.00", "3")
