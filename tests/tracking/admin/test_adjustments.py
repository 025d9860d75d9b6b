"""The worklist in Django admin: what is on it, who may mark it as done, and what leads there."""

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
from tests.tracking.admin.adjustments import LIST, came_back
from tests.tracking.admin_pages import list_of, messages_of, page_of, staff
from tracking.models import Adjustment, Postback
from tracking.signals import order_cancelled, order_refunded

pytestmark = pytest.mark.django_db


def choose(client: Client, action: str, *chosen: Adjustment, **values: Any) -> HttpResponse:
    data = {"action": action, "_selected_action": [row.pk for row in chosen], **values}
    return client.post(f"{list_of('adjustment')}?state=all", data, follow=True)


def seen(*rows: Adjustment) -> dict[str, str]:
    """What the page that asks sends back with its figures."""
    return {"confirmed": "yes", **{f"seen_{row.pk}": f"{row.amount_due:f}" for row in rows}}


def listed(client: Client, **query: str) -> list[str]:
    shown = client.get(list_of("adjustment"), query).context["cl"].result_list
    return [row.postback.conversion.order_id for row in shown]


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
