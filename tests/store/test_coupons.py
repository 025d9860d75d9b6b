"""Coupons: what they take off, and when they do not."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError
from django.utils import timezone

from store import orders, payments
from store.checkout import CouponUsedError
from store.models import Coupon, Order
from tests.store.conftest import Ear, Shopper
from tests.store.factories import CategoryFactory, CouponFactory, OrderFactory, ProductFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("coupon", "items_total", "shipping"),
    [
        ({"percent": 10}, "36.00", "6.00"),
        ({"percent": Decimal("33.33")}, "26.67", "6.00"),
        ({"kind": "amount", "percent": None, "amount": 5, "currency": "USD"}, "35.00", "6.00"),
        ({"kind": "amount", "percent": None, "amount": 500, "currency": "USD"}, "0.00", "6.00"),
        ({"percent": 100}, "0.00", "6.00"),
    ],
    ids=["ten percent", "an odd percentage", "an amount", "more than the goods", "all"],
)
def test_a_coupon_takes_off_the_goods(
    shopper: Shopper, coupon: dict[str, object], items_total: str, shipping: str
) -> None:
    CouponFactory(code="LEAF", **coupon)
    shopper.adds(ProductFactory(price="20.00"), 2)
    shopper.uses("LEAF")

    order = shopper.places_order()

    assert (order.items_total, order.shipping) == (Decimal(items_total), Decimal(shipping))
    assert order.items_total + order.discount == 40
    assert (order.coupon_code, order.coupon.times_used) == ("LEAF", 1)


def test_a_coupon_for_a_category_takes_off_its_goods_alone(shopper: Shopper) -> None:
    kitchen = CategoryFactory()
    CouponFactory(code="POTS", percent=50).categories.add(kitchen)
    shopper.adds(ProductFactory(price="20.00", category=kitchen))
    shopper.adds(ProductFactory(price="30.00"))

    page = shopper.uses("POTS")

    assert page.context["totals"].discount == 10


@pytest.mark.parametrize("typed", ["leaf", " LEAF ", "Leaf"])
def test_a_code_may_be_typed_carelessly(shopper: Shopper, typed: str) -> None:
    CouponFactory(code="LEAF")
    shopper.adds(ProductFactory(price="20.00"))

    assert shopper.uses(typed).context["totals"].discount == 2


NOW = timezone.now()


@pytest.mark.parametrize(
    ("coupon", "why"),
    [
        ({"code": "OTHER"}, "We do not know this code"),
        ({"is_active": False}, "We do not know this code"),
        ({"starts_at": NOW + timedelta(days=1)}, "not good yet"),
        ({"ends_at": NOW - timedelta(days=1)}, "it has run out"),
        ({"max_uses": 1, "times_used": 1}, "as often as it can be"),
        ({"currency": "EUR"}, "is for orders in EUR"),
        ({"currency": "USD", "minimum": 21}, "is for orders from $21.00"),
    ],
)
def test_a_coupon_that_cannot_be_used_says_why_and_takes_off_nothing(
    shopper: Shopper, coupon: dict[str, object], why: str
) -> None:
    CouponFactory(**{"code": "LEAF", **coupon})
    shopper.adds(ProductFactory(price="20.00"))

    page = shopper.uses("LEAF")

    assert why in page.content.decode()
    assert page.context["totals"].discount == 0


def test_a_coupon_for_other_goods_says_so(shopper: Shopper) -> None:
    CouponFactory(code="POTS").categories.add(CategoryFactory())
    shopper.adds(ProductFactory())

    assert "for other things than those in your cart" in shopper.uses("POTS").content.decode()


def test_a_code_can_be_taken_away(shopper: Shopper) -> None:
    CouponFactory(code="LEAF")
    shopper.adds(ProductFactory())
    shopper.uses("LEAF")

    assert shopper.uses("").context["totals"].discount == 0


def test_a_code_typed_at_checkout_is_applied_before_the_order_is_placed(shopper: Shopper) -> None:
    CouponFactory(code="LEAF")
    shopper.adds(ProductFactory(price="20.00"))
    form = {**shopper.opens_checkout(), "coupon": "leaf"}

    page = shopper.submits(form)

    assert "The total is now $25.80" in page.content.decode()
    assert not Order.objects.exists()
    assert shopper.places_order().discount == 2


def test_an_order_is_not_placed_without_the_discount_that_the_shopper_counts_on(shopper: Shopper) -> None:
    coupon = CouponFactory(code="LEAF")
    shopper.adds(ProductFactory())
    shopper.uses("LEAF")
    form = shopper.opens_checkout()
    Coupon.objects.filter(pk=coupon.pk).update(ends_at=NOW)

    page = shopper.submits(form).content.decode()

    assert "no longer good" in page
    assert not Order.objects.exists()


def test_a_wrong_code_stays_in_its_field_to_be_mended(shopper: Shopper) -> None:
    shopper.adds(ProductFactory())

    cart = shopper.uses("LAEF").content.decode()
    checkout = shopper.opens("checkout").content.decode()

    assert 'value="LAEF" aria-invalid="true"' in cart
    assert 'value="LAEF" aria-invalid="true"' in checkout


def test_a_wrong_code_that_is_wiped_out_is_no_hindrance(shopper: Shopper) -> None:
    shopper.adds(ProductFactory())
    shopper.uses("LAEF")

    shopper.submits({**shopper.opens_checkout(), "coupon_refused": "LAEF", "coupon": ""})

    assert Order.objects.get().discount == 0


def test_a_free_order_is_complete_without_a_payment(shopper: Shopper, completed: Ear) -> None:
    CouponFactory(code="GIFT", percent=100)
    shopper.adds(ProductFactory(price="80.00"))
    shopper.uses("GIFT")
    # Goods of nothing miss free delivery, so it has to be free by itself.
    shopper.delivery.update(amount=0)

    page = shopper.submits(shopper.opens_checkout())

    order = Order.objects.get()
    assert (order.total, order.status) == (0, "paid")
    assert shopper.client.get(page["Location"])["Location"] == order.get_absolute_url()
    assert not order.payments.exists()
    (sent,) = completed.orders
    assert (sent.items_total, sent.discount) == (0, 80)


def test_the_last_use_is_used_once(shopper: Shopper) -> None:
    CouponFactory(code="LEAF", max_uses=1)
    second = Shopper()
    for each in (shopper, second):
        each.adds(ProductFactory())
        each.uses("LEAF")
    form = second.opens_checkout()
    shopper.places_order()

    page = second.submits(form).content.decode()

    assert "as often as it can be" in page
    assert Order.objects.count() == 1


def test_once_per_customer_goes_by_the_address_of_the_order(shopper: Shopper) -> None:
    CouponFactory(code="LEAF", is_once_per_customer=True)
    for _ in range(2):
        shopper.adds(ProductFactory())
        shopper.uses("LEAF")
        page = shopper.submits({**shopper.opens_checkout(), "email": "ADA@example.com"})

    assert "was used with this e-mail address" in page.content.decode()
    assert Order.objects.count() == 1


def test_placing_finds_a_use_that_the_page_did_not_see(shopper: Shopper, monkeypatch: pytest.MonkeyPatch) -> None:
    coupon = CouponFactory(code="LEAF", is_once_per_customer=True)
    shopper.adds(ProductFactory())
    shopper.uses("LEAF")
    form = shopper.opens_checkout()
    monkeypatch.setattr("store.quotes.find_problem", lambda *_, **__: "")
    OrderFactory(coupon=coupon)

    response = shopper.submits(form)

    assert response["Location"] == "/cart/"
    assert str(CouponUsedError(coupon)) in shopper.opens("cart").content.decode()
    coupon.refresh_from_db()
    assert coupon.times_used == 0


def test_a_cancelled_order_gives_its_use_back(shopper: Shopper) -> None:
    CouponFactory(code="LEAF", max_uses=1)
    shopper.adds(ProductFactory())
    shopper.uses("LEAF")
    order = shopper.places_order()

    assert payments.call_off(order)

    assert Coupon.objects.get().times_used == 0


def test_the_affiliate_earns_on_what_is_left_of_the_goods(shopper: Shopper, completed: Ear) -> None:
    CouponFactory(code="LEAF")
    shopper.adds(ProductFactory(price="20.00"))
    shopper.uses("LEAF")

    orders.complete(shopper.places_order())

    assert (completed.orders[0].items_total, completed.orders[0].discount) == (18, 2)


def test_the_database_refuses_a_coupon_that_says_not_how_much() -> None:
    with pytest.raises(IntegrityError):
        CouponFactory(percent=None)
