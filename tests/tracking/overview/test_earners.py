"""The overview of who earned what, and why others did not."""

from decimal import Decimal

import pytest

from tests.factories import OfferFactory
from tests.tracking.overview.steps import DAY, order, page_of
from tracking.models import Conversion

pytestmark = pytest.mark.django_db


def test_affiliates_sales_stand_against_organic_ones() -> None:
    order("credited")
    order("organic")
    order("organic")
    order("expired")
    shown = page_of().share
    assert [(line.name, line.orders, line.share) for line in shown.lines] == [
        ("Through affiliates", "1", "25 %"),
        ("Organic", "2", "50 %"),
        ("Neither: see why below", "1", "25 %"),
    ]
    assert [(part.y, part.height) for part in shown.bar] == [(0, 250), (250, 500), (750, 250)]


def test_the_top_affiliates_come_with_their_goods() -> None:
    for affiliate, number in (("few", 1), ("many", 3)):
        for _ in range(number):
            order("credited", affiliate_id=affiliate)
    order("credited", affiliate_id="many", currency="EUR")
    order("credited", affiliate_id="past", ago=8 * DAY)
    assert [(line.name, line.orders, line.goods) for line in page_of().affiliates] == [
        ("many", "4", ("149.97 USD", "49.99 EUR")),
        ("few", "1", ("49.99 USD",)),
    ]


def test_the_top_offers_come_by_name() -> None:
    spring = OfferFactory.create(offer_id="999", name="Spring", is_default=False)
    order("credited", offer=spring)
    order("credited", offer=spring)
    autumn = OfferFactory.create()
    order("credited", offer=autumn)
    assert [(line.name, line.orders, line.share) for line in page_of().offers] == [
        ("Spring (999)", "2", "67 %"),
        ("Autumn (12345)", "1", "33 %"),
    ]


def test_orders_are_added_up_by_outcome_and_reason() -> None:
    order("credited")
    order("organic", currency="EUR", items_total=Decimal(5))
    order("organic", items_total=Decimal(7))
    order("excluded", cause="no_amount", items_total=Decimal(0))
    order("excluded", cause="lacks_id", items_total=Decimal(3))
    assert [(line.kind, line.why, line.orders, line.share, line.goods) for line in page_of().reasons] == [
        ("credited", "", "1", "20 %", ("49.99 USD",)),
        ("organic", "", "2", "40 %", ("5.00 EUR", "7.00 USD")),
        ("excluded", "The click lacks the id that the offer's protocol reports", "1", "20 %", ("3.00 USD",)),
        ("excluded", "No positive amount", "1", "20 %", ("0.00 USD",)),
    ]


def test_every_cause_can_be_told() -> None:
    for cause in Conversion.Cause:
        order("excluded", cause=cause)
    assert {line.why for line in page_of().reasons} == {cause.label for cause in Conversion.Cause}
