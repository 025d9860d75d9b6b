"""What a person decides in admin: send again, mark as accepted, cancel."""

from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from tests.factories import OfferFactory, PostbackFactory
from tests.tracking.admin_pages import list_of, messages_of, page_of, rows, staff
from tracking.admin import choosing, decisions
from tracking.models import Attempt, Postback

pytestmark = pytest.mark.django_db

QUESTION = "Nobody knows whether Aspire has counted"


def choose(client: Client, action: str, *chosen: Postback, **values: Any) -> HttpResponse:
    """Post an action, as the list does; follows redirects."""
    data = {"action": action, "_selected_action": [row.pk for row in chosen], **values}
    return client.post(list_of("postback"), data, follow=True)


@pytest.fixture
def kick() -> Iterator[Any]:
    with patch("tracking.postbacks.engines.kick") as kick:
        yield kick


# Send again -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["rejected", "failed", "pending"])
def test_what_did_not_arrive_is_sent_again_at_once(status: str) -> None:
    client = staff("view_postback", "resend_postback")
    [row] = rows(1, status=status)
    response = choose(client, "send_again", row)
    row.refresh_from_db()
    assert (row.status, row.detail) == ("pending", "Queued to be sent again by alice.")
    assert row.due_at is not None
    assert row.due_at <= timezone.now()
    assert messages_of(response) == ["Queued to be sent again: 1 postback."]


def test_an_unknown_outcome_is_asked_about_first() -> None:
    client = staff("view_postback", "resend_postback")
    doubtful, sure = rows(1, status="unconfirmed")[0], rows(1, status="failed")[0]
    html = choose(client, "send_again", doubtful, sure).content.decode()
    assert QUESTION in html
    assert doubtful.conversion.order_id in html
    assert sure.conversion.order_id in html
    assert html.count('<tr class="tracking-doubtful">') == 1
    assert set(Postback.objects.values_list("status", flat=True)) == {"unconfirmed", "failed"}


@pytest.mark.parametrize("verdict", ["unconfirmed", "duplicate", "accepted"])
def test_an_earlier_attempt_of_unknown_outcome_is_asked_about_too(verdict: str) -> None:
    [row] = rows(1, status="failed")
    Attempt.objects.create(postback=row, started_at=timezone.now(), url="https://x/", verdict=verdict)
    html = choose(staff("view_postback", "resend_postback"), "send_again", row).content.decode()
    assert QUESTION in html


def test_an_unknown_outcome_is_sent_again_once_confirmed() -> None:
    [row] = rows(1, status="unconfirmed")
    choose(staff("view_postback", "resend_postback"), "send_again", row, confirmed="yes", doubtful=str(row.pk))
    row.refresh_from_db()
    assert row.status == "pending"


def test_the_page_that_asks_posts_what_it_showed() -> None:
    client = staff("view_postback", "resend_postback")
    row, other = rows(2, status="unconfirmed")
    html = choose(client, "send_again", row, other).content.decode()
    assert f'name="doubtful" value="{row.pk},{other.pk}"' in html
    assert f'name="_selected_action" value="{row.pk}"' in html


def test_a_row_that_became_doubtful_after_the_question_is_left_out() -> None:
    asked, since = rows(2, status="unconfirmed")
    client = staff("view_postback", "resend_postback")
    response = choose(client, "send_again", asked, since, confirmed="yes", doubtful=str(asked.pk))
    since.refresh_from_db()
    assert since.status == "unconfirmed"
    assert len(messages_of(response)) == 2


def test_a_row_that_becomes_doubtful_meanwhile_is_left_out() -> None:
    [row] = rows(1, status="failed")

    def too_late(_rows: object) -> set[int]:
        Postback.objects.filter(pk=row.pk).update(status="unconfirmed")
        return set()

    with patch.object(decisions, "doubtful_ids", too_late):
        choose(staff("view_postback", "resend_postback"), "send_again", row)
    row.refresh_from_db()
    assert row.status == "unconfirmed"


def test_rows_whose_state_does_not_allow_it_are_counted() -> None:
    offer = OfferFactory.create()
    done = PostbackFactory.create(offer=offer, status="accepted")
    test = PostbackFactory.create(offer=offer, status="failed", is_test=True)
    failed = PostbackFactory.create(offer=offer, status="failed")
    response = choose(staff("view_postback", "resend_postback"), "send_again", done, test, failed)
    assert messages_of(response) == [
        "Queued to be sent again: 1 postback.",
        "Left as they are, because their state does not allow it: 2 postbacks.",
    ]


def test_a_row_that_still_cannot_be_sent_is_told() -> None:
    [row] = rows(1, amount=None, due_at=None, conversion__currency="GBP")
    response = choose(staff("view_postback", "resend_postback"), "send_again", row)
    assert messages_of(response) == [
        "Queued to be sent again: 1 postback. 1 of them still cannot be sent: see what they wait for."
    ]


