"""Recording: a completed order becomes a conversion with a reason and, if credited, an owed postback."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.contrib.auth import get_user_model
from django.contrib.sessions.backends.db import SessionStore
from django.db import DatabaseError, IntegrityError, OperationalError, connection, transaction
from django.http import HttpRequest
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.factories import GLOBAL_URL, ConversionFactory, OfferFactory, PostbackFactory, completed_order, visit_from
from tracking.attribution import remember
from tracking.conversions import recording
from tracking.models import Conversion, Offer, Postback
from tracking.orders import CompletedOrder
from tracking.postbacks import engines, outbox
from tracking.postbacks.worker import Drain
from tracking.signals import conversion_recorded, order_cancelled, order_completed, order_refunded

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
User = get_user_model()


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def offer() -> Offer:
    found: Offer = OfferFactory()
    return found


@pytest.fixture
def kicks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The engine's kicks, in place of an engine."""
    counted: list[int] = []
    monkeypatch.setattr(engines, "kick", lambda: counted.append(1))
    return counted


@pytest.fixture
def listening() -> Iterator[Callable[[Callable[..., object]], None]]:
    """Connects receivers of `conversion_recorded` for the length of a test."""
    receivers: list[Callable[..., object]] = []

    def connect(receiver: Callable[..., object]) -> None:
        conversion_recorded.connect(receiver)
        receivers.append(receiver)

    yield connect
    for receiver in receivers:
        conversion_recorded.disconnect(receiver)


def send(order: object | None = None, request: HttpRequest | None = None) -> None:
    order_completed.send(sender=None, order=order or completed_order(), request=request)


def complete(request: HttpRequest | None = None, **values: Any) -> Conversion:
    order = completed_order(**values)
    send(order, request)
    return Conversion.objects.get(order_id=order.order_id, is_test=False)


# Outcomes ---------------------------------------------------------------------------------------------------


def test_a_credited_order_owes_a_postback_that_is_due(offer: Offer, clock: time_machine.Traveller) -> None:
    conversion = complete(visit_from("77", transaction_id="abc"))
    assert (conversion.outcome, conversion.affiliate_id, conversion.transaction_id) == ("credited", "77", "abc")
    assert conversion.reason == "Clicked 1 hour before the order, for Autumn (12345)."
    postback = Postback.objects.get()
    assert (postback.conversion, postback.offer, postback.status) == (conversion, offer, "pending")
    assert (postback.amount, postback.due_at, postback.detail) == (Decimal("49.99"), NOW, "")


def test_everything_that_the_shop_said_is_kept(offer: Offer, clock: time_machine.Traveller) -> None:
    values: dict[str, Any] = {
        "currency": "USD",
        "items_total": Decimal("49.9912"),
        "shipping": Decimal("5.00"),
        "tax": Decimal("4.12"),
        "discount": Decimal("1.5"),
        "customer_id": "42",
        "subscription_id": "S1",
        "is_renewal": True,
        "completed_at": NOW - timedelta(minutes=3),
    }
    complete(visit_from("77"), **values)
    conversion = Conversion.objects.get()
    assert {name: getattr(conversion, name) for name in values} == values
    assert conversion.recorded_at == NOW


