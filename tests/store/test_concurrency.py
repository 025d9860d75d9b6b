"""Buyers at the same moment: real threads with connections of their own, on a server database."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Barrier
from typing import TypeVar
from uuid import uuid4

import pytest
from django.db import connection, connections

from store import orders, payments, refunds
from store.cart import CartLine, goods_total
from store.checkout import CouponUsedError, OutOfStockError, place
from store.models import Coupon, Order, Payment, Product, Refund
from store.refunds import RefundError, Wish
from store.totals import Rates, add_up
from tests.store.conftest import Shopper
from tests.store.factories import (
    CouponFactory,
    OrderFactory,
    OrderLineFactory,
    PaymentFactory,
    ProductFactory,
    ShippingMethodFactory,
)
from tracking.models import Conversion

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time"),
]

BUYERS = 8
Result = TypeVar("Result")


def at_once(tries: list[Callable[[], Result]]) -> list[Result | Exception]:
    """Start all at the same moment, each in a thread and on a connection of its own; what they return or raise."""
    start = Barrier(len(tries))

    def run(attempt: Callable[[], Result]) -> Result | Exception:
        start.wait(timeout=10)
        try:
            return attempt()
        except (OutOfStockError, CouponUsedError, RefundError) as refusal:
            return refusal
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(tries)) as threads:
        return list(threads.map(run, tries))


def buying(*products: Product, **terms: object) -> Callable[[], Order]:
    lines = [CartLine(product.variants.get(), Decimal(20), 1) for product in products]
    terms = {"token": uuid4(), "lines": lines, "totals": add_up(goods_total(lines), Rates(currency="USD")), **terms}
    order = OrderFactory.build(email=f"{uuid4().hex}@example.com")
    return lambda: place(order, **terms)


def test_the_last_item_is_sold_once() -> None:
    product = ProductFactory(stock=1)

    results = at_once([buying(product) for _ in range(BUYERS)])

    assert sum(isinstance(result, Order) for result in results) == 1
    assert sum(isinstance(result, OutOfStockError) for result in results) == BUYERS - 1
    assert product.variants.get().stock == 0
    assert Order.objects.count() == 1


def test_the_last_item_is_sold_once_through_the_checkout_page() -> None:
    ShippingMethodFactory()
    product = ProductFactory(stock=1)
    shoppers = [Shopper() for _ in range(BUYERS)]
    forms = []
    for shopper in shoppers:
        shopper.adds(product)
        forms.append(shopper.opens_checkout())

    pages = at_once([lambda s=s, f=f: s.submits(f)["Location"] for s, f in zip(shoppers, forms, strict=True)])

    assert sum(str(page).endswith("/pay/") for page in pages) == 1
    assert pages.count("/cart/") == BUYERS - 1
    assert product.variants.get().stock == 0


def test_a_form_sent_many_times_at_once_is_one_order() -> None:
    ShippingMethodFactory()
    product = ProductFactory(stock=10)
    shopper = Shopper()
    shopper.adds(product)
    form = shopper.opens_checkout()

    pages = at_once([lambda: shopper.submits(form)["Location"] for _ in range(BUYERS)])

    order = Order.objects.get()
    assert all(order.token in str(page) for page in pages if page != "/cart/")
    assert product.variants.get().stock == 9


def test_a_token_used_many_times_at_once_is_one_order_even_of_the_last_item() -> None:
    product, token = ProductFactory(stock=1), uuid4()

    results = at_once([buying(product, token=token) for _ in range(BUYERS)])

    assert {result.pk for result in results if isinstance(result, Order)} == {Order.objects.get().pk}
    assert not [result for result in results if isinstance(result, Exception)]


def test_orders_of_the_same_things_in_another_order_do_not_wait_for_each_other_for_ever() -> None:
    one, other = ProductFactory(stock=20), ProductFactory(stock=20)

    results = at_once([buying(*((one, other) if turn % 2 else (other, one))) for turn in range(BUYERS)])

    assert all(isinstance(result, Order) for result in results)
    assert one.variants.get().stock == other.variants.get().stock == 20 - BUYERS


def test_the_last_use_of_a_coupon_is_used_once() -> None:
    coupon, product = CouponFactory(max_uses=1), ProductFactory(stock=100)

    results = at_once([buying(product, coupon=coupon) for _ in range(BUYERS)])

    assert sum(isinstance(result, Order) for result in results) == 1
    assert Coupon.objects.get().times_used == 1
    assert product.variants.get().stock == 99


def test_one_customer_uses_a_coupon_once_also_in_many_tabs() -> None:
    coupon, product = CouponFactory(is_once_per_customer=True), ProductFactory(stock=100)
    tries = []
    for _ in range(BUYERS):
        order = OrderFactory.build()
        lines = [CartLine(product.variants.get(), Decimal(20), 1)]
        terms = {"lines": lines, "totals": add_up(Decimal(20), Rates(currency="USD")), "coupon": coupon}
        tries.append(lambda order=order, terms=terms: place(order, token=uuid4(), **terms))

    results = at_once(tries)

    assert sum(isinstance(result, Order) for result in results) == 1
    assert Coupon.objects.get().times_used == 1


def test_a_payment_confirmed_many_times_at_once_completes_once() -> None:
    payment = PaymentFactory()
    copies = [Payment.objects.get(pk=payment.pk) for _ in range(BUYERS)]

    at_once([lambda copy=copy: copy.change_status("confirmed") for copy in copies])

    assert Order.objects.get().status == "paid"
    assert Conversion.objects.count() == 1
    payment.refresh_from_db()
    assert (payment.captured_amount, payment.is_surplus) == (50, False)


def test_of_paying_and_cancelling_at_once_one_wins_and_the_rest_is_known() -> None:
    line = OrderLineFactory(quantity=2)
    payment = PaymentFactory(order=line.order)

    at_once([lambda: payment.change_status("confirmed"), lambda: orders.cancel(Order.objects.get())])

    order, payment = Order.objects.get(), Payment.objects.get()
    is_paid = order.status == "paid"
    assert order.status in {"paid", "cancelled"}
    assert payment.is_surplus is not is_paid
    assert line.product.variants.get().stock == (10 if is_paid else 12)


def test_a_refund_clicked_many_times_at_once_goes_back_once() -> None:
    payment = PaymentFactory(order=OrderLineFactory().order)
    payment.change_status("confirmed")
    wish = Wish(amount=Decimal(20))

    at_once([lambda: refunds.refund(Payment.objects.get(), wish) for _ in range(BUYERS)])

    assert Refund.objects.count() == 1
    assert Order.objects.get().refunded == 20


def test_refunds_at_once_never_give_back_more_than_was_paid() -> None:
    payment = PaymentFactory(order=OrderLineFactory().order)
    payment.change_status("confirmed")

    results = at_once([lambda: refunds.refund(Payment.objects.get(), Wish(amount=Decimal(20))) for _ in range(BUYERS)])

    assert sum(isinstance(result, Refund) for result in results) == 2
    assert Order.objects.get().refunded == 40
    assert Payment.objects.get().captured_amount == 10


def test_two_tabs_on_the_payment_page_go_on_with_one_payment() -> None:
    order = OrderFactory()

    results = at_once([lambda: payments.open_payment(Order.objects.get()).pk for _ in range(BUYERS)])

    assert set(results) == {order.payments.get().pk}
