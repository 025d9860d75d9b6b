"""What needs me, in admin: what becomes of what is asked."""

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.factories import PARTNER_URL, OfferFactory
from tests.tracking.admin.needs import EVERYTHING, LIST, ask, owed, undecided
from tests.tracking.admin_pages import messages_of, staff
from tracking.conversions.recording import decide_again
from tracking.models import Adjustment, OrderDetails, Postback

pytestmark = pytest.mark.django_db


def test_what_did_not_arrive_is_queued_at_once_and_written_down() -> None:
    row = owed("failed")
    response = ask(staff(*EVERYTHING), one=f"postback.send_again:postback-{row.pk}")
    row.refresh_from_db()
    assert row.status == "pending"
    assert messages_of(response) == ["Queued to be sent again: 1 postback."]
    assert response.redirect_chain == [(LIST, 302)]
    entry = LogEntry.objects.get()
    assert (entry.user.get_username(), entry.object_id) == ("alice", str(row.pk))
    assert entry.get_change_message() == "Queued to be sent again by alice."


def test_what_may_have_arrived_is_asked_about_and_sent_once_confirmed() -> None:
    row = owed("unconfirmed")
    client = staff(*EVERYTHING)
    asked = ask(client, one=f"postback.send_again:postback-{row.pk}")
    row.refresh_from_db()
    assert row.status == "unconfirmed"
    assert "can be paid twice" in asked.content.decode()
    assert f'href="{LIST}">No, leave them' in asked.content.decode()

    ask(client, action="send_again", _selected_action=row.pk, confirmed="yes", doubtful=row.pk)
    row.refresh_from_db()
    assert row.status == "pending"


@pytest.mark.parametrize(
    ("act", "status", "becomes"),
    [
        ("mark_accepted", "rejected", "accepted"),
        ("give_up", "unconfirmed", "cancelled"),
        ("give_up", "rejected", "cancelled"),
        ("cancel", "pending", "cancelled"),
    ],
)
def test_what_cannot_be_undone_is_asked_about_first(act: str, status: str, becomes: str) -> None:
    row = owed(status)
    client = staff(*EVERYTHING)
    assert "cannot be undone" in ask(client, one=f"postback.{act}:postback-{row.pk}").content.decode()
    row.refresh_from_db()
    assert row.status == status

    ask(client, action=act, _selected_action=row.pk, confirmed="yes")
    row.refresh_from_db()
    assert (row.status, LogEntry.objects.count()) == (becomes, 1)


def test_giving_up_marks_what_may_have_been_counted() -> None:
    doubtful, sure = owed("unconfirmed"), owed("failed")
    chosen = [f"postback-{doubtful.pk}", f"postback-{sure.pk}"]
    html = ask(staff(*EVERYTHING), act="postback.give_up", chosen=chosen).content.decode()
    assert html.count("may have been counted") == 1


def test_many_rows_are_done_at_once_and_others_left() -> None:
    rows = [owed("failed"), owed("failed")]
    other = undecided()
    chosen = [f"postback-{row.pk}" for row in rows] + [f"conversion-{other.pk}"]
    response = ask(staff(*EVERYTHING), act="postback.send_again", chosen=chosen)
    assert set(Postback.objects.values_list("status", flat=True)) == {"pending"}
    assert messages_of(response) == [
        "Left as they are, because “Send again” is not for them: 1 row.",
        "Queued to be sent again: 2 postbacks.",
    ]


def test_an_order_is_decided_anew_once_confirmed_when_its_offer_is_there() -> None:
    row = undecided()
    OfferFactory.create(offer_id="777", postback_url=PARTNER_URL.replace("12345", "777"))
    client = staff(*EVERYTHING)
    asked = ask(client, one=f"conversion.decide_anew:conversion-{row.pk}").content.decode()
    assert f'href="{LIST}">No, leave them' in asked

    response = ask(client, action="decide_anew", _selected_action=row.pk, confirmed="yes")
    row.refresh_from_db()
    assert row.outcome == "credited"
    assert messages_of(response) == ["Decided anew: 1 order, newly credited: 1."]


