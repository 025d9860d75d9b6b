"""The file of the worklist, and the amounts in it and on the pages."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from tests.factories import OfferFactory
from tests.tracking.admin.adjustments import LIST, came_back, file_of
from tests.tracking.admin_pages import list_of, messages_of, page_of, staff
from tracking.models import Adjustment, Offer, Postback

pytestmark = pytest.mark.django_db


def test_amounts_stand_in_the_currency_that_they_were_sent_in_whatever_the_offer_says_now() -> None:
    came_back(left="20", conversion__offer_currency="USD", conversion__rate=1)
    Offer.objects.update(currency="EUR")
    client = staff("view_adjustment", "view_postback", "view_conversion")
    [line] = file_of(client)
    assert line["currency"] == "USD"
    postback = Postback.objects.get()
    for page in (
        LIST,
        list_of("postback"),
        list_of("needsme"),
        page_of(postback),
        page_of(postback.conversion),
    ):
        html = client.get(page).content.decode()
        assert "49.99 USD" in html, page
        assert "EUR" not in html, page


def test_the_file_has_what_is_needed_to_reject_a_conversion() -> None:
    row = came_back(left="20")
    (line,) = file_of(staff("view_adjustment"))
    assert (line["offer id"], line["affiliate id"], line["order id"]) == ("12345", "77", "1001")
    assert (line["amount sent"], line["amount that should stand"], line["currency"]) == ("49.99", "20.00", "USD")
    assert line["date sent"] == timezone.localtime(row.postback.settled_at).isoformat(timespec="seconds")
    assert line["why"] == "Partly refunded"
    assert "reject it whole" in line["what to do"]


def test_the_file_follows_the_filter() -> None:
    came_back("1001")
    done = came_back("1002")
    Adjustment.objects.filter(pk=done.pk).update(done_at=timezone.now(), done_by_name="ann")
    client = staff("view_adjustment")
    assert [line["order id"] for line in file_of(client)] == ["1001"]
    assert [(line["order id"], line["done by"]) for line in file_of(client, state="done")] == [("1002", "ann")]
    assert f"{LIST}export/?state=done" in client.get(LIST, {"state": "done"}).content.decode()


def test_no_cell_of_the_file_is_a_formula() -> None:
    came_back("=HYPERLINK(1)")
    (line,) = file_of(staff("view_adjustment"))
    assert line["order id"] == "'=HYPERLINK(1)"


def test_a_lead_has_no_amount_in_the_file() -> None:
    OfferFactory.create(kind="lead")
    came_back(amount=None)
    (line,) = file_of(staff("view_adjustment"))
    assert (line["amount sent"], line["amount that should stand"], line["currency"]) == ("", "", "")


def test_the_file_costs_the_same_however_long_it_is(django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    for number in range(12):
        came_back(str(number))
    client = staff("view_adjustment")
    with django_assert_max_num_queries(8):
        assert len(file_of(client)) == 12


@pytest.mark.parametrize("query", [{"reason__none": "x"}, {"nothing": "x"}])
def test_a_filter_that_there_is_not_gives_no_file_and_says_so(admin_client: Client, query: dict[str, str]) -> None:
    came_back()
    response = admin_client.get(reverse("admin:tracking_adjustment_export"), query, follow=True)
    assert response.redirect_chain == [(list_of("adjustment"), 302)]
    assert "names a filter that there is not" in messages_of(response)[0]
