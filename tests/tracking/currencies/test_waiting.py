"""Without a rate a postback waits, and falls due by itself when there is one."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone

from tests.factories import ConversionFactory, OfferFactory, completed_order, visit_from
from tests.tracking.currencies.steps import complete, rate
from tracking.conversions.recording import decide_again
from tracking.currency import ExchangeRate
from tracking.models import Conversion, Offer, Postback
from tracking.postbacks import outbox
from tracking.reports.explain import explain
from tracking.signals import order_completed

pytestmark = pytest.mark.django_db


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