@pytest.mark.parametrize(
    ("offer_values", "request_", "order", "outcome", "reason"),
    [
        ({}, None, {}, "organic", "No affiliate's click was found for this order."),
        (None, "77", {}, "unknown_offer", "The click names no offer, and no offer is the default."),
        (
            {"is_active": False},
            "77",
            {},
            "unknown_offer",
            "The click names no offer, and the one that stands in, Autumn (12345), is paused.",
        ),
        (
            {"protocol": "transaction-id"},
            "77",
            {},
            "excluded",
            "The click carries no transaction id, which Autumn (12345) needs for its protocol.",
        ),
        (
            {},
            "77",
            {"items_total": Decimal(0)},
            "excluded",
            "The amount is 0.00: a sale without a positive amount is not reported.",
        ),
        (
            {},
            "77",
            {"items_total": Decimal("0.004")},
            "excluded",
            "The amount is 0.00: a sale without a positive amount is not reported.",
        ),
        (
            {},
            "77",
            {"items_total": Decimal(-5)},
            "excluded",
            "The amount is -5.00: a sale without a positive amount is not reported.",
        ),
        (
            {"amount_basis": "total"},
            "77",
            {"items_total": Decimal(5), "discount": Decimal(5), "shipping": Decimal(-5)},
            "excluded",
            "The amount is 0.00: a sale without a positive amount is not reported.",
        ),
    ],
)
def test_an_order_that_is_not_credited_says_why_and_owes_nothing(
    offer_values: dict[str, Any] | None, request_: str | None, order: dict[str, Any], outcome: str, reason: str
) -> None:
    if offer_values is not None:
        OfferFactory(**offer_values)
    conversion = complete(visit_from(request_) if request_ else None, **order)
    assert (conversion.outcome, conversion.reason) == (outcome, reason)
    assert not Postback.objects.exists()


def test_an_expired_click_says_so(offer: Offer, clock: time_machine.Traveller) -> None:
    conversion = complete(visit_from("77", clicked_at=NOW - timedelta(days=28, hours=3)))
    assert conversion.outcome == "expired"
    assert conversion.reason == "Clicked 28 days 3 h before the order, past the window of Autumn (12345): 28 days."
    assert conversion.offer == offer


@pytest.mark.parametrize("is_remembered", [True, False])
@pytest.mark.parametrize(("named", "meant"), [("", "12345"), ("12345", "12345"), ("777", "777"), ("999", "global")])
def test_a_click_means_the_offer_that_it_names_else_the_default_or_the_global_one(
    *, offer: Offer, named: str, meant: str, is_remembered: bool
) -> None:
    OfferFactory(offer_id="777", is_default=False)
    OfferFactory(offer_id="888", is_default=False)
    OfferFactory(
        offer_id="global", postback_url=GLOBAL_URL, protocol="transaction-id", is_global=True, is_default=False
    )
    visit = visit_from("77", offer_id=named, transaction_id="abc")
    if is_remembered:
        remember(visit, "1001")
    conversion = complete(None if is_remembered else visit)
    assert conversion.outcome == "credited"
    assert conversion.offer is not None
    assert conversion.offer.offer_id == meant


def test_an_offer_paused_since_the_order_was_placed_takes_no_orders(offer: Offer) -> None:
    remember(visit_from("77"), "1001")
    Offer.objects.filter(pk=offer.pk).update(is_active=False)
    assert complete().outcome == "unknown_offer"


def test_an_offer_that_the_click_names_and_nobody_set_up_is_named(offer: Offer) -> None:
    conversion = complete(visit_from("77", offer_id="999"))
    assert conversion.reason == "The click names the offer 999, which is not set up here."
    assert conversion.click_offer_id == "999"


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"is_active": False}, "The click names the offer Autumn (12345), which is paused."),
        (
            {"ends_at": NOW - timedelta(hours=1)},
            "The click names the offer Autumn (12345), which ended on 2026-03-01 11:00 UTC.",
        ),
    ],
)
def test_an_order_for_an_offer_that_takes_none_waits_and_is_credited_once_it_does(
    clock: time_machine.Traveller, values: dict[str, Any], reason: str
) -> None:
    offer = OfferFactory(**values)
    conversion = complete(visit_from("77", offer_id="12345"))
    assert (conversion.outcome, conversion.reason) == ("unknown_offer", reason)
    assert not recording.decide_again(conversion)
    Offer.objects.filter(pk=offer.pk).update(is_active=True, ends_at=None)
    assert recording.decide_again(conversion)


def test_an_order_placed_before_the_offer_ended_earns_when_it_is_paid(clock: time_machine.Traveller) -> None:
    OfferFactory(ends_at=NOW + timedelta(hours=1))
    remember(visit_from("77"), "1001")
    clock.shift(timedelta(days=3))
    assert complete().outcome == "credited"


