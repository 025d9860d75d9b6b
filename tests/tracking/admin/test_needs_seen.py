"""What needs me, in admin: who sees which rows and what each offers."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.tracking.admin.needs import EVERYTHING, LIST, owed, undecided
from tests.tracking.admin_pages import staff
from tracking.admin import needs as page_module

pytestmark = pytest.mark.django_db


def buttons(html: str) -> list[str]:
    names = ("send_again", "mark_accepted", "cancel", "give_up", "decide_anew", "leave_out")
    return [name for name in names if f'name="act" value="postback.{name}"' in html or f'"conversion.{name}"' in html]


def test_it_stands_at_its_address_and_in_the_index(admin_client: Client) -> None:
    assert LIST == "/admin/tracking/needsme/"
    assert LIST in admin_client.get(reverse("admin:index")).content.decode()


def test_an_empty_list_says_so(admin_client: Client) -> None:
    assert "Nothing waits for you." in admin_client.get(LIST).content.decode()


def test_who_may_see_no_source_sees_nothing() -> None:
    assert staff("view_offer").get(LIST).status_code == 403


@pytest.mark.parametrize(("permission", "sees"), [("view_postback", "refused"), ("view_conversion", "undecided")])
def test_each_source_is_shown_to_whom_may_see_its_rows(permission: str, sees: str) -> None:
    owed(conversion__order_id="refused")
    undecided(order_id="undecided")
    html = staff(permission).get(LIST).content.decode()
    assert [order for order in ("refused", "undecided") if order in html] == [sees]


def test_who_may_only_look_has_no_buttons() -> None:
    owed()
    undecided()
    html = staff("view_postback", "view_conversion").get(LIST).content.decode()
    assert "<button" not in html.partition('id="content-main"')[2]
    assert 'name="chosen"' not in html


def test_who_may_act_has_the_buttons_that_fit() -> None:
    owed("rejected")
    undecided()
    html = staff(*EVERYTHING).get(LIST).content.decode()
    assert buttons(html) == ["send_again", "mark_accepted", "give_up", "decide_anew", "leave_out"]
    assert 'name="one" value="postback.send_again:postback-' in html
    assert 'name="one" value="postback.cancel:' not in html  # it is no longer pending


def test_a_missing_offer_can_be_set_up_from_here(admin_client: Client) -> None:
    undecided()
    assert f"{reverse('admin:tracking_offer_add')}?offer_id=777" in admin_client.get(LIST).content.decode()


@pytest.mark.parametrize(
    ("status", "permission", "leads"),
    [
        ("unconfirmed", "add_reconciliation", True),
        ("unconfirmed", "view_reconciliation", False),
        ("rejected", "add_reconciliation", False),
    ],
)
def test_what_may_have_arrived_leads_to_aspires_export(status: str, permission: str, leads: bool) -> None:
    owed(status)
    html = staff("view_postback", permission).get(LIST).content.decode()
    assert ("Compare with Aspire" in html) is leads


def test_one_kind_can_be_looked_at_alone(admin_client: Client) -> None:
    owed("rejected", conversion__order_id="refused")
    owed("failed", conversion__order_id="lost")
    html = admin_client.get(LIST, {"only": "failed"}).content.decode()
    assert "lost" in html
    assert "refused" not in html


def test_a_second_page_follows_the_first(admin_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_module, "SHOWN", 2)
    now = timezone.now()
    for number in range(3):
        owed(conversion__order_id=f"order-{number}", created_at=now - timedelta(hours=9 - number))
    first = admin_client.get(LIST)
    second = admin_client.get(LIST + first.context["next"])
    assert [line.need.order_id for line in first.context["lines"]] == ["order-0", "order-1"]
    assert [line.need.order_id for line in second.context["lines"]] == ["order-2"]
    assert second.context["next"] == ""


def test_a_place_that_is_none_shows_the_beginning_and_says_so(admin_client: Client) -> None:
    owed()
    html = admin_client.get(LIST, {"after": "nowhere"}).content.decode()
    assert "names no place in the list" in html
    assert "tracking-need--rejected" in html


def test_a_page_costs_the_same_number_of_queries_however_many_rows(
    admin_client: Client, django_assert_num_queries: Any
) -> None:
    for _ in range(8):
        owed("rejected")
        owed("pending")
        undecided()
    with django_assert_num_queries(
        2 + 2 * 7 + 2
    ):  # who it is; places and a count of each source; the rows of two tables
        admin_client.get(LIST)


def test_what_a_shopper_typed_is_escaped(admin_client: Client) -> None:
    undecided(order_id="<b>1", affiliate_id="<i>", reason="<u>no offer</u>")
    html = admin_client.get(LIST).content.decode()
    assert not {"<b>1", "<i>", "<u>"} & set(html.split())
    assert "&lt;u&gt;no offer" in html


@pytest.mark.parametrize("page", ["change", "history"])
@pytest.mark.parametrize("model", ["needsme", "overview"])
def test_a_page_that_has_no_rows_shows_none(admin_client: Client, model: str, page: str) -> None:
    row = owed(detail="words of Aspire's")
    shown = admin_client.get(reverse(f"admin:tracking_{model}_{page}", args=[row.pk]))
    assert (shown.status_code, shown["Location"]) == (302, reverse("admin:index"))


def test_a_place_before_all_calendars_shows_the_beginning(admin_client: Client) -> None:
    owed()
    shown = admin_client.get(LIST, {"after": "0001-01-01T00:00:00+14:00~rejected~1"})
    assert len(shown.context["lines"]) == 1
