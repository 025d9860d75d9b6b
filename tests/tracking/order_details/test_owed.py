"""Order details owed beside the postback, and what Aspire's API is told."""

import json
from decimal import Decimal

import pytest
from django.db import transaction
from pytest_httpserver import HTTPServer

from tests.factories import completed_order
from tests.network import Network
from tests.tracking.order_details.steps import MUG, SECRET, complete, details, drain, posted
from tracking.models import Offer, OrderDetails, Postback
from tracking.signals import order_completed

pytestmark = pytest.mark.django_db


def test_an_order_is_told_with_its_lines_and_its_value(api: HTTPServer, offer: Offer) -> None:
    complete(lines=(MUG,))
    drain()

    (request,) = posted(api)
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["x-client-secret"] == SECRET
    product = {"id": "sku-1", "name": "Mug", "price": 24.995, "collectionId": "kitchen"}
    assert json.loads(request.get_data()) == {
        "orderId": "1001",
        "data": {"orderValue": 49.99, "currency": "USD", "productDetails": [product, product]},
    }
    assert (details().status, Postback.objects.get().status) == ("accepted", "accepted")


def test_the_order_is_named_as_in_the_postback(api: HTTPServer, network: Network, offer: Offer) -> None:
    offer.postback_url = network.postback_url.replace("=ORDER_ID", "=brand-{ORDER_ID}")
    offer.save()

    complete(order_id="a b+c")
    drain()

    assert json.loads(posted(api)[0].get_data())["orderId"] == "brand-a b+c"
    assert network.received[0].get("adv_unique1", "brand-a b+c") == "brand-a b+c"


def test_lines_are_kept_and_details_owed_only_where_the_offer_asks(api: HTTPServer, offer: Offer) -> None:
    offer.sends_order_details = False
    offer.save()

    complete(lines=(MUG,))

    assert not OrderDetails.objects.exists()
    assert Postback.objects.count() == 1


def test_an_order_that_earns_nothing_is_not_told(api: HTTPServer, offer: Offer) -> None:
    with transaction.atomic():
        order_completed.send(sender=None, order=completed_order(lines=(MUG,)), request=None)

    assert not OrderDetails.objects.exists()


def test_an_order_completed_twice_is_owed_once(api: HTTPServer, offer: Offer) -> None:
    complete(lines=(MUG,))
    complete(lines=(MUG,))

    assert OrderDetails.objects.count() == 1


def test_the_value_is_in_the_orders_own_currency(api: HTTPServer, offer: Offer) -> None:
    """Whatever the postback has to wait for: Aspire converts here."""
    complete(currency="KWD", items_total=Decimal("12.345"))
    drain()

    assert json.loads(posted(api)[0].get_data())["data"] == {
        "orderValue": 12.345,
        "currency": "KWD",
        "productDetails": [],
    }


def test_the_value_goes_by_the_offers_basis(api: HTTPServer, offer: Offer) -> None:
    offer.amount_basis = Offer.AmountBasis.TOTAL
    offer.save()

    complete(shipping=Decimal(5), tax=Decimal("4.12"))

    assert details().amount == Decimal("59.11")


def test_details_are_owed_at_the_cost_of_one_query(
    api: HTTPServer, offer: Offer, django_assert_max_num_queries: object
) -> None:
    with django_assert_max_num_queries(6 + 4):  # type: ignore[operator]  # 4 of them begin and end savepoints
        complete(lines=(MUG,))

    assert OrderDetails.objects.count() == 1
