"""How orders stand with the affiliates, as a shop asks."""

import pytest
from pytest_django import DjangoAssertNumQueries

from tests.factories import ConversionFactory, OfferFactory, PostbackFactory
from tracking.models import Conversion, Postback
from tracking.standing import standings

pytestmark = pytest.mark.django_db


def test_a_credited_order_stands_with_its_affiliate_and_postback() -> None:
    postback = PostbackFactory(conversion__order_id="1001", status=Postback.Status.REJECTED)

    standing = standings(["1001"])["1001"]

    assert (standing.outcome, standing.affiliate_id, standing.postback) == ("credited", "77", "rejected")
    assert (standing.outcome_label, standing.postback_label) == ("Credited", "Rejected")
    assert standing.url == f"/admin/tracking/postback/{postback.pk}/change/"


def test_an_order_that_nobody_earns_stands_with_its_reason() -> None:
    organic = ConversionFactory(order_id="1002", outcome=Conversion.Outcome.ORGANIC, affiliate_id="", reason="Nobody.")

    standing = standings(["1002"])["1002"]

    assert (standing.outcome, standing.reason, standing.postback) == ("organic", "Nobody.", "")
    assert standing.url == f"/admin/tracking/conversion/{organic.pk}/change/"


def test_an_order_that_is_not_completed_has_no_standing() -> None:
    assert standings(["nobody-knows"]) == {}


def test_a_test_by_hand_is_no_order() -> None:
    ConversionFactory(order_id="TEST-1", is_test=True)

    assert standings(["TEST-1"]) == {}


def test_many_orders_take_one_query(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    offer = OfferFactory()
    ids = [PostbackFactory(offer=offer).conversion.order_id for _ in range(20)]

    with django_assert_num_queries(1):
        found = standings(ids)

    assert set(found) == set(ids)


def test_without_the_admin_an_order_stands_without_an_address(settings: object) -> None:
    ConversionFactory(order_id="1003")
    settings.ROOT_URLCONF = "tests.tracking.pages"  # type: ignore[attr-defined]

    assert standings(["1003"])["1003"].url == ""
