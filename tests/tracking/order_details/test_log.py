"""Order details as people meet them: the admin's log, the commands, the order's story, the pruning."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from tests.factories import OfferFactory, OrderDetailsFactory, PostbackFactory
from tests.tracking.admin_pages import list_of, page_of, staff
from tracking.checks import check_order_details
from tracking.models import Offer, OrderDetails, OrderDetailsAttempt
from tracking.postbacks import outbox

pytestmark = pytest.mark.django_db

SECRET = "s3cr3t"


@pytest.fixture(autouse=True)
def secret(settings: Settings) -> None:
    settings.TRACKING_ENGINE = "worker"
    settings.TRACKING_ORDER_DETAILS_SECRET = SECRET


def failed(**values: Any) -> OrderDetails:
    """Refused by Aspire, whose answer quotes the secret."""
    row: OrderDetails = OrderDetailsFactory(
        **{
            "status": "failed",
            "verdict": "failed",
            "detail": f"HTTP 403 for {SECRET}",
            "attempts_made": 1,
            "due_at": None,
            "settled_at": timezone.now(),
            **values,
        }
    )
    OrderDetailsAttempt.objects.create(
        order_details=row,
        started_at=timezone.now(),
        duration_ms=12,
        url="https://services.aspireiq.com/v1/",
        http_status=403,
        reply=f"<b>no</b> {SECRET}",
        verdict="failed",
        detail="HTTP 403",
    )
    return row


def run(command: str, *args: str) -> str:
    out = StringIO()
    call_command(command, *args, stdout=out, stderr=out)
    return out.getvalue()


# The admin ------------------------------------------------------------------------------------------------------


def test_the_log_is_seen_by_those_who_may() -> None:
    row = failed()
    client = staff("view_orderdetails")

    page = client.get(page_of(row)).content.decode()
    listed = client.get(list_of("orderdetails")).content.decode()

    assert "POST https://services.aspireiq.com/v1/" in page
    assert "&lt;b&gt;no&lt;/b&gt; ***" in page
    assert "HTTP 403 for ***" in listed
    assert SECRET not in page + listed


def test_who_may_not_see_it_does_not() -> None:
    row = failed()
    client = staff("view_postback")

    assert client.get(list_of("orderdetails")).status_code == client.get(page_of(row)).status_code == 403


@pytest.mark.parametrize("action", ["add", "delete", "change"])
def test_nobody_edits_it(action: str) -> None:
    row = failed()
    client = staff("view_orderdetails", "add_orderdetails", "change_orderdetails", "delete_orderdetails")
    url = reverse(f"admin:tracking_orderdetails_{action}", args=[] if action == "add" else [row.pk])

    assert client.post(url, {"status": "accepted"}).status_code == 403


def test_sending_again_is_done_and_logged() -> None:
    row = failed()
    client = staff("view_orderdetails", "resend_orderdetails")

    assert "Send the details again" in client.get(page_of(row)).content.decode()
    client.post(list_of("orderdetails"), {"action": "send_again", "_selected_action": [row.pk]})

    row.refresh_from_db()
    assert (row.status, row.attempts_before_requeue) == ("pending", 1)
    assert LogEntry.objects.get().change_message == "Details queued to be sent again by alice."


def test_sending_again_needs_its_own_permission() -> None:
    row = failed()
    client = staff("view_orderdetails", "resend_postback")

    client.post(list_of("orderdetails"), {"action": "send_again", "_selected_action": [row.pk]})

    row.refresh_from_db()
    assert row.status == "failed"
    assert "Send the details again" not in client.get(page_of(row)).content.decode()


@pytest.mark.parametrize(
    "values",
    [{"status": "accepted"}, {"status": "cancelled"}, {"is_called_off": True}],
    ids=["accepted", "cancelled", "called off"],
)
def test_what_is_over_is_not_sent_again(values: dict[str, Any]) -> None:
    row = failed(**values)
    client = staff("view_orderdetails", "resend_orderdetails")

    answer = client.post(list_of("orderdetails"), {"action": "send_again", "_selected_action": [row.pk]}, follow=True)

    row.refresh_from_db()
    assert row.settled_at is not None
    assert "state does not allow it: the details of 1 order." in answer.content.decode()


def test_the_list_costs_the_same_however_long(django_assert_max_num_queries: Any) -> None:
    offer = OfferFactory(sends_order_details=True)
    for _ in range(12):
        OrderDetailsFactory(offer=offer)
    client = staff("view_orderdetails")

    with django_assert_max_num_queries(8):
        client.get(list_of("orderdetails"))


def test_an_orders_page_tells_of_its_details() -> None:
    row = failed()
    postback = PostbackFactory(offer=row.offer, conversion=row.conversion)

    page = staff("view_postback").get(page_of(postback)).content.decode()

    assert "Order details" in page
    assert SECRET not in page


# The commands ---------------------------------------------------------------------------------------------------


def test_explain_order_tells_of_them() -> None:
    row = failed(conversion__order_id="1001")
    PostbackFactory(offer=row.offer, conversion=row.conversion)

    told = run("explain_order", "1001")

    assert "Order details\n" in told
    assert "Lines         1 line, 2 pieces" in told
    assert "Order details, attempt 1" in told
    assert "requeue_order_details" in told
    assert SECRET not in told


def test_requeueing_says_what_is_sent_again() -> None:
    failed(conversion__order_id="1001")

    told = run("requeue_order_details", "--status", "failed")

    assert told == "Queued to be sent again: the details of 1 order.\n"
    assert OrderDetails.objects.get().status == "pending"


def test_requeueing_only_counts_when_told_to() -> None:
    failed()

    assert run("requeue_order_details", "--status", "failed", "--dry-run").startswith(
        "Would send again: the details of 1"
    )
    assert OrderDetails.objects.get().status == "failed"


def test_requeueing_goes_by_offer() -> None:
    failed()
    other = OfferFactory(offer_id="999", is_default=False)
    failed(offer=other, conversion__offer=other)

    run("requeue_order_details", "--offer", "999")

    assert OrderDetails.objects.get(offer=other).status == "pending"
    assert OrderDetails.objects.filter(status="failed").count() == 1


@pytest.mark.parametrize(
    ("args", "status"), [([], 2), (["--status", "failed"], 1), (["1001"], 1), (["--offer", "77"], 2)]
)
def test_requeueing_nothing_is_told_with_its_exit_status(args: list[str], status: int) -> None:
    with pytest.raises(CommandError) as error:
        run("requeue_order_details", *args)

    assert error.value.returncode == status


def test_requeueing_without_a_secret_says_that_they_wait(settings: Settings) -> None:
    failed()
    settings.TRACKING_ORDER_DETAILS_SECRET = ""

    with pytest.raises(CommandError, match="TRACKING_ORDER_DETAILS_SECRET"):
        run("requeue_order_details", "--status", "failed")

    assert OrderDetails.objects.get().detail == outbox.WAITS_FOR_KEY


def test_set_offer_switches_them_on_and_off(settings: Settings) -> None:
    OfferFactory()
    settings.TRACKING_ORDER_DETAILS_SECRET = ""

    told = run("set_offer", "--offer-id", "12345", "--order-details")
    on = Offer.objects.get().sends_order_details
    run("set_offer", "--offer-id", "12345", "--no-order-details")

    assert "TRACKING_ORDER_DETAILS_SECRET is not set" in told
    assert (on, Offer.objects.get().sends_order_details) == (True, False)


# Pruning --------------------------------------------------------------------------------------------------------


def test_what_was_taken_long_ago_is_pruned_and_what_failed_stays() -> None:
    long_ago = timezone.now() - timedelta(days=500)
    taken = failed(status="accepted", settled_at=long_ago, created_at=long_ago)
    OrderDetailsAttempt.objects.filter(order_details=taken).update(started_at=long_ago)
    kept = failed(offer=taken.offer, settled_at=long_ago, created_at=long_ago)

    told = run("prune_postbacks")

    assert OrderDetails.objects.get() == kept
    assert OrderDetailsAttempt.objects.get().order_details == kept
    assert told == "Pruned: 0 postbacks, 1 attempt, the details of 1 order.\n"


# The system check -----------------------------------------------------------------------------------------------


def test_an_offer_that_sends_details_without_a_secret_is_told(settings: Settings) -> None:
    OfferFactory(sends_order_details=True)
    settings.TRACKING_ORDER_DETAILS_SECRET = ""

    [warning] = check_order_details(None, databases=["default"])

    assert (warning.id, "TRACKING_ORDER_DETAILS_SECRET" in warning.msg) == ("tracking.W015", True)


@pytest.mark.parametrize(("sends", "secret"), [(True, SECRET), (False, "")])
def test_where_all_is_well_the_check_is_silent(settings: Settings, sends: bool, secret: str) -> None:
    OfferFactory(sends_order_details=sends)
    settings.TRACKING_ORDER_DETAILS_SECRET = secret

    assert check_order_details(None, databases=["default"]) == []