def test_what_came_back_is_marked_as_done_with_the_figures_shown() -> None:
    postback = owed("accepted", amount_left=0)
    row = Adjustment.objects.create(postback=postback, reason="refunded", since=timezone.now())
    client = staff(*EVERYTHING, "view_adjustment", "change_adjustment")
    asked = ask(client, one=f"adjustment.mark_done:adjustment-{row.pk}").content.decode()
    assert f'href="{LIST}">No, leave them open' in asked
    [seen] = re.findall(rf'name="seen_{row.pk}" value="([^"]+)"', asked)

    ask(client, action="mark_done", _selected_action=row.pk, confirmed="yes", **{f"seen_{row.pk}": seen})
    row.refresh_from_db()
    assert row.done_by_name == "alice"


def test_an_order_is_left_out_once_confirmed_and_no_offer_credits_it_later() -> None:
    row = undecided()
    client = staff(*EVERYTHING)
    asked = ask(client, one=f"conversion.leave_out:conversion-{row.pk}").content.decode()
    assert "their creators earn nothing" in asked
    assert f'href="{LIST}">No, leave them' in asked

    response = ask(client, action="leave_out", _selected_action=row.pk, confirmed="yes")
    row.refresh_from_db()
    assert (row.outcome, row.cause, row.reason) == ("excluded", "left_out", "Left out by alice: it is not reported.")
    assert messages_of(response) == ["Left out: 1 order."]
    assert LogEntry.objects.get().get_change_message() == row.reason
    OfferFactory.create(offer_id="777", postback_url=PARTNER_URL.replace("12345", "777"))
    assert not decide_again(row)


def test_an_order_that_was_credited_meanwhile_is_not_left_out() -> None:
    row = undecided(outcome="credited", offer=OfferFactory.create())
    response = ask(staff(*EVERYTHING), action="leave_out", _selected_action=row.pk, confirmed="yes")
    row.refresh_from_db()
    assert row.outcome == "credited"
    assert messages_of(response) == ["Left as they are, because they do not wait for an offer: 1 order."]


def test_details_that_failed_are_sent_again() -> None:
    postback = owed("accepted")
    details = OrderDetails.objects.create(
        conversion=postback.conversion,
        offer=postback.offer,
        status="failed",
        amount=10,
        detail="HTTP 401",
        created_at=timezone.now(),
    )
    client = staff(*EVERYTHING, "view_orderdetails", "resend_orderdetails")
    assert "Its details did not reach Aspire: HTTP 401" in client.get(LIST).content.decode()
    ask(client, one=f"orderdetails.send_again:orderdetails-{details.pk}")
    details.refresh_from_db()
    assert details.status == "pending"


@pytest.mark.parametrize(
    ("posted", "told"),
    [
        ({}, "Choose what to do"),
        ({"act": "postback.explode", "chosen": "postback-1"}, "Choose what to do"),
        ({"act": "postback.send_again"}, "Mark the rows first"),
        ({"act": "postback.send_again", "chosen": "postback-x"}, "Mark the rows first"),
    ],
)
def test_a_form_that_asks_for_nothing_is_told_so(posted: dict[str, str], told: str) -> None:
    owed("failed")
    [message] = messages_of(ask(staff(*EVERYTHING), **posted))
    assert message.startswith(told)
    assert Postback.objects.get().status == "failed"


@pytest.mark.parametrize("act", ["send_again", "mark_accepted", "give_up", "cancel"])
def test_who_may_only_look_changes_nothing_by_posting(act: str) -> None:
    row = owed("pending" if act == "cancel" else "failed")
    client = staff("view_postback", "view_conversion")
    response = ask(client, act=f"postback.{act}", chosen=f"postback-{row.pk}", confirmed="yes")
    assert response.status_code == 403
    assert Postback.objects.get().status == row.status


def test_who_may_resend_but_not_see_conversions_decides_on_none() -> None:
    row = undecided()
    client = staff("view_postback", "resend_postback")
    assert ask(client, act="conversion.decide_anew", chosen=f"conversion-{row.pk}").status_code == 403


@pytest.mark.parametrize("key", ["9" * 25, "9" * 5000])
@pytest.mark.parametrize("act", ["postback.send_again", "conversion.decide_anew"])
def test_a_key_that_no_row_can_have_changes_nothing(admin_client: Client, act: str, key: str) -> None:
    told = messages_of(ask(admin_client, one=f"{act}:{act.partition('.')[0]}-{key}"))
    assert told == ["Mark the rows first; nothing was changed."]


def test_doubt_about_a_row_that_cannot_be_is_no_doubt(admin_client: Client) -> None:
    row = owed()
    posted = {"action": "send_again", "_selected_action": [row.pk], "doubtful": "9" * 5000}
    assert admin_client.post(reverse("admin:tracking_postback_changelist"), posted).status_code == 302