@pytest.mark.django_db(transaction=True)
def test_the_global_postback_reports_the_orders_of_every_offer(network: Any) -> None:
    url = network.postback_url.replace("offer_id=12345&aff_id=AFFILIATE_ID", "transaction_id=TRANSACTION_ID")
    OfferFactory(offer_id="global", postback_url=url, protocol="transaction-id", is_global=True, is_default=False)
    for number, offer_id in enumerate(("12345", "999", "")):
        request = visit_from("77", offer_id=offer_id, transaction_id=f"tx{number}")
        assert complete(request, order_id=f"100{number}").outcome == "credited"
    Drain().run()
    sent = sorted((query["transaction_id"], "offer_id" in query) for query in network.received)
    assert sent == [("tx0", False), ("tx1", False), ("tx2", False)]


def test_a_click_without_a_transaction_id_is_not_reported_by_the_global_postback() -> None:
    OfferFactory(offer_id="global", postback_url=GLOBAL_URL, protocol="transaction-id", is_global=True)
    conversion = complete(visit_from("77", offer_id="12345"))
    assert conversion.reason == "The click carries no transaction id, which Autumn (global) needs for its protocol."


# Amounts ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("offer_values", "order", "amount"),
    [
        ({}, {"shipping": Decimal(5), "tax": Decimal(4)}, "49.99"),
        ({"amount_basis": "total"}, {"shipping": Decimal(5), "tax": Decimal("4.12")}, "59.11"),
        ({"amount_basis": "total"}, {"items_total": Decimal(0), "shipping": Decimal(5)}, "5.00"),
        ({}, {"items_total": Decimal("0.005")}, "0.01"),
        ({}, {"items_total": Decimal("0.01")}, "0.01"),
        ({}, {"items_total": Decimal("1E+3")}, "1000.00"),
        ({}, {"items_total": Decimal("9999999999.99999")}, "10000000000.00"),
        (
            {"amount_basis": "total"},
            dict.fromkeys(("items_total", "shipping", "tax"), Decimal("9999999999.99")),
            "29999999999.97",
        ),
        ({"currency": "JPY"}, {"currency": "JPY", "items_total": Decimal(5000)}, "5000.00"),
    ],
)
def test_the_offer_says_which_amount_is_reported(
    offer_values: dict[str, Any], order: dict[str, Any], amount: str
) -> None:
    OfferFactory(**offer_values)
    assert complete(visit_from("77"), **order).outcome == "credited"
    assert Postback.objects.get().amount == Decimal(amount)


def test_an_amount_in_another_currency_waits_and_says_for_what(offer: Offer) -> None:
    assert complete(visit_from("77"), currency="EUR").outcome == "credited"
    postback = Postback.objects.get()
    assert (postback.status, postback.amount, postback.due_at) == ("pending", None, None)
    assert postback.detail == (
        "The order is in EUR, Autumn (12345) in USD, and nothing here converts: Aspire would book the number as it "
        "stands."
    )
    assert outbox.claim(10, now=NOW + timedelta(days=400)) == []


@pytest.mark.parametrize("order", [{}, {"items_total": Decimal(0)}, {"currency": "EUR"}])
def test_a_lead_is_reported_without_an_amount(order: dict[str, Any]) -> None:
    OfferFactory(kind="lead")
    assert complete(visit_from("77"), **order).outcome == "credited"
    postback = Postback.objects.get()
    assert postback.amount is None
    assert postback.due_at is not None


texts = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=128)
amounts = st.decimals(min_value=Decimal("-9999999999.99999"), max_value=Decimal("9999999999.99999"))


@hypothesis_settings(max_examples=40, deadline=None)
@given(
    order_id=texts.filter(bool),
    customer_id=texts,
    subscription_id=texts,
    is_renewal=st.booleans(),
    basis=st.sampled_from(Offer.AmountBasis.values),
    items_total=amounts,
    shipping=amounts,
    tax=amounts,
)
def test_whatever_can_be_handed_over_is_recorded(basis: str, **values: Any) -> None:
    with transaction.atomic():
        OfferFactory(amount_basis=basis)
        send(completed_order(**values), visit_from("77"))
        outcome = Conversion.objects.get().outcome
        assert outcome in ({"organic"} if values["is_renewal"] else {"credited", "excluded"})
        assert Postback.objects.exists() == (outcome == "credited")
        transaction.set_rollback(True)


