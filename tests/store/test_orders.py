"""Order pages and the order's life after it is placed."""

import pytest
from django.test import Client
from django.urls import reverse

from store import orders
from tests.store.conftest import Ear, Shopper
from tests.store.factories import OrderFactory, OrderLineFactory, PaymentFactory, ProductFactory

pytestmark = pytest.mark.django_db


def test_an_unpaid_order_can_be_paid_from_its_page(shopper: Shopper) -> None:
    order = OrderFactory()

    page = shopper.opens("order", order.token).content.decode()

    assert order.number in page
    assert reverse("store:pay", args=[order.token]) in page
    assert "$50.00" in page


def test_an_order_is_not_found_by_its_number(shopper: Shopper) -> None:
    assert shopper.opens("order", OrderFactory().number).status_code == 404


@pytest.mark.parametrize(
    "path", ["/orders/%00/", "/orders/a%00b/pay/", "/subscriptions/%00/", "/subscriptions/%00/address/"]
)
def test_nonsense_in_the_address_finds_nothing(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404


def test_an_order_page_is_kept_from_caches_and_search_engines(shopper: Shopper) -> None:
    page = shopper.opens("order", OrderFactory().token)

    assert "no-store" in page["Cache-Control"]
    assert 'content="noindex"' in page.content.decode()


def test_an_order_outlives_its_products(shopper: Shopper) -> None:
    line = OrderLineFactory(name="Mug")
    line.product.delete()

    assert "Mug" in shopper.opens("order", line.order.token).content.decode()


def test_cancelling_puts_the_goods_back_and_says_so(cancelled: Ear) -> None:
    line = OrderLineFactory(product=ProductFactory(stock=5), quantity=2)

    assert orders.cancel(line.order)

    assert line.product.variants.get().stock == 7
    assert [sent["order_id"] for sent in cancelled.heard] == [line.order.number]


def test_cancelling_twice_puts_the_goods_back_once(cancelled: Ear) -> None:
    line = OrderLineFactory(product=ProductFactory(stock=5), quantity=2)

    orders.cancel(line.order)
    assert not orders.cancel(line.order)

    assert line.product.variants.get().stock == 7
    assert len(cancelled.heard) == 1


def test_a_paid_order_cannot_be_cancelled(cancelled: Ear) -> None:
    order = OrderFactory()
    orders.complete(order)

    assert not orders.cancel(order)
    assert cancelled.heard == []


def test_an_order_with_an_authorised_payment_cannot_be_cancelled() -> None:
    order = PaymentFactory(status="preauth").order

    assert not orders.cancel(order)


def test_a_cancelled_order_cannot_be_paid(shopper: Shopper) -> None:
    order = OrderFactory()
    orders.cancel(order)

    assert shopper.opens("pay", order.token)["Location"] == order.get_absolute_url()
    assert "Order cancelled" in shopper.opens("order", order.token).content.decode()


def test_only_a_paid_order_is_sent() -> None:
    order = OrderFactory()

    assert not orders.fulfil(order)
    orders.complete(order)
    assert orders.fulfil(order)
    assert not orders.fulfil(order)


def act(client: Client, action: str, *chosen: object) -> str:
    form = {"action": action, "_selected_action": [order.pk for order in chosen]}  # type: ignore[attr-defined]
    return client.post(reverse("admin:store_order_changelist"), form, follow=True).content.decode()


def test_unpaid_orders_are_cancelled_in_the_admin(admin_client: Client) -> None:
    unpaid, paid = OrderFactory(), OrderFactory()
    orders.complete(paid)

    page = act(admin_client, "cancel_orders", unpaid, paid)

    unpaid.refresh_from_db()
    assert unpaid.status == "cancelled"
    assert "1 of 2 cancelled" in page
    assert f"Left as they are (paid or cancelled already; a paid one is refunded): {paid.number}" in page


def test_paid_orders_are_marked_as_sent_in_the_admin(admin_client: Client) -> None:
    order = OrderFactory()
    orders.complete(order)

    act(admin_client, "mark_sent", order)

    order.refresh_from_db()
    assert order.status == "fulfilled"


def test_the_admin_shows_lines_and_payments_and_keeps_the_money_as_it_is(admin_client: Client) -> None:
    line = OrderLineFactory(name="Mug")
    PaymentFactory(order=line.order, status="rejected")

    page = admin_client.get(reverse("admin:store_order_change", args=[line.order.pk])).content.decode()

    assert "Mug" in page
    assert "Rejected" in page
    assert 'name="total"' not in page
    assert 'name="lines-0-unit_price"' not in page


def test_orders_are_found_by_number_in_the_admin(admin_client: Client) -> None:
    wanted, other = OrderFactory(), OrderFactory()

    page = admin_client.get(reverse("admin:store_order_changelist"), {"q": wanted.number}).content.decode()

    assert wanted.number in page
    assert other.number not in page


@pytest.mark.parametrize("stock", ["none", "few", ""])
def test_products_are_filtered_by_stock_in_the_admin(admin_client: Client, stock: str) -> None:
    sold_out, few, many = ProductFactory(stock=0), ProductFactory(stock=2), ProductFactory(stock=50)
    expected = {"none": [sold_out], "few": [few], "": [sold_out, few, many]}[stock]

    page = admin_client.get(reverse("admin:store_product_changelist"), {"stock": stock} if stock else {})

    assert set(page.context["cl"].result_list) == set(expected)


def test_categories_are_edited_in_the_admin(admin_client: Client) -> None:
    category = ProductFactory().category

    page = admin_client.get(reverse("admin:store_category_change", args=[category.pk]))

    assert page.status_code == 200
