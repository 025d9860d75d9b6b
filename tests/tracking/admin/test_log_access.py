"""The logs in Django admin: who sees what and may do what, and that nothing can be edited."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.tracking.admin.log import LOGS, log_row
from tests.tracking.admin_pages import list_of, page_of, rows, staff
from tracking.models import Postback

pytestmark = pytest.mark.django_db


# Who may what -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", LOGS)
def test_who_may_not_view_sees_nothing(model: str) -> None:
    row = log_row(model)
    client = staff("view_offer")
    assert client.get(list_of(model)).status_code == 403
    assert client.get(page_of(row)).status_code == 403


@pytest.mark.parametrize("model", LOGS)
def test_who_may_view_reads_list_and_page(model: str) -> None:
    row = log_row(model)
    client = staff(f"view_{model}")
    assert client.get(list_of(model)).status_code == 200
    assert client.get(page_of(row)).status_code == 200


MATRIX = [
    ((), []),
    (("resend_postback",), ["send_again"]),
    (("settle_postback",), ["mark_accepted", "cancel"]),
    (("resend_postback", "settle_postback"), ["send_again", "mark_accepted", "cancel"]),
    (("add_postback", "change_postback", "delete_postback"), []),
]


@pytest.mark.parametrize(("permissions", "actions"), MATRIX)
def test_the_list_offers_the_actions_a_person_may_take(permissions: tuple[str, ...], actions: list[str]) -> None:
    rows(1)
    html = staff("view_postback", *permissions).get(list_of("postback")).content.decode()
    offered = [name for name in ("send_again", "mark_accepted", "cancel") if f'<option value="{name}">' in html]
    assert offered == actions
    assert "delete_selected" not in html


@pytest.mark.parametrize(
    ("status", "permissions", "buttons"),
    [
        ("unconfirmed", (), []),
        ("unconfirmed", ("resend_postback",), ["send_again"]),
        ("unconfirmed", ("settle_postback",), ["mark_accepted"]),
        ("pending", ("resend_postback", "settle_postback"), ["send_again", "cancel"]),
        ("accepted", ("resend_postback", "settle_postback"), []),
        ("cancelled", ("resend_postback", "settle_postback"), []),
    ],
)
def test_the_page_has_the_buttons_that_fit(status: str, permissions: tuple[str, ...], buttons: list[str]) -> None:
    [postback] = rows(1, status=status)
    html = staff("view_postback", *permissions).get(page_of(postback)).content.decode()
    assert [name for name in ("send_again", "mark_accepted", "cancel") if f'value="{name}"' in html] == buttons


@pytest.mark.parametrize("action", ["send_again", "mark_accepted", "cancel"])
def test_who_may_only_view_changes_nothing_by_posting(action: str) -> None:
    [postback] = rows(1, status="failed" if action != "cancel" else "pending")
    data = {"action": action, "_selected_action": postback.pk, "confirmed": "yes", "index": "0"}
    before = Postback.objects.values().get()
    staff("view_postback").post(list_of("postback"), data)
    assert Postback.objects.values().get() == before


# Nothing is edited --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", LOGS)
@pytest.mark.parametrize("address", ["add", "change", "delete"])
def test_a_superuser_adds_changes_and_deletes_nothing(admin_client: Client, model: str, address: str) -> None:
    row = log_row(model)
    args = [] if address == "add" else [row.pk]
    posted = admin_client.post(reverse(f"admin:tracking_{model}_{address}", args=args), {"post": "yes"})
    assert posted.status_code == 403
    assert type(row).objects.filter(pk=row.pk).exists()


@pytest.mark.parametrize("model", LOGS)
def test_the_delete_action_deletes_nothing(admin_client: Client, model: str) -> None:
    row = log_row(model)
    data = {"action": "delete_selected", "_selected_action": row.pk, "post": "yes"}
    admin_client.post(list_of(model), data)
    assert type(row).objects.filter(pk=row.pk).exists()


@pytest.mark.parametrize("model", ["conversion", "postback"])
def test_a_page_has_no_field_to_edit(admin_client: Client, model: str) -> None:
    html = admin_client.get(page_of(log_row(model))).content.decode()
    story = html[html.index('id="content-main"') :]
    assert "<textarea" not in story
    assert "<select" not in story
    assert '<input type="text"' not in story
    assert 'name="_save"' not in story
