"""The lists of the logs in Django admin: what they find, what they count and what they cost."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests.factories import ConversionFactory, OfferFactory, PostbackFactory
from tests.tracking.admin_pages import list_of, page_of, rows
from tracking.admin import log
from tracking.models import Attempt, Conversion

pytestmark = pytest.mark.django_db


def found(client: Client, model: str, **query: str) -> set[str]:
    """The orders that a list shows."""
    shown = client.get(list_of(model), query).context["cl"].result_list
    return {(row.conversion if model == "postback" else row).order_id for row in shown}


@pytest.mark.parametrize("model", ["conversion", "postback"])
@pytest.mark.parametrize(
    ("term", "orders"),
    [
        ("1001", {"1001"}),
        ("10", {"1001", "10022"}),
        ("78", {"10022"}),
        (" 1001 ", {"1001"}),
        ("a b", {"a b"}),
        ("7", set()),
        ("01", set()),
    ],
)
def test_the_search_finds_an_order_or_an_affiliate(
    admin_client: Client, model: str, term: str, orders: set[str]
) -> None:
    offer = OfferFactory.create()
    for order_id, affiliate_id in (("1001", "77"), ("10022", "78"), ("a b", "77")):
        PostbackFactory.create(
            conversion=ConversionFactory.create(order_id=order_id, affiliate_id=affiliate_id, offer=offer), offer=offer
        )
    assert found(admin_client, model, q=term) == orders


def test_the_postback_filters_answer_an_operators_questions(admin_client: Client) -> None:
    offer, other = OfferFactory.create(), OfferFactory.create(offer_id="777", is_default=False)
    long_ago = timezone.now() - timedelta(days=40)

    def owed(order_id: str, **values: Any) -> None:
        made = {"offer": values.get("offer", offer), "is_test": values.get("is_test", False)}
        completed_at = values.pop("completed_at", timezone.now())
        conversion = ConversionFactory.create(order_id=order_id, completed_at=completed_at, **made)
        PostbackFactory.create(**{"offer": offer, **values, "conversion": conversion})

    owed("refused", status="rejected", verdict="rejected")
    owed("other", offer=other)
    owed("test", is_test=True)
    owed("old", completed_at=long_ago)
    week_ago = (timezone.now() - timedelta(days=7)).isoformat()
    assert found(admin_client, "postback", status__exact="rejected") == {"refused"}
    assert found(admin_client, "postback", verdict__exact="rejected") == {"refused"}
    assert found(admin_client, "postback", offer__id__exact=str(other.pk)) == {"other"}
    assert found(admin_client, "postback", is_test__exact="1") == {"test"}
    assert found(admin_client, "postback", conversion__completed_at__gte=week_ago) == {"refused", "other", "test"}


def test_the_conversion_filters_answer_an_operators_questions(admin_client: Client) -> None:
    offer = OfferFactory.create()
    ConversionFactory.create(order_id="earned", offer=offer)
    ConversionFactory.create(order_id="own", outcome=Conversion.Outcome.ORGANIC, offer=None)
    ConversionFactory.create(order_id="test", offer=offer, is_test=True)
    assert found(admin_client, "conversion", outcome__exact="organic") == {"own"}
    assert found(admin_client, "conversion", offer__id__exact=str(offer.pk)) == {"earned", "test"}
    assert found(admin_client, "conversion", is_test__exact="1") == {"test"}


@pytest.mark.parametrize("model", ["conversion", "postback"])
def test_a_long_list_costs_as_many_queries_as_a_short_one(
    admin_client: Client, model: str, django_assert_num_queries: Any
) -> None:
    queries = {"conversion": 5, "postback": 5}[model]  # session, user, offers of the filter, count, rows
    rows(5)
    with django_assert_num_queries(queries):
        admin_client.get(list_of(model))
    rows(45)
    with django_assert_num_queries(queries):
        admin_client.get(list_of(model))


def test_a_page_costs_as_many_queries_whatever_its_attempts(
    admin_client: Client, django_assert_max_num_queries: Any
) -> None:
    [postback] = rows(1)
    for _ in range(20):
        Attempt.objects.create(postback=postback, started_at=timezone.now(), url="https://x/", verdict="busy")
    with django_assert_max_num_queries(11):
        admin_client.get(page_of(postback))


def test_a_big_table_is_not_counted_to_its_end(admin_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "MOST_COUNTED", 3)
    rows(5)
    html = admin_client.get(list_of("postback")).content.decode()
    assert "3 postbacks" in html
    assert "There are more than these" in html


def test_a_small_table_is_counted(admin_client: Client) -> None:
    rows(2)
    html = admin_client.get(list_of("postback")).content.decode()
    assert "2 postbacks" in html
    assert "There are more than these" not in html


def test_an_amount_reads_the_same_in_a_german_locale(admin_client: Client, settings: Any) -> None:
    settings.LANGUAGE_CODE, settings.USE_THOUSAND_SEPARATOR = "de", True
    [postback] = rows(1, status="unconfirmed", pk=1_234_567)
    assert "49.99 USD" in admin_client.get(list_of("postback")).content.decode()
    assert 'name="_selected_action" value="1234567"' in admin_client.get(page_of(postback)).content.decode()
