"""Which click earns an order: remembered, in the request given, in the one being served."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from asgiref.sync import async_to_sync
from django.db import connection, transaction
from django.http import HttpRequest

from tests.factories import OfferFactory, completed_order, visit_from
from tracking.attribution import remember
from tracking.capture.serving import served_request
from tracking.models import Conversion, RememberedClick
from tracking.signals import order_completed

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture(autouse=True)
def offer() -> Any:
    return OfferFactory()


def complete(request: HttpRequest | None = None, **values: Any) -> Conversion:
    order = completed_order(**values)
    order_completed.send(sender=None, order=order, request=request)
    return Conversion.objects.get(order_id=order.order_id)


@contextmanager
def serving(request: HttpRequest) -> Iterator[None]:
    token = served_request.set(request)
    yield
    served_request.reset(token)


def result(conversion: Conversion) -> tuple[str, str, str]:
    return conversion.outcome, conversion.affiliate_id, conversion.source


# In this order ----------------------------------------------------------------------------------------------


def test_the_remembered_click_comes_first() -> None:
    remember(visit_from("1"), "1001")
    with serving(visit_from("3")):
        assert result(complete(visit_from("2"))) == ("credited", "1", "remembered")


def test_the_request_given_comes_second() -> None:
    with serving(visit_from("3")):
        assert result(complete(visit_from("2"))) == ("credited", "2", "request")


def test_the_request_being_served_comes_third() -> None:
    with serving(visit_from("3")):
        assert result(complete()) == ("credited", "3", "served_request")


def test_the_request_being_served_stands_in_for_one_without_a_click() -> None:
    with serving(visit_from("3")):
        assert result(complete(HttpRequest())) == ("credited", "3", "served_request")


def test_nobody_is_organic() -> None:
    assert result(complete()) == ("organic", "", "")


def test_a_click_brings_all_its_ids() -> None:
    OfferFactory(offer_id="999", is_default=False)
    conversion = complete(visit_from("77", offer_id="999", transaction_id="abc"))
    assert (conversion.click_offer_id, conversion.transaction_id) == ("999", "abc")
    assert conversion.offer is not None
    assert conversion.offer.offer_id == "999"
    assert conversion.clicked_at == NOW - HOUR


# Remembering ------------------------------------------------------------------------------------------------


def test_remembered_as_coming_alone_a_later_request_lends_no_click() -> None:
    remember(HttpRequest(), "1001")
    with serving(visit_from("3")):
        assert result(complete(visit_from("2"))) == ("organic", "", "remembered")


def test_remembering_twice_keeps_the_first_click(clock: time_machine.Traveller) -> None:
    remember(visit_from("1"), "1001")
    clock.shift(HOUR)
    remember(visit_from("2"), "1001")
    remembered = RememberedClick.objects.get()
    assert (remembered.affiliate_id, remembered.remembered_at) == ("1", NOW)


def test_remembering_nobody_later_keeps_the_click() -> None:
    remember(visit_from("1"), "1001")
    remember(HttpRequest(), "1001")
    assert RememberedClick.objects.get().affiliate_id == "1"


def test_a_click_that_comes_later_takes_the_place_of_nobody() -> None:
    remember(HttpRequest(), "1001")
    remember(visit_from("1"), "1001")
    assert RememberedClick.objects.get().affiliate_id == "1"


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor == 'sqlite'", reason="SQLite has one writer at a time")
def test_remembering_side_by_side_keeps_one_click(caplog: pytest.LogCaptureFixture) -> None:
    start = threading.Barrier(8)

    def place(number: int) -> None:
        start.wait(10)
        remember(visit_from(str(number)), "1001")
        connection.close()

    threads = [threading.Thread(target=place, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert caplog.messages == []
    assert RememberedClick.objects.get().affiliate_id


def test_a_number_that_is_no_text_is_remembered_as_text() -> None:
    remember(visit_from("1"), 1001)  # type: ignore[arg-type]
    assert result(complete()) == ("credited", "1", "remembered")


def test_a_webhook_without_a_session_finds_the_remembered_click() -> None:
    remember(visit_from("1"), "1001")
    with serving(HttpRequest()):
        assert result(complete(None)) == ("credited", "1", "remembered")


def test_staff_who_complete_a_remembered_order_lend_it_no_click_of_their_own() -> None:
    remember(HttpRequest(), "1001")
    with serving(visit_from("staff")):
        assert complete().outcome == "organic"


def test_one_orders_click_is_not_another_orders() -> None:
    remember(visit_from("1"), "1001")
    assert complete(order_id="10012").outcome == "organic"


class BrokenRequest(HttpRequest):
    @property
    def session(self) -> Any:
        raise RuntimeError("the session store is away")


class Unprintable:
    def __str__(self) -> str:
        raise RuntimeError

    __repr__ = __str__


@pytest.mark.parametrize(
    ("request_", "order_id"),
    [
        (None, "1001"),
        (object(), "1001"),
        (BrokenRequest(), "1001"),
        (HttpRequest(), Unprintable()),
    ],
    ids=["none", "object", "broken session", "unprintable"],
)
def test_remembering_never_raises_and_says_what_failed(
    caplog: pytest.LogCaptureFixture, request_: Any, order_id: Any
) -> None:
    with transaction.atomic():
        remember(request_, order_id)
    assert "Remembering the click for order" in caplog.text
    assert not RememberedClick.objects.exists()


def test_remembering_rolls_back_with_the_order() -> None:
    with transaction.atomic():
        remember(visit_from("1"), "1001")
        transaction.set_rollback(True)
    assert not RememberedClick.objects.exists()


# Windows ----------------------------------------------------------------------------------------------------


def test_the_window_is_judged_when_the_order_is_placed(clock: time_machine.Traveller) -> None:
    remember(visit_from("1", clicked_at=NOW - 27 * DAY), "1001")
    clock.shift(14 * DAY)  # a bank transfer takes its time
    assert complete().outcome == "credited"


def test_an_order_placed_after_the_window_stays_expired() -> None:
    remember(visit_from("1", clicked_at=NOW - 29 * DAY), "1001")
    assert result(complete()) == ("expired", "1", "remembered")


def test_without_remembering_the_window_is_judged_when_the_order_is_completed() -> None:
    request = visit_from("1", clicked_at=NOW - 29 * DAY)
    assert complete(request, completed_at=NOW - 2 * DAY).outcome == "credited"
    assert complete(request, order_id="1002").outcome == "expired"


def test_the_offers_window_counts_not_the_cookies(offer: Any) -> None:
    offer.window_days = 3
    offer.save()
    request = visit_from("1", clicked_at=NOW - 4 * DAY, window_days=28)
    assert complete(request).outcome == "expired"


def test_a_valid_click_in_the_session_beats_an_expired_one_in_the_cookie() -> None:
    request: Any = visit_from("old", clicked_at=NOW - 29 * DAY)
    kept = visit_from("new").COOKIES.popitem()[1].rpartition(":")[0]
    request.session = type("Session", (dict,), {"session_key": "a", "modified": False})(tracking_click=kept)
    assert result(complete(request)) == ("credited", "new", "request")


# Async ------------------------------------------------------------------------------------------------------


def test_the_signal_sent_from_async_code_is_recorded() -> None:
    async def view() -> None:
        token = served_request.set(visit_from("3"))
        await order_completed.asend(sender=None, order=completed_order())
        served_request.reset(token)

    async_to_sync(view)()
    assert result(Conversion.objects.get()) == ("credited", "3", "served_request")


def test_tasks_side_by_side_each_have_their_own_request() -> None:
    async def view(number: str) -> None:
        served_request.set(visit_from(number))
        await asyncio.sleep(0)
        await order_completed.asend(sender=None, order=completed_order(order_id=number))

    async def views() -> None:
        await asyncio.gather(*(view(str(number)) for number in range(4)))

    async_to_sync(views)()
    assert list(Conversion.objects.order_by("order_id").values_list("affiliate_id", flat=True)) == ["0", "1", "2", "3"]


def test_remembering_from_async_code_without_a_thread_raises_nothing(caplog: pytest.LogCaptureFixture) -> None:
    async def view() -> None:
        remember(visit_from("3"), "1001")

    async_to_sync(view)()
    assert "You cannot call this from an async context" in caplog.text
