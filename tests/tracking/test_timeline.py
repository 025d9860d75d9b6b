"""The timeline of an order, as rules and on its page."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.test import Client
from django.utils import timezone

from tests.factories import ConversionFactory, OfferFactory, OrderDetailsFactory, PostbackFactory
from tests.tracking.admin_pages import page_of, staff
from tracking.models import Adjustment, Attempt, Postback, RememberedClick
from tracking.reports.explain import explain_conversion

pytestmark = pytest.mark.django_db

NOW = timezone.now()
HOUR = timedelta(hours=1)


def owed(**values: Any) -> Postback:
    """A postback of an order completed ten hours ago."""
    at = NOW - 10 * HOUR
    conversion = ConversionFactory.create(
        order_id="1001", clicked_at=at - HOUR, completed_at=at, recorded_at=at, **values.pop("order", {})
    )
    return PostbackFactory.create(conversion=conversion, offer=conversion.offer, created_at=at, **values)


def tried(postback: Postback, hours_ago: float, verdict: str, **values: Any) -> Attempt:
    values = {"url": "https://get.aspr.app/aff_lsr?aff_id=77&security_token=***", **values}
    return Attempt.objects.create(postback=postback, started_at=NOW - hours_ago * HOUR, verdict=verdict, **values)


def titles(postback: Postback) -> list[str]:
    return [event.title for event in explain_conversion(postback.conversion_id, now=NOW).timeline]


def test_it_tells_all_from_the_click_to_the_verdict() -> None:
    postback = owed(status="accepted", verdict="accepted", attempts_made=2, settled_at=NOW - 8 * HOUR)
    RememberedClick.objects.create(order_id="1001", clicked_at=NOW, remembered_at=NOW - 10.5 * HOUR)
    tried(postback, 9, "not_sent")
    tried(postback, 8, "accepted")

    assert titles(postback) == [
        "A link of affiliate 77 was clicked",
        "The order was placed",
        "The order was completed",
        "Attempt 1",
        "Attempt 2",
    ]


@pytest.mark.parametrize(
    ("values", "title"),
    [
        ({"status": "cancelled", "settled_at": NOW}, "The postback was settled: cancelled"),
        ({"status": "accepted", "settled_at": NOW}, "The postback was settled: accepted"),
        ({"created_at_later": True}, "It was decided anew"),
        ({"order": {"refunded_at": NOW}}, "The shop told of a refund"),
    ],
)
def test_what_is_no_attempt_is_told_too(values: dict[str, Any], title: str) -> None:
    is_later = values.pop("created_at_later", False)
    postback = owed(**values)
    if is_later:
        Postback.objects.filter(pk=postback.pk).update(created_at=NOW - HOUR)
    assert title in titles(postback)


def test_an_adjustment_says_who_made_it() -> None:
    postback = owed(status="accepted", amount_left=0)
    Adjustment.objects.create(postback=postback, reason="refunded", since=NOW, done_at=NOW, done_by_name="alice")
    assert titles(postback)[-1] == "alice adjusted it in Aspire"


def test_an_order_that_nobody_earns_has_a_timeline() -> None:
    conversion = ConversionFactory.create(outcome="organic", offer=None, clicked_at=None, affiliate_id="")
    [event] = explain_conversion(conversion.pk, now=NOW).timeline
    assert event.title == "The order was completed"


# On the page ------------------------------------------------------------------------------------------------


def html_of(postback: Postback, *permissions: str) -> str:
    return staff("view_postback", *permissions).get(page_of(postback)).content.decode()


def test_request_and_reply_are_folded() -> None:
    postback = owed(status="rejected", verdict="rejected", attempts_made=1)
    tried(postback, 1, "rejected", http_status=200, reply="success=false; err_msg=<b>no</b>;")
    html = html_of(postback)
    folded = html.partition("<details")[2].partition("</details>")[0]
    assert "err_msg=&lt;b&gt;no" in folded
    assert "GET https://get.aspr.app/aff_lsr" in folded
    assert "open" not in html.partition("<details")[2].partition(">")[0]


def test_a_request_can_be_copied_as_a_command_without_its_secret() -> None:
    token = "0123456789abcdef"
    offer = OfferFactory.create(pasted_security_token=token)
    postback = owed(order={"offer": offer}, attempts_made=1)
    tried(postback, 1, "busy", url=f"https://get.aspr.app/aff_lsr?aff_id=77&security_token={token}")
    html = html_of(postback)
    assert "curl --globoff &#x27;https://get.aspr.app/aff_lsr?aff_id=77&amp;security_token=***&#x27;" in html
    assert token not in html


def test_what_people_did_is_between() -> None:
    postback = owed(status="pending")
    client = staff("view_postback")
    from django.contrib.auth.models import User

    LogEntry.objects.log_actions(
        User.objects.get().pk, Postback.objects.all(), CHANGE, "Queued to be sent again by alice.", single_object=True
    )
    html = client.get(page_of(postback)).content.decode()
    assert "Queued to be sent again by alice" in html


def test_the_pages_of_one_order_lead_to_each_other(admin_client: Client) -> None:
    postback = owed(status="accepted", amount_left=0)
    adjustment = Adjustment.objects.create(postback=postback, reason="refunded", since=NOW)
    details = OrderDetailsFactory.create(conversion=postback.conversion, offer=postback.offer)
    html = admin_client.get(page_of(postback)).content.decode()
    assert [page_of(row) in html for row in (postback.conversion, details, adjustment, postback.offer)] == [True] * 4


def test_a_page_that_one_may_not_see_is_not_led_to() -> None:
    postback = owed()
    assert page_of(postback.offer) not in html_of(postback, "view_conversion")
