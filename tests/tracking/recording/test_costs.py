"""What recording costs the checkout, in queries."""

from typing import Any

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection, transaction
from django.http import HttpRequest
from django.test.utils import CaptureQueriesContext

from tests.factories import completed_order, visit_from
from tests.tracking.recording.steps import complete, send
from tracking.attribution import remember
from tracking.models import Offer, Postback
from tracking.orders import CompletedOrder

pytestmark = pytest.mark.django_db


def with_session(request: HttpRequest) -> HttpRequest:
    """Give the request a session that is in the database and not loaded yet."""
    store = SessionStore()
    store["cart"] = [1]
    store.save()
    request.session = SessionStore(store.session_key)
    return request


def queries_of(order: CompletedOrder, request: HttpRequest | None) -> list[str]:
    with transaction.atomic(), CaptureQueriesContext(connection) as captured:
        send(order, request)
    return [query["sql"] for query in captured if "SAVEPOINT" not in query["sql"]]


WRITTEN_TOGETHER = connection.vendor == "postgresql"  # conversion and postback in one statement


def test_recording_a_credited_order_costs_four_queries_at_most(offer: Offer) -> None:
    queries = queries_of(completed_order(), with_session(visit_from("77")))
    assert len(queries) == 4 - WRITTEN_TOGETHER, queries
    assert Postback.objects.exists()


def test_recording_a_customers_order_costs_five_queries_at_most(offer: Offer, settings: Any) -> None:
    settings.TRACKING_CUSTOMERS = True
    queries = queries_of(completed_order(customer_id="42"), with_session(visit_from("77")))
    assert len(queries) == 5 - WRITTEN_TOGETHER, queries
    assert Postback.objects.exists()


def test_recording_a_renewal_costs_five_queries_at_most(offer: Offer) -> None:
    complete(visit_from("77"), subscription_id="S1")
    renewal = completed_order(order_id="1002", subscription_id="S1", is_renewal=True)
    queries = queries_of(renewal, with_session(visit_from("78")))
    assert len(queries) == 5 - WRITTEN_TOGETHER, queries
    assert Postback.objects.count() == 2


def test_recording_an_organic_order_costs_three_queries(offer: Offer) -> None:
    queries = queries_of(completed_order(), with_session(HttpRequest()))
    assert len(queries) == 3, queries


def test_remembering_a_click_costs_one_query(offer: Offer) -> None:
    with transaction.atomic(), CaptureQueriesContext(connection) as captured:
        remember(visit_from("77"), "1001")
    queries = [query["sql"] for query in captured if "SAVEPOINT" not in query["sql"]]
    assert len(queries) == 1, queries