# Once -------------------------------------------------------------------------------------------------------


def test_a_second_signal_changes_nothing(offer: Offer, kicks: list[int]) -> None:
    first = complete(visit_from("77"))
    send(completed_order(items_total=Decimal(99)), visit_from("88"))
    conversion = Conversion.objects.get()
    assert (conversion, conversion.affiliate_id, conversion.items_total) == (first, "77", Decimal("49.99"))
    assert Postback.objects.count() == 1


def test_a_second_signal_does_not_spoil_the_shops_transaction(offer: Offer) -> None:
    with transaction.atomic():
        send(request=visit_from("77"))
        send(request=visit_from("77"))
        User.objects.create(username="ada")
    assert User.objects.exists()


def test_a_second_signal_is_not_announced(offer: Offer, listening: Any) -> None:
    announced: list[Conversion] = []
    listening(lambda conversion, **_: announced.append(conversion))
    send(request=visit_from("77"))
    send(request=visit_from("77"))
    assert len(announced) == 1


def test_a_tests_order_id_does_not_block_a_real_order(offer: Offer) -> None:
    ConversionFactory(order_id="1001", is_test=True, offer=offer)
    assert complete(visit_from("77")).outcome == "credited"


def test_a_record_that_the_database_refuses_is_not_taken_for_a_second_signal(
    offer: Offer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_args: Any, **_kwargs: Any) -> None:
        raise IntegrityError("CHECK constraint failed")

    monkeypatch.setattr("tracking.models.rows.insert_one", refuse)
    monkeypatch.setattr("tracking.models.rows._statement", refuse)
    send(request=visit_from("77"))
    assert "Recording order '1001' failed; the order itself is unharmed." in caplog.text


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor == 'sqlite'", reason="SQLite has one writer at a time")
def test_signals_side_by_side_record_an_order_once(offer: Offer) -> None:
    start, failures = threading.Barrier(8), []

    def shop(number: int) -> None:
        try:
            start.wait(10)
            with transaction.atomic():
                User.objects.create(username=f"buyer-{number}")
                send(request=visit_from(str(number)))
        except Exception as error:  # noqa: BLE001 - shown by the assertion
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=shop, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert failures == []
    assert User.objects.count() == 8
    assert Postback.objects.get().conversion == Conversion.objects.get()


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor == 'sqlite'", reason="SQLite has one writer at a time")
def test_when_the_first_transaction_is_rolled_back_the_second_records_the_order(offer: Offer) -> None:
    first_has_sent, failures = threading.Event(), []

    def second() -> None:
        try:
            first_has_sent.wait(10)
            send(request=visit_from("88"))  # waits for the first transaction's end
        except Exception as error:  # noqa: BLE001 - shown by the assertion
            failures.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=second)
    thread.start()
    with transaction.atomic():
        send(request=visit_from("77"))
        first_has_sent.set()
        thread.join(0.2)
        transaction.set_rollback(True)
    thread.join(30)
    assert failures == []
    assert Conversion.objects.get().affiliate_id == "88"


# What it costs ----------------------------------------------------------------------------------------------


def with_session(request: HttpRequest) -> HttpRequest:
    """Give the request a session that is in the database and not loaded yet."""
    store = SessionStore()
    store["cart"] = [1]
    store.save()
    request.session = SessionStore(store.session_key)
    return request


def queries_of(order: CompletedOrder, request: HttpRequest | None) -> list[str]:
    with transaction.atomic(), CaptureQueriesContext(connection) as captured:
        send(order, request)
    return [query["sql"] for query in captured if "SAVEPOINT" not in query["sql"]]


WRITTEN_TOGETHER = connection.vendor == "postgresql"  # conversion and postback in one statement


