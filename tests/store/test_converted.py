"""An order in euros, from the shop to Aspire's dollars, and what a refund makes of it."""

from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from store import refunds
from store.models import Payment
from store.refunds import Wish
from tests.factories import OfferFactory, visit_from
from tests.store.factories import OrderFactory, OrderLineFactory, PaymentFactory
from tracking import exchange
from tracking.attribution import remember
from tracking.models import Adjustment, Conversion, Postback
from tracking.postbacks import outbox

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _converter(settings: Any) -> None:
    settings.TRACKING_CURRENCY_CONVERTER = "tracking.exchange.stored_rate"


def set_rate(value: str) -> None:
    exchange.store_rates("European Central Bank", "EUR", {"USD": Decimal(value)}, at=timezone.now())


def paid(**values: Any) -> Payment:
    """An order in euros that affiliate 77 won: goods 40.00, tax 4.00, delivery 6.00."""
    order = OrderFactory(currency="EUR", **values)
    OrderLineFactory(order=order, quantity=2)
    remember(visit_from("77"), order.number)
    payment: Payment = PaymentFactory(order=order, currency="EUR")
    payment.change_status("confirmed")
    return payment


def give_back(payment: Payment, amount: str) -> None:
    refunds.refund(Payment.objects.get(pk=payment.pk), Wish(amount=Decimal(amount)))


def owed() -> tuple[str, Decimal | None, bool]:
    row = Postback.objects.get()
    return row.status, row.amount, row.due_at is not None


def test_an_order_in_euros_is_reported_in_dollars() -> None:
    OfferFactory()
    set_rate("1.0823")
    paid()
    assert owed() == ("pending", Decimal("43.29"), True)
    receipt = Conversion.objects.get()
    assert (receipt.base_amount, receipt.rate, receipt.rate_source) == (
        Decimal(40),
        Decimal("1.0823"),
        "European Central Bank",
    )


def test_the_total_is_converted_whole() -> None:
    OfferFactory(amount_basis="total")
    set_rate("1.0823")
    paid()
    assert owed() == ("pending", Decimal("54.12"), True)  # 54.115


def test_an_offer_in_euros_converts_nothing() -> None:
    OfferFactory(currency="EUR")
    paid()
    assert owed() == ("pending", Decimal(40), True)


def test_a_refund_in_part_goes_by_the_rate_of_the_order() -> None:
    OfferFactory()
    set_rate("1.0823")
    payment = paid()
    set_rate("2")
    give_back(payment, "11.00")
    assert owed() == ("pending", Decimal("32.47"), True)  # 30.00 left


def test_a_refund_after_it_was_reported_names_dollars() -> None:
    OfferFactory()
    set_rate("1.0823")
    payment = paid()
    Postback.objects.update(status="accepted", due_at=None, settled_at=timezone.now())
    give_back(payment, "11.00")
    row = Adjustment.objects.open().get()
    assert (row.amount_sent, row.amount_due) == (Decimal("43.29"), Decimal("32.47"))


def test_an_order_without_a_rate_waits_and_follows_its_refunds() -> None:
    OfferFactory()
    payment = paid()
    assert owed() == ("pending", None, False)
    give_back(payment, "11.00")
    assert owed() == ("pending", None, False)
    set_rate("1.0823")
    outbox.work_out_waiting(now=timezone.now())
    assert owed() == ("pending", Decimal("32.47"), True)
    assert Conversion.objects.get().reported_amount == Decimal("43.29")  # of the whole order


def test_an_order_without_a_rate_that_comes_back_whole_is_never_sent() -> None:
    OfferFactory()
    give_back(paid(), "50.00")
    set_rate("1.0823")
    assert outbox.work_out_waiting(now=timezone.now()) == 0
    assert owed()[0] == "cancelled"
