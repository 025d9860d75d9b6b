"""Giving money back: by the merchant, and at the provider."""

from decimal import Decimal
from unittest.mock import Mock

import pytest
from django.test import Client
from payments import PaymentError

from store import orders, refunds
from store.models import Order, Payment, Refund
from store.providers import DemoProvider as Provider
from store.refunds import RefundError, Wish
from tests.store.conftest import Ear, Shopper
from tests.store.factories import OrderFactory, OrderLineFactory, PaymentFactory

pytestmark = pytest.mark.django_db

STOCK = 10  # pieces that a product of the factory has


def paid(**values: object) -> Payment:
    """A confirmed payment of $50.00: goods 40.00, tax 4.00, delivery 6.00, in one line of two pieces."""
    line = OrderLineFactory(order=OrderFactory(**values), quantity=2)
    payment = PaymentFactory(order=line.order)
    payment.change_status("confirmed")
    return payment


def order_of(payment: Payment) -> Order:
    return Order.objects.get(pk=payment.order_id)


def test_a_full_refund_gives_all_back_and_says_so(refunded: Ear) -> None:
    payment = paid()

    refunds.refund(payment, Wish(amount=Decimal(50)))

    order = order_of(payment)
    payment.refresh_from_db()
    assert (order.status, order.refunded, order.items_left) == ("refunded", 50, 0)
    assert (payment.status, payment.captured_amount) == ("refunded", 0)
    assert [(sent["order_id"], sent["items_total"]) for sent in refunded.heard] == [(order.number, 0)]


@pytest.mark.parametrize(
    ("amount", "is_for_delivery", "left"),
    [("11.00", False, "30.00"), ("44.00", False, "0.00"), ("6.00", True, "40.00"), ("0.01", False, "39.99")],
    ids=["a quarter of the goods with their tax", "all goods", "the delivery alone", "a cent"],
)
def test_a_partial_refund_leaves_the_affiliate_the_rest(
    refunded: Ear, amount: str, is_for_delivery: bool, left: str
) -> None:
    payment = paid()

    refunds.refund(payment, Wish(amount=Decimal(amount), is_for_delivery=is_for_delivery))

    assert order_of(payment).status == "paid"
    assert refunded.heard[0]["items_total"] == Decimal(left)


def test_partial_refunds_add_up_to_the_whole(refunded: Ear) -> None:
    payment = paid()

    for amount in ("16.67", "16.67", "16.66"):
        refunds.refund(Payment.objects.get(pk=payment.pk), Wish(amount=Decimal(amount)))

    assert order_of(payment).status == "refunded"
    assert refunded.heard[-1]["items_total"] == 0


def test_the_same_wish_twice_is_one_refund(refunded: Ear) -> None:
    payment, wish = paid(), Wish(amount=Decimal(20))

    refunds.refund(payment, wish)
    refunds.refund(payment, wish)

    assert order_of(payment).refunded == 20
    assert len(refunded.heard) == 1


@pytest.mark.parametrize("amount", ["50.01", "0", "-5"])
def test_no_more_goes_back_than_was_paid(amount: str) -> None:
    with pytest.raises(RefundError, match=r"cannot be refunded: 50\.00 USD"):
        refunds.refund(paid(), Wish(amount=Decimal(amount)))

    assert not Refund.objects.exists()


def test_what_was_never_paid_is_not_refunded() -> None:
    with pytest.raises(RefundError):
        refunds.refund(PaymentFactory(), Wish(amount=Decimal(1)))


def test_pieces_that_come_back_go_into_stock_again() -> None:
    payment = paid()
    line = payment.order.lines.get()

    refunds.refund(payment, Wish(amount=Decimal(22), returned={str(line.pk): 1}))

    assert line.variant.stock == STOCK + 1


def test_a_refusal_is_told_and_changes_nothing(monkeypatch: pytest.MonkeyPatch, refunded: Ear) -> None:
    payment = paid()
    monkeypatch.setattr(Provider, "refund", Mock(side_effect=PaymentError("Card closed.")))

    with pytest.raises(RefundError, match="refused: Card closed"):
        refunds.refund(payment, Wish(amount=Decimal(50)))

    assert Refund.objects.get().status == "refused"
    assert order_of(payment).refunded == 0
    assert refunds.refundable(payment) == 50
    assert refunded.heard == []