def test_recording_a_credited_order_costs_four_queries_at_most(offer: Offer) -> None:
    queries = queries_of(completed_order(), with_session(visit_from("77")))
    assert len(queries) == 4 - WRITTEN_TOGETHER, queries
    assert Postback.objects.exists()


def test_recording_a_customers_order_costs_five_queries_at_most(offer: Offer, settings: Any) -> None:
    settings.TRACKING_CUSTOMERS = True
    queries = queries_of(completed_order(customer_id="42"), with_session(visit_from("77")))
    assert len(queries) == 5 - WRITTEN_TOGETHER, queries
    assert Postback.objects.exists()


def test_recording_a_renewal_costs_five_queries_at_most(offer: Offer) -> None:
    complete(visit_from("77"), subscription_id="S1")
    renewal = completed_order(order_id="1002", subscription_id="S1", is_renewal=True)
    queries = queries_of(renewal, with_session(visit_from("78")))
    assert len(queries) == 5 - WRITTEN_TOGETHER, queries
    assert Postback.objects.count() == 2


def test_recording_an_organic_order_costs_three_queries(offer: Offer) -> None:
    queries = queries_of(completed_order(), with_session(HttpRequest()))
    assert len(queries) == 3, queries


# The shop is never hurt -------------------------------------------------------------------------------------


def fail(*_args: Any, **_kwargs: Any) -> None:
    raise RuntimeError("on purpose")


def fail_in_the_database(*_args: Any, **_kwargs: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM no_such_table")


def fail_in_the_database_and_hide_it(*_args: Any, **_kwargs: Any) -> None:
    try:
        fail_in_the_database()
    except DatabaseError:
        return


def fail_with_another_error_after_the_database(*_args: Any, **_kwargs: Any) -> None:
    try:
        fail_in_the_database()
    except DatabaseError as error:
        raise RuntimeError("wrapped") from error


def violate_a_constraint(*_args: Any, **_kwargs: Any) -> None:
    User.objects.create(username="twin")
    User.objects.create(username="twin")


def mark_for_rollback(*_args: Any, **_kwargs: Any) -> None:
    transaction.set_rollback(True)


FAILURES = [
    fail,
    fail_in_the_database,
    fail_in_the_database_and_hide_it,
    fail_with_another_error_after_the_database,
    violate_a_constraint,
    mark_for_rollback,
]


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("place", ["find_click", "_decide", "record_and_enqueue"])
def test_recording_that_fails_leaves_the_order_intact(
    offer: Offer, monkeypatch: pytest.MonkeyPatch, failure: Callable[..., None], place: str
) -> None:
    monkeypatch.setattr(outbox if place == "record_and_enqueue" else recording, place, failure)
    with transaction.atomic():
        User.objects.create(username="before")
        send(request=visit_from("77"))
        User.objects.create(username="after")
    assert set(User.objects.values_list("username", flat=True)) == {"before", "after"}
    assert not Postback.objects.exists()


@pytest.mark.parametrize("failure", FAILURES)
def test_a_receiver_that_fails_leaves_order_and_conversion_intact(
    offer: Offer, listening: Any, failure: Callable[..., None]
) -> None:
    listening(failure)
    with transaction.atomic():
        User.objects.create(username="before")
        send(request=visit_from("77"))
        User.objects.create(username="after")
    assert {"before", "after"} <= set(User.objects.values_list("username", flat=True))
    assert Postback.objects.get().conversion.outcome == "credited"


def test_what_a_receiver_raises_is_logged(offer: Offer, listening: Any, caplog: pytest.LogCaptureFixture) -> None:
    listening(fail)
    send(request=visit_from("77"))
    assert "on purpose" in caplog.text


def test_a_receiver_that_fails_does_not_keep_others_from_hearing(offer: Offer, listening: Any) -> None:
    heard: list[Conversion] = []
    listening(fail)
    listening(lambda conversion, **_: heard.append(conversion))
    send(request=visit_from("77"))
    assert len(heard) == 1


class Unprintable:
    def __repr__(self) -> str:
        raise RuntimeError

    __str__ = __repr__


class Lookalike:
    order_id, currency, items_total, completed_at = "1001", "USD", 49.99, None


@pytest.mark.parametrize(
    "order", [object(), "1001", 1001, {"order_id": "1001"}, Unprintable(), Lookalike(), CompletedOrder]
)
def test_garbage_in_place_of_an_order_is_logged_and_harms_nobody(
    caplog: pytest.LogCaptureFixture, order: object
) -> None:
    with transaction.atomic():
        send(order)
        User.objects.create(username="ada")
    assert "Recording order" in caplog.text
    assert "give a tracking.orders.CompletedOrder" in caplog.text
    assert User.objects.exists()


@pytest.mark.parametrize("signal", [order_completed, order_cancelled, order_refunded])
def test_a_signal_without_its_arguments_is_logged_and_harms_nobody(
    caplog: pytest.LogCaptureFixture, signal: Any
) -> None:
    signal.send(sender=None)
    assert "the order itself is unharmed" in caplog.text


@pytest.mark.parametrize("request_", [object(), "request", 5])
def test_garbage_in_place_of_a_request_harms_nobody(caplog: pytest.LogCaptureFixture, request_: Any) -> None:
    send(request=request_)
    assert "Recording order '1001' failed" in caplog.text


def test_a_failure_does_not_log_who_the_customer_is(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "find_click", fail)
    send(completed_order(customer_id="ada@shop.test"))
    assert "ada@shop.test" not in caplog.messages[0]


@contextmanager
def database_down() -> Iterator[None]:
    def refuse(*_args: Any) -> Any:
        raise OperationalError("the database is away")

    with connection.execute_wrapper(refuse):
        yield


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("signal", "values"),
    [
        (order_completed, {"order": completed_order()}),
        (order_cancelled, {"order_id": "1001"}),
        (order_refunded, {"order_id": "1001", "items_total": Decimal(0)}),
    ],
)
def test_a_database_that_is_away_raises_nothing(signal: Any, values: dict[str, Any]) -> None:
    with database_down():
        signal.send(sender=None, **values)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("spoil", [mark_for_rollback, fail_in_the_database_and_hide_it])
