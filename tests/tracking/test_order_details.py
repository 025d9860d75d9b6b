"""Order details from the completed order to Aspire's API: owed beside the postback, sent, tried again, not in doubt."""

import json
import logging
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from django.utils import timezone
from pytest_django import Settings
from pytest_httpserver import HTTPServer
from werkzeug import Request

from tests.factories import OfferFactory, completed_order, visit_from
from tests.network import Network
from tests.tracking import fault_server
from tests.tracking.fault_server import FaultServer, Script, once, refusing_port, reply
from tracking.currency import ExchangeRate
from tracking.models import Attempt, HostPause, Offer, OrderDetails, OrderDetailsAttempt, Postback
from tracking.orders import OrderLine
from tracking.postbacks import delivery, outbox
from tracking.postbacks.exchanges import Timeouts
from tracking.postbacks.worker import Drain
from tracking.signals import order_cancelled, order_completed, order_refunded

pytestmark = pytest.mark.django_db

SECRET = "s3cr3t/of+Aspire"
QUICK = Timeouts(connect=0.3, read=0.3, whole=0.5)
PATIENT = Timeouts(connect=3, read=8, whole=9)  # where an answer comes, however busy the machine
MUG = OrderLine(product_id="sku-1", name="Mug", price=Decimal("24.995"), quantity=2, collection_id="kitchen")


@pytest.fixture(autouse=True)
def worker_engine(settings: Settings) -> None:
    """Nothing is sent but what a test sends."""
    settings.TRACKING_ENGINE = "worker"


@pytest.fixture
def api(httpserver: HTTPServer, network: Network, settings: Settings) -> HTTPServer:
    """Aspire's API beside its postbacks; answers 200."""
    settings.TRACKING_ORDER_DETAILS_URL = httpserver.url_for("/details")
    settings.TRACKING_ORDER_DETAILS_SECRET = SECRET
    settings.TRACKING_POSTBACK_HOSTS = ["localhost", "127.0.0.1"]
    httpserver.expect_request("/details", method="POST").respond_with_data("{}")
    return httpserver


@pytest.fixture
def offer(network: Network) -> Offer:
    offer: Offer = OfferFactory(postback_url=network.postback_url, sends_order_details=True)
    return offer


def complete(**values: object) -> None:
    with transaction.atomic():
        order_completed.send(sender=None, order=completed_order(**values), request=visit_from("77"))


def drain(timeouts: Timeouts = PATIENT) -> None:
    drain = Drain(concurrency=4, timeouts=timeouts)
    try:
        drain.run()
    finally:
        drain.close()


def posted(server: HTTPServer) -> list[Request]:
    return [request for request, _ in server.log if request.method == "POST"]


def details() -> OrderDetails:
    return OrderDetails.objects.get()


def answers(api: HTTPServer, network: Network, body: str = "", status: int = 200) -> None:
    network.replies(200, "success=true;")  # the first of the two, because it forgets what was answered before
    api.expect_request("/details").respond_with_data(body, status=status)


def test_an_order_is_told_with_its_lines_and_its_value(api: HTTPServer, offer: Offer) -> None:
    complete(lines=(MUG,))
    drain()

    (request,) = posted(api)
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["x-client-secret"] == SECRET
    product = {"id": "sku-1", "name": "Mug", "price": 24.995, "collectionId": "kitchen"}
    assert json.loads(request.get_data()) == {
        "orderId": "1001",
        "data": {"orderValue": 49.99, "currency": "USD", "productDetails": [product, product]},
    }
    assert (details().status, Postback.objects.get().status) == ("accepted", "accepted")


def test_the_order_is_named_as_in_the_postback(api: HTTPServer, network: Network, offer: Offer) -> None:
    offer.postback_url = network.postback_url.replace("=ORDER_ID", "=brand-{ORDER_ID}")
    offer.save()

    complete(order_id="a b+c")
    drain()

    assert json.loads(posted(api)[0].get_data())["orderId"] == "brand-a b+c"
    assert network.received[0].get("adv_unique1", "brand-a b+c") == "brand-a b+c"