def test_no_answer_holds_the_money_until_somebody_asks_again(monkeypatch: pytest.MonkeyPatch) -> None:
    payment = paid()
    with monkeypatch.context() as broken:
        broken.setattr(Provider, "refund", Mock(side_effect=TimeoutError("slow")))
        with pytest.raises(RefundError, match="did not answer"):
            refunds.refund(payment, Wish(amount=Decimal(50)))

    assert refunds.refundable(payment) == 0
    refunds.ask_again(Refund.objects.get())
    assert order_of(payment).status == "refunded"


def test_a_provider_that_cannot_refund_says_do_it_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Provider, "refund", Mock(side_effect=NotImplementedError))

    with pytest.raises(RefundError, match="do it by hand"):
        refunds.refund(paid(), Wish(amount=Decimal(50)))


def test_a_refund_made_at_the_provider_is_the_orders_too(refunded: Ear) -> None:
    payment = paid()

    Client().get(payment.get_process_url(), {"verification_result": "refunded"})

    order = order_of(payment)
    assert (order.status, order.refunded) == ("refunded", 50)
    assert [sent["items_total"] for sent in refunded.heard] == [0]
    assert order.lines.get().variant.stock == STOCK + 2  # it was not sent


def test_goods_that_were_sent_do_not_come_back_by_themselves() -> None:
    payment = paid()
    orders.fulfil(order_of(payment))

    refunds.note_provider_refund(payment, Decimal(50))

    assert payment.order.lines.get().variant.stock == STOCK


def test_word_of_our_own_refund_is_no_second_one(refunded: Ear) -> None:
    payment = paid()
    refunds.refund(payment, Wish(amount=Decimal(20)))

    refunds.note_provider_refund(payment, Decimal(20))

    assert order_of(payment).refunded == 20
    assert len(refunded.heard) == 1


def test_word_from_the_provider_settles_what_was_asked_and_not_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    payment = paid()
    monkeypatch.setattr(Provider, "refund", Mock(side_effect=TimeoutError))
    with pytest.raises(RefundError):
        refunds.refund(payment, Wish(amount=Decimal(20)))

    refunds.note_provider_refund(payment, Decimal(20))

    assert Refund.objects.get().status == "done"
    assert order_of(payment).refunded == 20


def test_more_refunded_at_the_provider_is_noted_beside_ours() -> None:
    payment = paid()
    refunds.refund(payment, Wish(amount=Decimal(20)))

    refunds.note_provider_refund(payment, Decimal(35))
    refunds.note_provider_refund(payment, Decimal(35))
    refunds.note_provider_refund(payment, Decimal(20))  # older word that comes late

    assert order_of(payment).refunded == 35
    assert [row.amount for row in Refund.objects.order_by("pk")] == [20, 15]


def test_money_that_should_not_have_come_goes_back_without_touching_the_order(refunded: Ear) -> None:
    payment = paid()
    surplus = PaymentFactory(order=payment.order)
    surplus.change_status("confirmed")

    refunds.refund(Payment.objects.get(pk=surplus.pk), Wish(amount=Decimal(50)))

    assert (order_of(payment).status, order_of(payment).refunded) == ("paid", 0)
    assert refunded.heard == []
    surplus.refresh_from_db()
    assert surplus.status == "refunded"


def test_a_refunded_order_is_not_sent() -> None:
    payment = paid()
    refunds.refund(payment, Wish(amount=Decimal(50)))

    assert not orders.fulfil(order_of(payment))


def test_a_refunded_orders_page_tells_the_shopper(shopper: Shopper) -> None:
    payment = paid()
    refunds.refund(payment, Wish(amount=Decimal(20)))

    assert "We gave back $20.00" in shopper.opens("order", payment.order.token).content.decode()
    refunds.refund(Payment.objects.get(pk=payment.pk), Wish(amount=Decimal(30)))
    assert "Money given back" in shopper.opens("order", payment.order.token).content.decode()
