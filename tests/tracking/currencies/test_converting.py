"""An order in another currency is converted when it is recorded."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.factories import OfferFactory, completed_order, visit_from
from tests.tracking.currencies.steps import complete, rate
from tracking.models import Conversion, Offer, Postback
from tracking.signals import order_completed

pytestmark = pytest.mark.django_db


def test_an_order_in_another_currency_is_converted(offer: Offer, converter: Any) -> None:
    converter(rate())
    postback = complete()
    assert (postback.amount, postback.detail) == (Decimal("54.10"), "")
    assert postback.due_at


def test_the_receipt_is_frozen_with_the_order(offer: Offer, converter: Any) -> None:
    converter(rate())
    receipt = complete(shipping=Decimal(5)).conversion
    assert (receipt.amount_basis, receipt.base_amount) == ("items", Decimal("49.99"))
    assert (receipt.offer_currency, receipt.reported_amount) == ("USD", Decimal("54.10"))
    assert (receipt.rate, receipt.rate_date, receipt.rate_source) == (
        Decimal("1.0823"),
        timezone.localdate(),
        "European Central Bank",
    )


def test_an_order_in_the_offers_currency_has_a_receipt_too(offer: Offer) -> None:
    receipt = complete(currency="USD").conversion
    assert (receipt.rate, receipt.rate_date, receipt.rate_source) == (1, None, "")
    assert (receipt.base_amount, receipt.reported_amount) == (Decimal("49.99"), Decimal("49.99"))


def test_the_receipt_multiplies_out_with_the_rate_as_it_is_kept(offer: Offer, converter: Any) -> None:
    converter(rate(Decimal(1) / Decimal(3)))
    receipt = complete(items_total=Decimal("9999999999.99")).conversion
    receipt.refresh_from_db()
    assert receipt.rate == Decimal("0.3333333333")
    assert receipt.reported_amount == Decimal("3333333333.00")  # 3333333332.996666…


def test_the_converter_is_asked_for_the_day_of_the_order(offer: Offer, converter: Any) -> None:
    asked = []
    converter(lambda *question: asked.append(question) or rate(days_ago=2))
    completed_at = timezone.now() - timedelta(days=3)
    complete(completed_at=completed_at)
    assert asked == [("EUR", "USD", timezone.localdate(completed_at))]


def test_an_order_in_the_offers_currency_asks_nobody(offer: Offer, converter: Any) -> None:
    converter(lambda *_question: pytest.fail("It was asked."))
    assert complete(currency="USD").due_at


def test_an_order_that_nobody_earns_asks_nobody(offer: Offer, converter: Any) -> None:
    converter(lambda *_question: pytest.fail("It was asked."))
    order_completed.send(sender=None, order=completed_order(currency="EUR"), request=None)
    assert Conversion.objects.get().outcome == "organic"


def test_an_amount_that_comes_to_nothing_is_excluded(offer: Offer, converter: Any) -> None:
    converter(rate("0.004"))
    order_completed.send(
        sender=None, order=completed_order(currency="JPY", items_total=Decimal(1)), request=visit_from("77")
    )
    conversion = Conversion.objects.get()
    assert (conversion.outcome, conversion.cause) == ("excluded", "no_amount")
    assert conversion.reason == "The amount comes to 0.00 USD: there is nothing to report."
    assert not Postback.objects.exists()


def test_a_lead_needs_no_rate(converter: Any) -> None:
    OfferFactory(kind="lead")
    converter(lambda *_question: pytest.fail("It was asked."))
    postback = complete()
    assert (postback.amount, postback.conversion.amount_basis) == (None, "")
    assert postback.due_at


def test_recording_asks_the_database_at_most_six_times(offer: Offer, settings: Any) -> None:
    settings.TRACKING_CURRENCY_CONVERTER = "tracking.exchange.stored_rate"
    with CaptureQueriesContext(connection) as queries:
        complete()
    asked = [query for query in queries if "SAVEPOINT" not in query["sql"]]
    assert len(asked) - 1 <= 6  # the last one is this test's own
