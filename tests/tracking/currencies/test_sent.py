"""What is worked out stays, and no number is sent in the wrong currency."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.factories import OfferFactory, completed_order, visit_from
from tests.network import Network
from tests.tracking.currencies.steps import complete, rate
from tracking.currency import ExchangeRate
from tracking.models import Conversion, Offer, Postback
from tracking.postbacks import delivery, outbox
from tracking.signals import order_completed

pytestmark = pytest.mark.django_db


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
