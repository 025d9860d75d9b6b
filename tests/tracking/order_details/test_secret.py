"""Order details wait for the secret, which is seen nowhere."""

import logging
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings
from pytest_httpserver import HTTPServer

from tests.network import Network
from tests.tracking.fault_server import refusing_port
from tests.tracking.order_details.steps import MUG, SECRET, answers, complete, details, drain, posted
from tracking.models import Offer, OrderDetailsAttempt, Postback
from tracking.postbacks import outbox

pytestmark = pytest.mark.django_db


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


@pytest.mark.parametrize(("days", "days_then"), [(14, 0), (14, 60), (0, 14)])
def test_they_go_with_their_postback_whatever_its_offer_holds_by_then(
    api: HTTPServer, offer: Offer, settings: Settings, days: int, days_then: int
) -> None:
    settings.TRACKING_ORDER_DETAILS_SECRET = ""
    Offer.objects.update(hold_days=days)
    complete(lines=(MUG,))
    settings.TRACKING_ORDER_DETAILS_SECRET = SECRET
    Offer.objects.update(hold_days=days_then)
    now = timezone.now()

    assert outbox.release_waiting(now=now) == 1

    held_until = Postback.objects.get().held_until
    assert details().due_at == (held_until or now)
    assert (held_until is not None) is (days > 0)


@pytest.mark.parametrize("hold", ["over", "ended by hand"])
def test_they_go_at_once_when_their_postbacks_hold_is_over(
    api: HTTPServer, offer: Offer, settings: Settings, hold: str
) -> None:
    settings.TRACKING_ORDER_DETAILS_SECRET = ""
    Offer.objects.update(hold_days=14)
    complete(lines=(MUG,))
    settings.TRACKING_ORDER_DETAILS_SECRET = SECRET
    now = timezone.now() + (timedelta(days=15) if hold == "over" else timedelta())
    if hold == "ended by hand":
        outbox.send_again(Postback.objects.all(), why="Now.", despite_hold=True)

    outbox.release_waiting(now=now)

    assert details().due_at == now


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
