"""What comes of order details that were sent: tried again where it makes sense, never in doubt."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings
from pytest_httpserver import HTTPServer

from tests.network import Network
from tests.tracking import fault_server
from tests.tracking.fault_server import FaultServer, Script, once, reply
from tests.tracking.order_details.steps import MUG, PATIENT, answers, complete, details, drain
from tracking.models import HostPause, Offer, OrderDetails, OrderDetailsAttempt, Postback
from tracking.postbacks import delivery, outbox
from tracking.postbacks.exchanges import Timeouts

pytestmark = pytest.mark.django_db

QUICK = Timeouts(connect=0.3, read=0.3, whole=0.5)

# What comes of them -------------------------------------------------------------------------------------------

OUTCOMES: dict[str, tuple[Script, str, str]] = {
    "yes": (once(reply("{}")), "accepted", "accepted"),
    "created": (once(reply("", "201 Created")), "accepted", "accepted"),
    "bad request": (once(reply("no such order", "400 Bad Request")), "failed", "failed"),
    "wrong secret": (once(reply("", "403 Forbidden")), "failed", "failed"),
    "busy": (once(reply("", "429 Slow down")), "pending", "busy"),
    "unavailable": (once(reply("", "503 Busy")), "pending", "busy"),
    "error": (once(reply("", "500 Oops")), "pending", "unconfirmed"),
    "gateway": (once(reply("", "504 Gateway")), "pending", "unconfirmed"),
    "stalls": (fault_server.silent, "pending", "unconfirmed"),
    "resets": (fault_server.reset_after_reading, "pending", "unconfirmed"),
    "closes": (fault_server.close_after_reading, "pending", "unconfirmed"),
}


@pytest.mark.parametrize(("script", "state", "verdict"), list(OUTCOMES.values()), ids=list(OUTCOMES))
def test_each_outcome_has_its_state_and_is_logged(
    api: HTTPServer, offer: Offer, settings: Settings, script: Script, state: str, verdict: str
) -> None:
    with FaultServer(script) as server:
        settings.TRACKING_ORDER_DETAILS_URL = f"http://127.0.0.1:{server.port}/details"
        complete(lines=(MUG,))
        drain(QUICK if script is fault_server.silent else PATIENT)

    row, attempt = details(), OrderDetailsAttempt.objects.get()
    assert (row.status, row.verdict, row.attempts_made, attempt.verdict) == (state, verdict, 1, verdict)
    assert (row.due_at is not None) == (state == "pending")
    assert Postback.objects.get().status == "accepted"


def test_a_refusal_keeps_what_aspire_said(api: HTTPServer, network: Network, offer: Offer) -> None:
    answers(api, network, '{"message": "unknown order"}', status=422)
    complete(lines=(MUG,))

    drain()

    assert OrderDetailsAttempt.objects.get().reply == '{"message": "unknown order"}'


def test_what_a_dead_process_left_is_sent_again(api: HTTPServer, offer: Offer) -> None:
    complete(lines=(MUG,))
    now = timezone.now()
    outbox.claim(1, now=now - outbox.LEASE * 2, kind=outbox.ORDER_DETAILS)
    OrderDetails.objects.update(due_at=now - outbox.LEASE * 3)
    outbox.claim(1, now=now - outbox.LEASE * 2, kind=outbox.ORDER_DETAILS)

    delivery.sweep()
    abandoned = details()
    OrderDetails.objects.update(due_at=timezone.now())
    drain()

    assert (abandoned.status, abandoned.verdict) == ("pending", "unconfirmed")
    assert (details().status, details().attempts_made) == ("accepted", 2)


def test_a_late_result_changes_nothing(api: HTTPServer, offer: Offer) -> None:
    complete(lines=(MUG,))
    (claim,) = outbox.claim(1, now=timezone.now(), kind=outbox.ORDER_DETAILS)
    OrderDetails.objects.update(lease_expires_at=timezone.now() - timedelta(seconds=1))
    delivery.sweep()
    transport = delivery.open_transport(PATIENT)

    delivery.settle([delivery.send(claim, transport)])
    transport.close()

    assert details().status == "pending"
    assert [attempt.is_late for attempt in OrderDetailsAttempt.objects.order_by("id")] == [False, True]


def test_what_was_claimed_and_not_sent_is_given_back(api: HTTPServer, offer: Offer) -> None:
    complete(lines=(MUG,))

    outbox.release(outbox.claim(1, now=timezone.now(), kind=outbox.ORDER_DETAILS))

    assert (details().status, details().attempts_made) == ("pending", 0)


# Neither waits for the other ----------------------------------------------------------------------------------


def test_a_dead_api_pauses_no_postback_even_of_the_same_host(api: HTTPServer, network: Network, offer: Offer) -> None:
    answers(api, network, status=500)
    for number in range(15):
        complete(order_id=str(number))

    drain()

    assert Postback.objects.filter(status="accepted").count() == 15
    assert [pause.host for pause in HostPause.objects.all()] == ["localhost (order details)"]


def test_details_go_while_the_postbacks_host_is_paused(api: HTTPServer, offer: Offer) -> None:
    now = timezone.now()
    HostPause.objects.create(host="localhost", paused_until=now + timedelta(hours=1), reason="dead", since=now)
    complete(lines=(MUG,))

    drain()

    assert (Postback.objects.get().status, details().status) == ("pending", "accepted")