def test_lines_are_kept_and_details_owed_only_where_the_offer_asks(api: HTTPServer, offer: Offer) -> None:
    offer.sends_order_details = False
    offer.save()

    complete(lines=(MUG,))

    assert not OrderDetails.objects.exists()
    assert Postback.objects.count() == 1


def test_an_order_that_earns_nothing_is_not_told(api: HTTPServer, offer: Offer) -> None:
    with transaction.atomic():
        order_completed.send(sender=None, order=completed_order(lines=(MUG,)), request=None)

    assert not OrderDetails.objects.exists()


def test_an_order_completed_twice_is_owed_once(api: HTTPServer, offer: Offer) -> None:
    complete(lines=(MUG,))
    complete(lines=(MUG,))

    assert OrderDetails.objects.count() == 1


def test_the_value_is_in_the_orders_own_currency(api: HTTPServer, offer: Offer) -> None:
    """Whatever the postback has to wait for: Aspire converts here."""
    complete(currency="KWD", items_total=Decimal("12.345"))
    drain()

    assert json.loads(posted(api)[0].get_data())["data"] == {
        "orderValue": 12.345,
        "currency": "KWD",
        "productDetails": [],
    }


def test_the_value_goes_by_the_offers_basis(api: HTTPServer, offer: Offer) -> None:
    offer.amount_basis = Offer.AmountBasis.TOTAL
    offer.save()

    complete(shipping=Decimal(5), tax=Decimal("4.12"))

    assert details().amount == Decimal("59.11")


def test_details_are_owed_at_the_cost_of_one_query(
    api: HTTPServer, offer: Offer, django_assert_max_num_queries: object
) -> None:
    with django_assert_max_num_queries(6 + 4):  # type: ignore[operator]  # 4 of them begin and end savepoints
        complete(lines=(MUG,))

    assert OrderDetails.objects.count() == 1


# The secret -----------------------------------------------------------------------------------------------------


def test_without_a_secret_they_wait_and_say_so_and_the_postback_goes(
    api: HTTPServer, offer: Offer, settings: Settings
) -> None:
    settings.TRACKING_ORDER_DETAILS_SECRET = ""

    complete(lines=(MUG,))
    drain()

    assert (details().status, details().due_at, details().detail) == ("pending", None, outbox.WAITS_FOR_KEY)
    assert Postback.objects.get().status == "accepted"
    assert posted(api) == []


def test_they_are_sent_once_the_secret_is_there(api: HTTPServer, offer: Offer, settings: Settings) -> None:
    settings.TRACKING_ORDER_DETAILS_SECRET = ""
    complete(lines=(MUG,))
    settings.TRACKING_ORDER_DETAILS_SECRET = SECRET

    drain()

    assert details().status == "accepted"


def test_a_secret_that_cannot_be_read_costs_no_order(api: HTTPServer, offer: Offer, settings: Settings) -> None:
    settings.TRACKING_ORDER_DETAILS_SECRET = 42

    complete(lines=(MUG,))

    assert (Postback.objects.count(), details().detail) == (1, outbox.WAITS_FOR_KEY)


