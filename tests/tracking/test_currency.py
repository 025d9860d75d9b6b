"""Orders in another currency than their offer's: converted, or waiting for a rate; never sent in the wrong one."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.factories import ConversionFactory, OfferFactory, completed_order, visit_from
from tests.network import Network
from tracking.conversions.recording import decide_again
from tracking.currency import ExchangeRate
from tracking.models import Conversion, Offer, Postback
from tracking.postbacks import delivery, outbox
from tracking.reports.explain import explain
from tracking.signals import order_completed

pytestmark = pytest.mark.django_db


@pytest.fixture
def offer() -> Offer:
    return OfferFactory()


@pytest.fixture
def converter(settings: Any) -> Callable[[Any], None]:
    """Let the shop convert with a function, or with one that always gives the same."""

    def use(answer: Any) -> None:
        settings.TRACKING_CURRENCY_CONVERTER = answer if callable(answer) else lambda *_question: answer

    return use


def rate(value: Any = "1.0823", *, days_ago: int = 0, source: str = "European Central Bank") -> ExchangeRate:
    value = Decimal(value) if isinstance(value, str) else value
    return ExchangeRate(value, timezone.localdate() - timedelta(days=days_ago), source)


def complete(**order: Any) -> Postback:
    order_completed.send(sender=None, order=completed_order(**{"currency": "EUR", **order}), request=visit_from("77"))
    return Postback.objects.select_related("conversion", "offer").get()


# Converting -------------------------------------------------------------------------------------------------


def test_an_order_in_another_currency_is_converted(offer: Offer, converter: Any) -> None:
    converter(rate())
    postback = complete()
    assert (postback.amount, postback.detail) == (Decimal("54.10"), "")
    assert postback.due_at


def test_the_receipt_is_frozen_with_the_order(offer: Offer, converter: Any) -> None:
    converter(rate())
    receipt = complete(shipping=Decimal(5)).conversion
    assert (receipt.amount_basis, receipt.base_amount) == ("items", Decimal("49.99"))
    assert (receipt.offer_currency, receipt.reported_amount) == ("USD", Decimal("54.10"))
    assert (receipt.rate, receipt.rate_date, receipt.rate_source) == (
        Decimal("1.0823"),
        timezone.localdate(),
        "European Central Bank",
    )


def test_an_order_in_the_offers_currency_has_a_receipt_too(offer: Offer) -> None:
    receipt = complete(currency="USD").conversion
    assert (receipt.rate, receipt.rate_date, receipt.rate_source) == (1, None, "")
    assert (receipt.base_amount, receipt.reported_amount) == (Decimal("49.99"), Decimal("49.99"))


def test_the_receipt_multiplies_out_with_the_rate_as_it_is_kept(offer: Offer, converter: Any) -> None:
    converter(rate(Decimal(1) / Decimal(3)))
    receipt = complete(items_total=Decimal("9999999999.99")).conversion
    receipt.refresh_from_db()
    assert receipt.rate == Decimal("0.3333333333")
    assert receipt.reported_amount == Decimal("3333333333.00")  # 3333333332.996666…


def test_the_converter_is_asked_for_the_day_of_the_order(offer: Offer, converter: Any) -> None:
    asked = []
    converter(lambda *question: asked.append(question) or rate(days_ago=2))
    completed_at = timezone.now() - timedelta(days=3)
    complete(completed_at=completed_at)
    assert asked == [("EUR", "USD", timezone.localdate(completed_at))]


def test_an_order_in_the_offers_currency_asks_nobody(offer: Offer, converter: Any) -> None:
    converter(lambda *_question: pytest.fail("It was asked."))
    assert complete(currency="USD").due_at


def test_an_order_that_nobody_earns_asks_nobody(offer: Offer, converter: Any) -> None:
    converter(lambda *_question: pytest.fail("It was asked."))
    order_completed.send(sender=None, order=completed_order(currency="EUR"), request=None)
    assert Conversion.objects.get().outcome == "organic"


def test_an_amount_that_comes_to_nothing_is_excluded(offer: Offer, converter: Any) -> None:
    converter(rate("0.004"))
    order_completed.send(
        sender=None, order=completed_order(currency="JPY", items_total=Decimal(1)), request=visit_from("77")
    )
    conversion = Conversion.objects.get()
    assert (conversion.outcome, conversion.cause) == ("excluded", "no_amount")
    assert conversion.reason == "The amount comes to 0.00 USD: there is nothing to report."
    assert not Postback.objects.exists()


def test_a_lead_needs_no_rate(converter: Any) -> None:
    OfferFactory(kind="lead")
    converter(lambda *_question: pytest.fail("It was asked."))
    postback = complete()
    assert (postback.amount, postback.conversion.amount_basis) == (None, "")
    assert postback.due_at


def test_recording_asks_the_database_at_most_six_times(offer: Offer, settings: Any) -> None:
    settings.TRACKING_CURRENCY_CONVERTER = "tracking.exchange.stored_rate"
    with CaptureQueriesContext(connection) as queries:
        complete()
    asked = [query for query in queries if "SAVEPOINT" not in query["sql"]]
    assert len(asked) - 1 <= 6  # the last one is this test's own


# Waiting ----------------------------------------------------------------------------------------------------


def broken(*_question: object) -> None:
    raise OSError("no route to the rates")


def spoil_the_transaction(*_question: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nothing FROM nowhere")


WRONG_ANSWERS = [
    (None, "there is no exchange rate between them yet."),
    (1.08, "the converter gave a float, not an ExchangeRate."),
    (rate(1.08), "the converter gave a rate that is a float, not a Decimal."),
    (rate("0"), "the converter gave the rate 0, which cannot be right."),
    (rate("-1.08"), "the converter gave the rate -1.08, which cannot be right."),
    (rate("NaN"), "the converter gave the rate NaN, which cannot be right."),
    (rate("Infinity"), "the converter gave the rate Infinity, which cannot be right."),
    (rate("1E+10"), "the converter gave the rate 1E+10, which cannot be right."),
    (rate("1E-11"), "the converter gave the rate 1E-11, which cannot be right."),
    (ExchangeRate(Decimal(1), "2026-11-20"), "the converter gave a rate whose date is a str."),  # type: ignore[arg-type]
    (ExchangeRate(Decimal(1), date(2999, 1, 1)), "the converter gave a rate of 2999-01-01, which is still to come."),
    (broken, "the converter failed with OSError: see the log."),
]


@pytest.mark.parametrize(("answer", "reason"), WRONG_ANSWERS)
def test_without_a_rate_that_can_be_right_the_postback_waits_and_says_why(
    offer: Offer, converter: Any, answer: Any, reason: str
) -> None:
    converter(answer)
    postback = complete()
    assert (postback.status, postback.amount, postback.due_at) == ("pending", None, None)
    assert postback.detail == f"The order is in EUR, Autumn (12345) in USD, and {reason}"
    assert outbox.claim(10, now=timezone.now() + timedelta(days=400)) == []


def test_a_converter_whose_query_fails_does_not_spoil_the_order(offer: Offer, converter: Any) -> None:
    converter(spoil_the_transaction)
    with transaction.atomic():
        assert complete().due_at is None
        User.objects.create(username="ada")
    assert User.objects.exists()


def test_a_rate_that_is_too_old_for_the_order_is_not_used(offer: Offer, converter: Any) -> None:
    converter(rate(days_ago=8))
    day = timezone.localdate() - timedelta(days=8)
    assert complete().detail.endswith(
        f"and the newest exchange rate is of {day:%Y-%m-%d}, more than 7 days before the order."
    )


def test_a_rate_may_be_as_old_as_the_setting_says(offer: Offer, converter: Any, settings: Any) -> None:
    settings.TRACKING_RATE_MAX_AGE_DAYS = 8
    converter(rate(days_ago=8))
    assert complete().due_at


def test_an_amount_that_no_ledger_holds_waits(offer: Offer, converter: Any) -> None:
    converter(rate("9999999999"))
    postback = complete(items_total=Decimal(9999999999))
    assert postback.due_at is None
    assert "cannot be right" in postback.detail


def test_a_setting_that_names_nothing_costs_no_order(offer: Offer, settings: Any) -> None:
    settings.TRACKING_CURRENCY_CONVERTER = "shop.nowhere"
    assert "there is no converter: TRACKING_CURRENCY_CONVERTER is 'shop.nowhere'" in complete().detail


# When a rate comes ------------------------------------------------------------------------------------------


def test_a_waiting_order_falls_due_by_itself_when_there_is_a_rate(offer: Offer, converter: Any) -> None:
    complete()
    converter(rate())
    now = timezone.now()
    assert outbox.work_out_waiting(now=now) == 1
    postback = Postback.objects.select_related("conversion").get()
    assert (postback.amount, postback.due_at, postback.detail) == (Decimal("54.10"), now, "")
    assert (postback.conversion.rate, postback.conversion.reported_amount) == (Decimal("1.0823"), Decimal("54.10"))


def test_the_basis_stays_what_it_was_when_the_order_was_recorded(offer: Offer, converter: Any) -> None:
    complete(shipping=Decimal(5))
    Offer.objects.update(amount_basis="total")
    converter(rate("2"))
    outbox.work_out_waiting(now=timezone.now())
    assert Postback.objects.get().amount == Decimal("99.98")


def test_as_long_as_there_is_none_the_reason_is_kept_up_to_date(offer: Offer, converter: Any) -> None:
    complete()
    converter(None)
    assert outbox.work_out_waiting(now=timezone.now()) == 0
    assert Postback.objects.get().detail.endswith("there is no exchange rate between them yet.")


def test_a_pass_that_finds_nothing_new_writes_nothing(offer: Offer, django_assert_num_queries: Any) -> None:
    complete()
    with django_assert_num_queries(1):
        outbox.work_out_waiting(now=timezone.now())


def test_the_converter_is_asked_once_for_all_orders_of_a_day(offer: Offer, converter: Any) -> None:
    now = timezone.now()
    for _ in range(5):
        outbox.enqueue(ConversionFactory(offer=offer, currency="EUR", completed_at=now), now=now)
    asked = []
    converter(lambda *question: asked.append(question) or rate())
    assert outbox.work_out_waiting(now=now) == 5
    assert len(asked) == 1


def test_what_a_refund_left_is_what_is_worked_out(offer: Offer, converter: Any) -> None:
    complete()
    Conversion.objects.update(items_left=Decimal(10))
    converter(rate("2"))
    outbox.work_out_waiting(now=timezone.now())
    assert Postback.objects.get().amount == Decimal(20)


def test_a_waiting_order_that_comes_to_nothing_is_cancelled(offer: Offer, converter: Any) -> None:
    complete(currency="JPY", items_total=Decimal(1))
    converter(rate("0.004"))
    assert outbox.work_out_waiting(now=timezone.now()) == 0
    postback = Postback.objects.select_related("conversion").get()
    assert (postback.status, postback.conversion.outcome) == ("cancelled", "excluded")
    assert postback.settled_at


def test_rows_that_wait_for_something_else_are_left_alone(offer: Offer) -> None:
    complete(currency="USD")
    Postback.objects.update(due_at=None, detail="A person looks into it.")
    assert outbox.work_out_waiting(now=timezone.now()) == 0
    assert Postback.objects.get().due_at is None


def test_an_offer_that_turns_to_leads_lets_its_waiting_orders_go_without_an_amount(offer: Offer) -> None:
    complete()
    Offer.objects.update(kind="lead")
    assert outbox.work_out_waiting(now=timezone.now()) == 1
    postback = Postback.objects.select_related("conversion").get()
    assert (postback.amount, postback.detail, postback.conversion.reported_amount) == (None, "", None)
    assert postback.due_at


def test_called_off_orders_are_left_alone(offer: Offer, converter: Any) -> None:
    complete()
    outbox.call_off(Postback.objects.all())
    converter(rate())
    assert outbox.work_out_waiting(now=timezone.now()) == 0


def test_sending_again_by_hand_works_the_amount_out(offer: Offer, converter: Any) -> None:
    complete()
    converter(rate())
    assert outbox.send_again(Postback.objects.all(), why="By hand.") == 1
    postback = Postback.objects.select_related("conversion").get()
    assert (postback.amount, postback.conversion.reported_amount) == (Decimal("54.10"), Decimal("54.10"))
    assert postback.due_at


def test_deciding_anew_writes_a_receipt(converter: Any) -> None:
    order_completed.send(sender=None, order=completed_order(currency="EUR"), request=visit_from("77"))
    OfferFactory()
    converter(rate())
    assert decide_again(Conversion.objects.get())
    assert Conversion.objects.get().reported_amount == Postback.objects.get().amount == Decimal("54.10")


def test_the_story_says_that_it_goes_on_by_itself(offer: Offer) -> None:
    complete()
    [order] = explain("1001", now=timezone.now()).orders
    assert order.next_step == "Sent by itself as soon as there is an exchange rate for it; every delivery looks."
    assert order.postback
    assert "manage.py update_exchange_rates" in order.postback.hint


def test_a_lead_whose_offer_turns_to_sales_is_sent_with_an_amount(network: Network, converter: Any) -> None:
    """Aspire would book a sale without an amount as 0.00."""
    offer = OfferFactory(kind="lead", postback_url=network.postback_url)
    complete()
    Offer.objects.filter(pk=offer.pk).update(kind="sale")
    converter(rate())
    deliver()
    assert [query.get("amount") for query in network.received] in ([], ["54.10"])
    outbox.work_out_waiting(now=timezone.now())
    deliver()
    assert [query.get("amount") for query in network.received] == ["54.10"]


# Once it is worked out --------------------------------------------------------------------------------------


def test_what_the_offer_says_later_does_not_change_the_number(offer: Offer, converter: Any) -> None:
    converter(rate())
    complete(shipping=Decimal(5))
    Offer.objects.update(amount_basis="total")
    converter(rate("2"))
    outbox.work_out_waiting(now=timezone.now())
    outbox.send_again(Postback.objects.all(), why="By hand.")
    assert Postback.objects.get().amount == Decimal("54.10")


def test_an_offer_that_changes_its_currency_is_never_sent_the_old_one(offer: Offer, converter: Any) -> None:
    complete(currency="USD")
    Offer.objects.update(currency="EUR")
    Postback.objects.update(due_at=None, detail="The amount was worked out in USD, and Autumn is now in EUR.")
    converter(rate("0.5"))
    assert outbox.work_out_waiting(now=timezone.now()) == 1
    postback = Postback.objects.select_related("conversion").get()
    assert (postback.amount, postback.conversion.offer_currency) == (Decimal("25.00"), "EUR")


def test_an_order_whose_offer_changed_its_currency_goes_on_waiting_for_a_rate(offer: Offer, converter: Any) -> None:
    complete(currency="USD")
    Offer.objects.update(currency="EUR")
    deliver()
    for _ in range(2):
        outbox.work_out_waiting(now=timezone.now())
    assert Postback.objects.get().amount is None
    outbox.send_again(Postback.objects.all(), why="By hand.")
    assert outbox.claim(1, now=timezone.now()) == []
    converter(rate("0.5"))
    assert outbox.work_out_waiting(now=timezone.now()) == 1
    assert Postback.objects.get().amount == Decimal("25.00")


def test_an_offer_that_takes_its_currency_back_has_its_orders_sent(offer: Offer) -> None:
    complete(currency="USD")
    Postback.objects.update(due_at=None, detail="The amount was worked out in USD, and Autumn is now in EUR.")
    assert outbox.work_out_waiting(now=timezone.now()) == 1
    assert Postback.objects.get().due_at


answers = st.one_of(
    st.none(),
    st.builds(
        ExchangeRate,
        st.decimals(allow_nan=True, allow_infinity=True) | st.floats() | st.integers(),
        st.dates() | st.datetimes(),
        st.text(max_size=200),
    ),
    st.integers(),
)


@hypothesis_settings(max_examples=60, deadline=None)
@given(answer=answers, items_total=st.decimals(min_value=Decimal("0.01"), max_value=Decimal("9e9"), places=2))
def test_whatever_the_converter_answers_the_order_is_recorded_and_not_sent_in_its_own_currency(
    answer: Any, items_total: Decimal
) -> None:
    with transaction.atomic():
        OfferFactory()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("tracking.conf.Conf.currency_converter", lambda *_question: answer)
            order_completed.send(
                sender=None, order=completed_order(currency="EUR", items_total=items_total), request=visit_from("77")
            )
        conversion = Conversion.objects.get()
        assert conversion.outcome in {"credited", "excluded"}
        for postback in Postback.objects.all():
            assert (postback.amount is None) == (postback.due_at is None) == (conversion.rate is None)
            assert postback.amount is None or postback.amount > 0
        transaction.set_rollback(True)


# What is sent -----------------------------------------------------------------------------------------------

MONEY = {"EUR": Decimal("1.1"), "GBP": Decimal("1.25"), "USD": Decimal(1)}  # dollars for one


def convert(source: str, target: str, _on: date) -> ExchangeRate:
    return rate(MONEY[source] / MONEY[target])


steps = st.lists(
    st.one_of(
        st.tuples(st.just("order"), st.sampled_from(sorted(MONEY))),
        st.tuples(st.just("offer"), st.sampled_from(sorted(MONEY))),
        st.tuples(st.just("rates"), st.booleans()),
        st.tuples(st.just("send again"), st.none()),
        st.tuples(st.just("drain"), st.none()),
    ),
    max_size=12,
)


@hypothesis_settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps)
def test_whatever_happens_each_number_is_sent_in_the_currency_that_the_offer_has_then(
    network: Network, steps: list[tuple[str, Any]]
) -> None:
    with transaction.atomic(), pytest.MonkeyPatch.context() as patch:
        patch.setattr("tracking.conf.Conf.currency_converter", None)
        offer = OfferFactory(postback_url=network.postback_url)
        number, due = 0, dict[str, str]()
        for step, value in steps:
            if step == "order":
                number += 1
                order = completed_order(order_id=str(number), currency=value, items_total=Decimal(100))
                order_completed.send(sender=None, order=order, request=visit_from("77"))
            elif step == "offer":
                Offer.objects.update(currency=value)
            elif step == "rates":
                patch.setattr("tracking.conf.Conf.currency_converter", staticmethod(convert) if value else None)
            elif step == "send again":
                outbox.send_again(Postback.objects.all(), why="By hand.")
            else:
                offer.refresh_from_db()
                currencies = dict(Conversion.objects.values_list("order_id", "currency"))
                before = len(network.received)
                deliver()
                for query in network.received[before:]:
                    order_id = query["adv_unique1"]
                    hundred = Decimal(100) * MONEY[currencies[order_id]] / MONEY[offer.currency]
                    assert Decimal(query["amount"]) == hundred.quantize(Decimal("0.01"), ROUND_HALF_UP)
                    assert order_id not in due
                    due[order_id] = query["amount"]
        transaction.set_rollback(True)


def deliver() -> None:
    """What a drain does, in this transaction."""
    outbox.work_out_waiting(now=timezone.now())
    transport = delivery.open_transport()
    try:
        while claims := outbox.claim(10, now=timezone.now()):
            delivery.settle([delivery.send(claim, transport) for claim in claims])
    finally:
        transport.close()
