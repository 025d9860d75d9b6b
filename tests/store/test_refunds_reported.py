"""From an order in the shop to what Aspire should be told after it came back: in part or whole, before and after."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from store import orders, payments, refunds
from store.models import Order, Payment
from store.refunds import Wish
from tests.factories import OfferFactory, visit_from
from tests.store.conftest import Ear
from tests.store.factories import OrderFactory, OrderLineFactory, PaymentFactory
from tracking.attribution import remember
from tracking.models import Adjustment, Conversion, Postback

pytestmark = pytest.mark.django_db


def placed(**values: Any) -> Payment:
    """An order that affiliate 77 won, not paid yet: goods 40.00, tax 4.00, delivery 6.00."""
    order = OrderFactory(**values)
    OrderLineFactory(order=order, quantity=2)
    remember(visit_from("77"), order.number)
    payment: Payment = PaymentFactory(order=order, currency=order.currency)
    return payment


def paid(**values: Any) -> Payment:
    payment = placed(**values)
    payment.change_status("confirmed")
    return payment


def give_back(payment: Payment, amount: str, **values: Any) -> None:
    refunds.refund(Payment.objects.get(pk=payment.pk), Wish(amount=Decimal(amount), **values))


def reported(status: str = "accepted") -> None:
    """What delivery would have done by now."""
    Postback.objects.update(status=status, due_at=None, settled_at=timezone.now())


def owed() -> tuple[str, Decimal | None]:
    row = Postback.objects.get()
    return row.status, row.amount


def to_adjust() -> list[tuple[str, Decimal | None, Decimal]]:
    return [(row.reason, row.amount_sent, row.amount_due) for row in Adjustment.objects.open()]


CURRENCIES = pytest.mark.parametrize("currency", ["USD", "EUR"])


# Before it is reported ----------------------------------------------------------------------------------------


@CURRENCIES
def test_a_refund_in_part_before_it_is_reported_lowers_the_amount(currency: str) -> None:
    OfferFactory(currency=currency)
    give_back(paid(currency=currency), "11.00")
    assert owed() == ("pending", Decimal(30))
    assert to_adjust() == []


def test_a_refund_in_part_of_an_order_paid_on_the_total_counts_all_parts(refunded: Ear) -> None:
    OfferFactory(amount_basis="total")
    payment = paid()
    give_back(payment, "11.00")
    assert owed() == ("pending", Decimal(39))
    give_back(payment, "6.00", is_for_delivery=True)
    assert owed() == ("pending", Decimal(33))


@pytest.mark.parametrize("amount_basis", ["items", "total"])
def test_a_whole_refund_before_it_is_reported_calls_it_off(amount_basis: str) -> None:
    OfferFactory(amount_basis=amount_basis)
    give_back(paid(), "50.00")
    assert owed()[0] == "cancelled"


def test_an_order_that_is_held_is_lowered_too() -> None:
    OfferFactory()
    payment = paid()
    Postback.objects.update(due_at=timezone.now() + timedelta(days=14))
    give_back(payment, "22.00")
    assert owed() == ("pending", Decimal(20))


def test_many_small_refunds_leave_what_the_money_says() -> None:
    OfferFactory(amount_basis="total")
    payment = paid()
    for _ in range(7):
        give_back(payment, "3.33")
    assert owed() == ("pending", Decimal("50.00") - 7 * Decimal("3.33"))


def test_an_order_that_was_never_paid_is_never_reported() -> None:
    """Money that was only reserved is let go before it is charged."""
    OfferFactory()
    payment = placed()
    payment.change_status("preauth")
    assert payments.call_off(Order.objects.get())
    assert not Conversion.objects.exists()


def test_an_order_without_a_payment_cannot_earn_and_needs_no_adjustment() -> None:
    """All of it was taken off by a coupon."""
    OfferFactory()
    order = OrderFactory(items_total=0, discount=Decimal(40), shipping=0, tax=0, total=0)
    remember(visit_from("77"), order.number)
    assert orders.complete(order)
    orders.take_back(order, amount=Decimal(0), goods=Decimal(0), returned={})
    assert Conversion.objects.get().outcome == "excluded"
    assert not Adjustment.objects.exists()


# After it was reported ----------------------------------------------------------------------------------------


@CURRENCIES
def test_a_refund_in_part_after_it_was_reported_is_for_a_person(currency: str) -> None:
    OfferFactory(currency=currency)
    payment = paid(currency=currency)
    reported()
    give_back(payment, "11.00")
    assert to_adjust() == [("partly_refunded", Decimal(40), Decimal(30))]
    give_back(payment, "39.00")
    assert to_adjust() == [("refunded", Decimal(40), Decimal(0))]


def test_a_coupon_order_is_adjusted_by_what_was_paid() -> None:
    OfferFactory()
    payment = paid(items_total=Decimal(30), discount=Decimal(10), tax=Decimal(3), total=Decimal(39))
    reported()
    give_back(payment, "11.00")
    assert to_adjust() == [("partly_refunded", Decimal(30), Decimal(20))]


def test_the_delivery_given_back_is_nothing_to_adjust() -> None:
    OfferFactory()
    payment = paid()
    reported()
    give_back(payment, "6.00", is_for_delivery=True)
    assert to_adjust() == []


def test_a_refund_made_at_the_provider_is_for_a_person_once() -> None:
    OfferFactory()
    payment = paid()
    reported()
    for _ in range(2):
        Client().get(payment.get_process_url(), {"verification_result": "refunded"})
    assert to_adjust() == [("refunded", Decimal(40), Decimal(0))]


def test_a_refund_from_the_order_admin_is_for_a_person(admin_client: Client) -> None:
    OfferFactory()
    payment = paid()
    reported("unconfirmed")
    address = reverse("admin:store_order_refund", args=[payment.order_id])
    form = admin_client.get(address).context["form"]
    values = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
    filled = {name: value for name, value in values.items() if value not in {None, False}}
    admin_client.post(address, filled | {"amount": "22"})
    assert to_adjust() == [("partly_refunded", Decimal(40), Decimal(20))]


def test_money_given_back_that_should_not_have_come_changes_nothing() -> None:
    OfferFactory()
    payment = paid()
    surplus = PaymentFactory(order=payment.order)
    surplus.change_status("confirmed")
    reported()
    give_back(surplus, "50.00")
    assert to_adjust() == []
    assert Conversion.objects.get().items_left is None


# What the signal says -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wishes", "left"),
    [
        ([{"amount": "11.00"}], ("30.00", "6.00", "3.00")),
        ([{"amount": "44.00"}], ("0.00", "6.00", "0.00")),
        ([{"amount": "6.00", "is_for_delivery": True}], ("40.00", "0.00", "4.00")),
        ([{"amount": "6.00", "is_for_delivery": True}, {"amount": "11.00"}], ("30.00", "0.00", "3.00")),
        ([{"amount": "11.00"}, {"amount": "2.50", "is_for_delivery": True}], ("30.00", "3.50", "3.00")),
        ([{"amount": "50.00"}], ("0.00", "0.00", "0.00")),
    ],
)
def test_the_shop_says_what_is_left_of_each_part(
    refunded: Ear, wishes: list[dict[str, Any]], left: tuple[str, str, str]
) -> None:
    payment = paid()
    for wish in wishes:
        give_back(payment, **wish)
    sent = refunded.heard[-1]
    assert (sent["items_total"], sent["shipping"], sent["tax"]) == tuple(Decimal(part) for part in left)