@pytest.mark.parametrize("status", [200, 400, 401, 500])
def test_the_secret_is_seen_nowhere(
    api: HTTPServer, network: Network, offer: Offer, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    told = f"x-client-secret: {SECRET} s3cr3t%2Fof%2BAspire token={SECRET}"
    answers(api, network, told, status=status)
    with caplog.at_level(logging.DEBUG):
        complete(lines=(MUG,))
        drain()

    attempt = OrderDetailsAttempt.objects.get()
    seen = f"{caplog.text} {attempt.url} {attempt.reply} {attempt.detail} {details().detail}"
    assert attempt.http_status == status
    assert "s3cr3t" not in seen


def test_an_error_of_the_connection_does_not_tell_the_secret(
    api: HTTPServer, offer: Offer, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    with refusing_port() as port, caplog.at_level(logging.DEBUG):
        settings.TRACKING_ORDER_DETAILS_URL = f"http://127.0.0.1:{port}/{SECRET}?key={SECRET}"
        complete(lines=(MUG,))
        drain()

    attempt = OrderDetailsAttempt.objects.get()
    assert attempt.verdict == "not_sent"
    assert "s3cr3t" not in f"{caplog.text} {attempt.url} {attempt.detail} {details().detail}"


# What comes of them ---------------------------------------------------------------------------------------------

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


# Neither waits for the other ------------------------------------------------------------------------------------


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


# The order's life -----------------------------------------------------------------------------------------------


def test_a_cancelled_order_is_not_told(api: HTTPServer, offer: Offer) -> None:
    complete(lines=(MUG,))

    order_cancelled.send(sender=None, order_id="1001")
    drain()

    assert (details().status, posted(api)) == ("cancelled", [])


def test_an_order_cancelled_while_its_details_are_on_their_way_is_not_told_again(
    api: HTTPServer, offer: Offer, settings: Settings
) -> None:
    complete(lines=(MUG,))
    (claim,) = outbox.claim(1, now=timezone.now(), kind=outbox.ORDER_DETAILS)

    order_cancelled.send(sender=None, order_id="1001")
    outbox.release([claim])

    assert details().status == "cancelled"


def test_after_a_partial_refund_the_value_is_what_is_left(api: HTTPServer, offer: Offer) -> None:
    complete(lines=(MUG,))

    order_refunded.send(sender=None, order_id="1001", items_total=Decimal("20.00"))
    drain()

    assert json.loads(posted(api)[0].get_data())["data"]["orderValue"] == 20


def test_details_of_an_order_on_hold_are_held_with_its_postback(api: HTTPServer, offer: Offer) -> None:
    offer.hold_days = 14
    offer.save()

    complete(lines=(MUG,))

    assert details().due_at == Postback.objects.get().due_at
    assert details().due_at > timezone.now() + timedelta(days=13)


def test_details_of_an_order_that_comes_to_nothing_are_not_told(
    api: HTTPServer, offer: Offer, settings: Settings
) -> None:
    Offer.objects.update(hold_days=14)
    complete(currency="JPY", items_total=Decimal(1), lines=(MUG,))
    settings.TRACKING_CURRENCY_CONVERTER = lambda *_asked: ExchangeRate(Decimal("0.004"), timezone.localdate())
    outbox.work_out_waiting(now=timezone.now())

    assert (Postback.objects.get().status, details().status) == ("cancelled", "cancelled")
    assert details().detail == "The amount comes to 0.00 USD: there is nothing to report."
    assert outbox.send_details_again(OrderDetails.objects.all(), why="By hand.") == 0


def test_details_of_an_order_that_a_person_cancels_are_not_told(api: HTTPServer, offer: Offer) -> None:
    Offer.objects.update(hold_days=14)
    complete(lines=(MUG,))
    outbox.cancel(Postback.objects.all(), why="Cancelled by ada.")

    assert (details().status, details().detail, details().due_at) == ("cancelled", "Cancelled by ada.", None)


def test_what_failed_is_sent_again_by_hand_with_the_whole_schedule(
    api: HTTPServer, network: Network, offer: Offer
) -> None:
    answers(api, network, status=403)
    complete(lines=(MUG,))
    drain()
    failed = details()
    answers(api, network)

    count = outbox.send_details_again(OrderDetails.objects.all(), why="Sent again.")
    drain()

    assert (failed.status, count, details().status) == ("failed", 1, "accepted")
    assert details().attempts_before_requeue == 1


def test_postbacks_and_details_keep_their_attempts_apart(api: HTTPServer, offer: Offer) -> None:
    complete(lines=(MUG,))

    drain()

    assert (Attempt.objects.count(), OrderDetailsAttempt.objects.count()) == (1, 1)