def test_a_transaction_that_the_shop_has_spoiled_itself_raises_nothing(spoil: Callable[..., None]) -> None:
    with transaction.atomic():
        spoil()
        send(request=visit_from("77"))
        cancel()
        remember(visit_from("77"), "1001")
        transaction.set_rollback(True)


@pytest.mark.django_db(transaction=True)
def test_a_shop_that_manages_its_transactions_by_hand_is_served(offer: Offer) -> None:
    transaction.set_autocommit(False)
    try:
        send(request=visit_from("77"))
        transaction.commit()
    finally:
        transaction.set_autocommit(True)
    assert Postback.objects.exists()


# Together with the order ------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_an_order_rolled_back_leaves_nothing_and_wakes_nobody(offer: Offer, kicks: list[int]) -> None:
    with transaction.atomic():
        send(request=visit_from("77"))
        assert Postback.objects.exists()
        transaction.set_rollback(True)
    assert not Conversion.objects.exists()
    assert not Postback.objects.exists()
    assert kicks == []


@pytest.mark.django_db(transaction=True)
def test_the_engine_is_woken_after_the_commit_and_not_before(offer: Offer, kicks: list[int]) -> None:
    with transaction.atomic():
        send(request=visit_from("77"))
        assert kicks == []
    assert kicks == [1]


@pytest.mark.django_db(transaction=True)
def test_without_a_transaction_the_engine_is_woken_at_once(offer: Offer, kicks: list[int]) -> None:
    send(request=visit_from("77"))
    assert kicks == [1]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("request_", [None, "expired"])
def test_an_order_that_owes_nothing_wakes_nobody(offer: Offer, kicks: list[int], request_: str | None) -> None:
    send(request=visit_from("77", clicked_at=NOW - timedelta(days=400)) if request_ else None)
    assert kicks == []


