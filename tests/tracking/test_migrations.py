"""Migrations that carry rows along: from the tables as they were to the tables as they are."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from tests.factories import PARTNER_URL

BEFORE = [("tracking", "0003_attribution")]
AFTER = [("tracking", "0005_amounts_of_old_orders")]

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def old_apps() -> Iterator[Any]:
    """The models as they were before receipts."""
    executor = MigrationExecutor(connection)
    latest = [node for node in executor.loader.graph.leaf_nodes() if node[0] == "tracking"]
    executor.migrate(BEFORE)
    yield executor.loader.project_state(BEFORE).apps
    # What a test left behind goes with the tables of tests that follow: pytest-django flushes them.
    MigrationExecutor(connection).migrate(latest)


def make_order(apps: Any, order_id: str, *, amount: str | None, **values: Any) -> int:
    now = timezone.now()
    offers = apps.get_model("tracking", "Offer").objects
    offer = offers.filter(offer_id="1").first() or offers.create(offer_id="1", postback_url=PARTNER_URL)
    conversion = apps.get_model("tracking", "Conversion").objects.create(
        **{"order_id": order_id, "outcome": "credited", "reason": "-", "currency": "USD", "offer": offer}
        | {"items_total": Decimal("49.99"), "shipping": Decimal(5), "tax": Decimal("1.255")}
        | {"completed_at": now, "recorded_at": now, **values}
    )
    apps.get_model("tracking", "Postback").objects.create(
        conversion=conversion, offer=offer, amount=amount and Decimal(amount), created_at=now
    )
    return int(conversion.pk)


def test_orders_recorded_before_there_were_receipts_get_theirs(old_apps: Any) -> None:
    """One test for all: migrating there and back takes seconds."""
    plain = make_order(old_apps, "1001", amount="49.99")
    with_tax = make_order(old_apps, "1002", amount="56.25")  # under a basis that the offer no longer has
    waiting = make_order(old_apps, "1003", amount=None, currency="EUR")
    organic = make_order(old_apps, "1004", amount=None, outcome="organic", offer=None)

    executor = MigrationExecutor(connection)
    executor.migrate(AFTER)

    conversions = executor.loader.project_state(AFTER).apps.get_model("tracking", "Conversion").objects
    names = ("amount_basis", "base_amount", "offer_currency", "rate", "reported_amount")
    assert {row[0]: row[1:] for row in conversions.values_list("pk", *names)} == {
        plain: ("items", Decimal("49.99"), "USD", 1, Decimal("49.99")),
        with_tax: ("total", Decimal("56.245"), "USD", 1, Decimal("56.25")),
        waiting: ("items", Decimal("49.99"), "USD", None, None),
        organic: ("", None, "", None, None),
    }
