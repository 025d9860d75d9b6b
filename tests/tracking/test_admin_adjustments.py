"""The worklist in Django admin: what is on it, who may mark it as done, and the file."""

import csv
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from tests.factories import OfferFactory, PostbackFactory
from tests.tracking.admin_pages import list_of, page_of, staff
from tests.tracking.test_admin_decisions import messages_of
from tracking.models import Adjustment, Offer, Postback
from tracking.signals import order_cancelled, order_refunded

pytestmark = pytest.mark.django_db

LIST = "/admin/tracking/adjustment/"


def came_back(order_id: str = "1001", left: str = "0", **values: Any) -> Adjustment:
    """An order of 49.99 USD that was reported and of which `left` is left."""
    offer = Offer.objects.first() or OfferFactory.create()
    values = {"status": "accepted", "settled_at": timezone.now(), **values}
    row = PostbackFactory.create(offer=offer, conversion__order_id=order_id, **values)
    order_refunded.send(sender=None, order_id=order_id, items_total=Decimal(left))
    return Adjustment.objects.get(postback=row)


def choose(client: Client, action: str, *chosen: Adjustment, **values: Any) -> HttpResponse:
    data = {"action": action, "_selected_action": [row.pk for row in chosen], **values}
    return client.post(f"{list_of('adjustment')}?state=all", data, follow=True)


def seen(*rows: Adjustment) -> dict[str, str]:
    """What the page that asks sends back with its figures."""
    return {"confirmed": "yes", **{f"seen_{row.pk}": f"{row.amount_due:f}" for row in rows}}


def listed(client: Client, **query: str) -> list[str]:
    shown = client.get(list_of("adjustment"), query).context["cl"].result_list
    return [row.postback.conversion.order_id for row in shown]


def file_of(client: Client, **query: str) -> list[dict[str, str]]:
    response = client.get(reverse("admin:tracking_adjustment_export"), query)
    assert response.status_code == 200
    return list(csv.DictReader(response.getvalue().decode().splitlines()))


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


# The list -----------------------------------------------------------------------------------------------------


def test_the_list_says_what_was_sent_what_should_stand_and_what_to_do() -> None:
    came_back(left="20")
    html = staff("view_adjustment").get(LIST).content.decode()
    for words in (
        "1001",
        "12345",
        "77",
        "49.99 USD",
        "20.00 USD",
        "Partly refunded",
        "Aspire cannot lower it.",
    ):
        assert words in html


def test_a_whole_refund_is_to_be_rejected() -> None:
    came_back()
    html = staff("view_adjustment").get(LIST).content.decode()
    assert "Reject this conversion in Aspire." in html
    assert "Look for the order" not in html


def test_an_unconfirmed_one_is_to_be_looked_for_first() -> None:
    came_back(status="unconfirmed")
    assert "Look for the order in Aspire first" in staff("view_adjustment").get(LIST).content.decode()


def test_the_list_shows_what_is_open_unless_asked_otherwise() -> None:
    came_back("1001")
    done = came_back("1002")
    came_back("1003", status="rejected")
    Adjustment.objects.filter(pk=done.pk).update(done_at=timezone.now(), done_by_name="ann")
    client = staff("view_adjustment")
    assert listed(client) == ["1001"]
    assert listed(client, state="done") == ["1002"]
    assert set(listed(client, state="all")) == {"1001", "1002"}


def test_who_did_it_is_in_the_list_of_what_is_done() -> None:
    row = came_back()
    Adjustment.objects.filter(pk=row.pk).update(done_at=timezone.now(), done_by_name="ann", note="Ticket 7")
    html = staff("view_adjustment").get(LIST, {"state": "done"}).content.decode()
    assert "Done by ann, " in html
    assert "Ticket 7" in html


def test_an_order_is_found_by_its_number() -> None:
    came_back("1001")
    came_back("1002")
    assert listed(staff("view_adjustment"), q="1002") == ["1002"]