class BrokenEngine:
    def kick(self) -> None:
        raise OSError("the broker is away")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("engine", ["tests.tracking.test_recording.BrokenEngine", "no.such.Engine", "", 5])
def test_an_engine_that_cannot_be_woken_changes_nothing(offer: Offer, settings: Any, engine: object) -> None:
    settings.TRACKING_ENGINE = engine
    with transaction.atomic():
        User.objects.create(username="ada")
        send(request=visit_from("77"))
    assert User.objects.exists()
    assert Postback.objects.get().status == "pending"


@pytest.mark.django_db(transaction=True)
def test_completing_an_order_speaks_to_nobody(network: Any) -> None:
    OfferFactory(postback_url=network.postback_url)
    send(request=visit_from("77"))
    assert network.received == []
    assert Postback.objects.get().attempts_made == 0


def test_the_receivers_words_reach_the_log(offer: Offer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "tracking")
    send(request=visit_from("77"))
    send(request=visit_from("77"))
    assert caplog.messages == [
        "Order 1001: credited. Clicked 1 hour before the order, for Autumn (12345).",
        "Order 1001 was completed again; its first record stands.",
    ]


# Cancelled and refunded -------------------------------------------------------------------------------------


def cancel(order_id: Any = "1001") -> None:
    order_cancelled.send(sender=None, order_id=order_id)


def refund(left: Any = Decimal(0), order_id: Any = "1001") -> None:
    order_refunded.send(sender=None, order_id=order_id, items_total=left)


@pytest.mark.parametrize("how", [cancel, refund])
def test_a_postback_not_yet_sent_is_cancelled_with_its_order(offer: Offer, how: Callable[[], None]) -> None:
    send(request=visit_from("77"))
    how()
    postback = Postback.objects.get()
    assert (postback.status, postback.detail, postback.due_at) == ("cancelled", outbox.CALLED_OFF, None)
    assert outbox.claim(10, now=NOW + timedelta(days=400)) == []


def test_a_postback_that_waits_for_a_rate_is_cancelled_too(offer: Offer) -> None:
    complete(visit_from("77"), currency="EUR")
    cancel()
    assert Postback.objects.get().status == "cancelled"


def test_a_partial_refund_lowers_what_is_reported(offer: Offer) -> None:
    send(request=visit_from("77"))
    refund(Decimal(10))
    postback = Postback.objects.get()
    assert (postback.status, postback.amount) == ("pending", Decimal(10))


@pytest.mark.parametrize("how", [cancel, refund])
@pytest.mark.parametrize("status", ["accepted", "unconfirmed"])
def test_an_order_that_comes_back_after_it_was_reported_is_told_to_a_person(
    offer: Offer, caplog: pytest.LogCaptureFixture, how: Callable[[], None], status: str
) -> None:
    PostbackFactory(offer=offer, status=status, conversion__order_id="1001")
    how()
    assert Postback.objects.get().status == status
    assert "Order 1001 came back after its postback was sent: adjust it in Aspire by hand" in caplog.text


@pytest.mark.parametrize("status", ["rejected", "failed"])
def test_an_order_that_comes_back_and_never_counted_is_not_to_be_sent_again(offer: Offer, status: str) -> None:
    PostbackFactory(offer=offer, status=status, conversion__order_id="1001")
    cancel()
    assert outbox.send_again(Postback.objects.all(), why="By hand.") == 0
    assert Postback.objects.get().status == status


def test_cancelling_twice_is_no_news(offer: Offer, caplog: pytest.LogCaptureFixture) -> None:
    send(request=visit_from("77"))
    cancel()
    refund()
    cancel()
    assert Postback.objects.get().detail == outbox.CALLED_OFF
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


@pytest.mark.parametrize("how", [cancel, refund])
def test_an_order_that_nobody_knows_is_ignored(caplog: pytest.LogCaptureFixture, how: Callable[[], None]) -> None:
    how()
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_order_ids_are_compared_to_the_letter(offer: Offer) -> None:
    complete(visit_from("77"), order_id="aB")
    complete(visit_from("78"), order_id="Ab")
    assert set(Conversion.objects.values_list("order_id", "affiliate_id")) == {("aB", "77"), ("Ab", "78")}