def test_sending_again_wakes_the_engine_after_the_commit(kick: Any, django_capture_on_commit_callbacks: Any) -> None:
    [row] = rows(1, status="failed")
    with django_capture_on_commit_callbacks() as callbacks:
        choose(staff("view_postback", "resend_postback"), "send_again", row)
        kick.assert_not_called()
    assert kick in callbacks


def test_what_changes_nothing_wakes_nobody(kick: Any, django_capture_on_commit_callbacks: Any) -> None:
    [row] = rows(1, status="accepted")
    with django_capture_on_commit_callbacks() as callbacks:
        choose(staff("view_postback", "resend_postback"), "send_again", row)
    assert kick not in callbacks


# Mark as accepted, cancel -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "status", "becomes", "why"),
    [
        ("mark_accepted", "unconfirmed", "accepted", "Marked as accepted by alice."),
        ("mark_accepted", "rejected", "accepted", "Marked as accepted by alice."),
        ("cancel", "pending", "cancelled", "Cancelled by alice."),
    ],
)
def test_settling_is_asked_about_first_and_then_done(action: str, status: str, becomes: str, why: str) -> None:
    client = staff("view_postback", "settle_postback")
    [row] = rows(1, status=status)
    assert "cannot be undone" in choose(client, action, row).content.decode()
    row.refresh_from_db()
    assert row.status == status
    choose(client, action, row, confirmed="yes")
    row.refresh_from_db()
    assert (row.status, row.detail) == (becomes, why)
    assert row.settled_at is not None


@pytest.mark.parametrize(("action", "status"), [("mark_accepted", "pending"), ("cancel", "unconfirmed")])
def test_a_state_that_does_not_allow_it_stays(action: str, status: str) -> None:
    [row] = rows(1, status=status)
    response = choose(staff("view_postback", "settle_postback"), action, row, confirmed="yes")
    row.refresh_from_db()
    assert row.status == status
    assert messages_of(response) == ["Left as they are, because their state does not allow it: 1 postback."]


def test_who_may_send_again_may_not_settle() -> None:
    [row] = rows(1, status="unconfirmed")
    choose(staff("view_postback", "resend_postback"), "mark_accepted", row, confirmed="yes")
    row.refresh_from_db()
    assert row.status == "unconfirmed"


def test_who_may_settle_may_not_send_again() -> None:
    [row] = rows(1, status="failed")
    choose(staff("view_postback", "settle_postback"), "send_again", row)
    row.refresh_from_db()
    assert row.status == "failed"


# What is common ---------------------------------------------------------------------------------------------


def test_every_changed_row_gets_its_log_entry() -> None:
    chosen = rows(3, status="failed")
    choose(staff("view_postback", "resend_postback"), "send_again", *chosen)
    entries = LogEntry.objects.order_by("object_id")
    assert {entry.object_id for entry in entries} == {str(row.pk) for row in chosen}
    assert {entry.get_change_message() for entry in entries} == {"Queued to be sent again by alice."}


def test_a_row_left_as_it_is_gets_no_log_entry() -> None:
    choose(staff("view_postback", "resend_postback"), "send_again", *rows(1, status="accepted"))
    assert not LogEntry.objects.exists()


def test_too_many_at_once_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choosing, "MOST_AT_ONCE", 2)
    response = choose(staff("view_postback", "resend_postback"), "send_again", *rows(3, status="failed"))
    assert messages_of(response) == ["Choose at most 2 postbacks at once; nothing was changed."]
    assert not Postback.objects.exclude(status="failed").exists()


def test_the_whole_list_can_be_chosen_across_pages() -> None:
    chosen = rows(3, status="failed")
    client = staff("view_postback", "resend_postback")
    choose(client, "send_again", chosen[0], select_across="1", index="0")
    assert Postback.objects.filter(status="pending").count() == 3


def test_a_button_of_the_page_leads_back_to_the_page() -> None:
    [row] = rows(1, status="failed")
    client = staff("view_postback", "resend_postback")
    data = {"action": "send_again", "_selected_action": row.pk, "from": "page"}
    response = client.post(list_of("postback"), data)
    assert response.headers["Location"] == page_of(row)


def test_the_question_remembers_that_it_came_from_the_page() -> None:
    [row] = rows(1, status="unconfirmed")
    response = choose(staff("view_postback", "resend_postback"), "send_again", row, **{"from": "page"})
    assert 'name="from" value="page"' in response.content.decode()


def test_a_button_needs_the_csrf_token() -> None:
    [row] = rows(1, status="failed")
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.create_superuser("root"))
    response = client.post(list_of("postback"), {"action": "send_again", "_selected_action": row.pk})
    assert response.status_code == 403
    row.refresh_from_db()
    assert row.status == "failed"


def test_nothing_is_decided_by_following_a_link() -> None:
    [row] = rows(1, status="failed")
    client = staff("view_postback", "resend_postback")
    client.get(list_of("postback"), {"action": "send_again", "_selected_action": row.pk})
    row.refresh_from_db()
    assert row.status == "failed"