def test_the_list_costs_the_same_however_long_it_is(django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    for number in range(12):
        came_back(str(number))
    client = staff("view_adjustment")
    with django_assert_max_num_queries(9):
        client.get(LIST)


# Marking as done ----------------------------------------------------------------------------------------------


def test_marking_as_done_shows_the_figures_first() -> None:
    row = came_back(left="20")
    html = choose(staff("change_adjustment"), "mark_done", row).content.decode()
    assert f'name="seen_{row.pk}" value="20.00"' in html
    assert Adjustment.objects.open().exists()


def test_who_did_it_and_when_is_kept() -> None:
    row = came_back(left="20")
    response = choose(staff("change_adjustment"), "mark_done", row, note="Ticket 7", **seen(row))
    row.refresh_from_db()
    assert row.done_at
    assert (row.done_by, row.done_by_name, row.note) == (User.objects.get(), "alice", "Ticket 7")
    assert messages_of(response) == ["Marked as done: 1 adjustment."]
    entry = LogEntry.objects.get()
    assert entry.get_change_message() == (
        "Marked as done by alice: 49.99 USD was sent, 20.00 USD should stand. Ticket 7"
    )


def test_the_name_stays_when_the_account_goes() -> None:
    row = came_back()
    choose(staff("change_adjustment"), "mark_done", row, **seen(row))
    User.objects.all().delete()
    row.refresh_from_db()
    assert (row.done_by, row.done_by_name) == (None, "alice")


def test_what_came_back_further_since_the_page_was_made_stays_open() -> None:
    row = came_back(left="20")
    figures = seen(row)
    order_refunded.send(sender=None, order_id="1001", items_total=Decimal(10))
    response = choose(staff("change_adjustment"), "mark_done", row, **figures)
    assert Adjustment.objects.open().exists()
    assert "because more came back meanwhile" in messages_of(response)[0]


def test_done_can_be_undone() -> None:
    row = came_back()
    client = staff("change_adjustment")
    choose(client, "mark_done", row, **seen(row))
    choose(client, "undo", row)
    row.refresh_from_db()
    assert (row.done_at, row.done_by, row.done_by_name) == (None, None, "")
    assert [entry.get_change_message() for entry in LogEntry.objects.order_by("pk")] == [
        "Marked as done by alice: 49.99 USD was sent, 0.00 USD should stand.",
        "Opened again by alice.",
    ]


def test_the_button_of_the_page_leads_back_to_it() -> None:
    row = came_back()
    client = staff("change_adjustment")
    data = {"action": "mark_done", "_selected_action": row.pk, "from": "page", **seen(row)}
    assert client.post(list_of("adjustment"), data).headers["Location"] == page_of(row)


def test_who_may_only_look_marks_nothing() -> None:
    row = came_back()
    client = staff("view_adjustment")
    choose(client, "mark_done", row, **seen(row))
    assert Adjustment.objects.open().exists()
    assert "Mark as done" not in client.get(page_of(row)).content.decode()


@pytest.mark.parametrize("address", [LIST, f"{LIST}export/"])
def test_who_may_not_look_sees_nothing(address: str) -> None:
    came_back()
    assert staff("view_postback").get(address).status_code == 403


# The file -----------------------------------------------------------------------------------------------------


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


# From elsewhere -----------------------------------------------------------------------------------------------


def test_the_orders_pages_lead_to_the_adjustment_and_back() -> None:
    row = came_back()
    client = staff("view_adjustment", "view_postback", "view_conversion")
    for page in (page_of(row.postback), page_of(row.postback.conversion)):
        assert page_of(row) in client.get(page).content.decode()
    assert page_of(row.postback) in client.get(page_of(row)).content.decode()


def test_who_may_not_look_is_not_led_there() -> None:
    row = came_back()
    assert page_of(row) not in staff("view_postback").get(page_of(row.postback)).content.decode()


def test_a_cancelled_order_says_so() -> None:
    PostbackFactory.create(offer=OfferFactory.create(), status="accepted", conversion__order_id="1001")
    order_cancelled.send(sender=None, order_id="1001")
    assert "Cancelled" in staff("view_adjustment").get(LIST).content.decode()
    assert Postback.objects.get().status == "accepted"


def test_the_apps_index_counts_what_is_open() -> None:
    index = reverse("admin:app_list", args=["tracking"])
    client = staff("view_adjustment")
    assert "came back after Aspire had been told" not in client.get(index).content.decode()
    came_back("1001")
    came_back("1002", status="rejected")
    html = client.get(index).content.decode()
    assert "<strong>1 order</strong> came back after Aspire had been told." in html
    assert f'href="{LIST}"' in html


def test_the_index_tells_nothing_to_who_may_not_look() -> None:
    came_back()
    index = reverse("admin:app_list", args=["tracking"])
    assert "came back after" not in staff("view_postback").get(index).content.decode()


@pytest.mark.parametrize("query", [{"reason__none": "x"}, {"nothing": "x"}])
def test_a_filter_that_there_is_not_gives_no_file_and_says_so(admin_client: Client, query: dict[str, str]) -> None:
    came_back()
    response = admin_client.get(reverse("admin:tracking_adjustment_export"), query, follow=True)
    assert response.redirect_chain == [(list_of("adjustment"), 302)]
    assert "names a filter that there is not" in messages_of(response)[0]