def test_another_orders_postback_stays(offer: Offer) -> None:
    send(request=visit_from("77"))
    cancel("100")
    assert Postback.objects.get().status == "pending"


def test_a_tests_postback_stays(offer: Offer) -> None:
    PostbackFactory(offer=offer, is_test=True, conversion__order_id="1001", conversion__is_test=True)
    cancel()
    assert Postback.objects.get().status == "pending"


def test_an_order_cancelled_while_its_offer_was_unknown_is_never_credited(offer: Offer) -> None:
    conversion = complete(visit_from("77", offer_id="999"))
    cancel()
    OfferFactory(offer_id="999", is_default=False)
    assert not recording.decide_again(conversion)
    conversion.refresh_from_db()
    assert (conversion.outcome, conversion.reason) == ("excluded", outbox.CALLED_OFF)


@pytest.mark.parametrize("left", [None, "0", 0.0, Decimal("NaN"), object()])
def test_a_refund_of_garbage_raises_nothing(offer: Offer, left: Any) -> None:
    send(request=visit_from("77"))
    refund(left)


@pytest.mark.parametrize("failure", FAILURES)
def test_cancelling_that_fails_leaves_the_order_intact(
    offer: Offer, monkeypatch: pytest.MonkeyPatch, failure: Callable[..., None]
) -> None:
    send(request=visit_from("77"))
    monkeypatch.setattr(outbox, "call_off", failure)
    with transaction.atomic():
        cancel()
        refund()
        User.objects.create(username="after")
    assert User.objects.filter(username="after").exists()


# Decided again ----------------------------------------------------------------------------------------------


def test_an_order_whose_offer_was_unknown_is_credited_once_it_is_set_up() -> None:
    conversion = complete(visit_from("77", offer_id="999"))
    assert not recording.decide_again(conversion)
    offer = OfferFactory(offer_id="999")
    assert recording.decide_again(conversion)
    conversion.refresh_from_db()
    assert (conversion.outcome, conversion.offer) == ("credited", offer)
    assert Postback.objects.get().amount == Decimal("49.99")


def test_deciding_again_owes_one_postback() -> None:
    conversion = complete(visit_from("77"))
    OfferFactory()
    assert recording.decide_again(conversion)
    assert not recording.decide_again(conversion)
    assert Postback.objects.count() == 1


def test_deciding_again_judges_the_window_when_the_order_was_placed(clock: time_machine.Traveller) -> None:
    remember(visit_from("77", clicked_at=NOW - timedelta(days=27)), "1001")
    clock.shift(timedelta(days=14))
    conversion = complete()
    assert conversion.outcome == "unknown_offer"
    OfferFactory()
    clock.shift(timedelta(days=14))
    assert recording.decide_again(conversion)


def test_deciding_again_on_a_renewal_knows_no_window(offer: Offer, clock: time_machine.Traveller) -> None:
    complete(visit_from("77", offer_id="12345"), subscription_id="S1")
    offer.is_active = False
    offer.save()
    clock.shift(timedelta(days=60))
    renewal = complete(order_id="1002", subscription_id="S1", is_renewal=True)
    assert renewal.outcome == "unknown_offer"
    offer.is_active = True
    offer.save()
    assert recording.decide_again(renewal)


def test_deciding_again_can_come_to_another_no() -> None:
    conversion = complete(visit_from("77"), items_total=Decimal(0))
    OfferFactory()
    assert not recording.decide_again(conversion)
    conversion.refresh_from_db()
    assert conversion.outcome == "excluded"


@pytest.mark.django_db(transaction=True)
def test_a_transaction_that_is_lost_with_the_connection_is_not_passed_over(
    offer: Offer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the shop would say "paid", and the order would not be there."""

    def lose(*_args: object) -> None:
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(recording, "record", lose)
    monkeypatch.setattr(connection, "savepoint_rollback", lose)
    with pytest.raises(OperationalError), transaction.atomic():
        send(request=visit_from("77"))
