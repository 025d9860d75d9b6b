"""Whose orders are whose: those of an account, those that a guest placed before it, and a guest's way back."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.utils import timezone

from store import customers
from tests.store.accounts import link_in, post
from tests.store.conftest import PASSWORD, Shopper
from tests.store.factories import OrderFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_letters_leave", "_counts_start_at_nothing")]


def test_guest_orders_are_joined_to_an_account_opened_later(shopper: Shopper) -> None:
    order = OrderFactory(email="Ada@Example.com")
    post(shopper, "register", email="ada@example.com")

    page = shopper.client.post(
        link_in(mail.outbox[0]), {"new_password1": PASSWORD, "new_password2": PASSWORD}, follow=True
    )

    order.refresh_from_db()
    assert order.customer == User.objects.get()
    assert order.number in page.content.decode()


def test_an_order_placed_as_a_guest_by_a_customer_is_joined_at_the_next_login(shopper: Shopper, ada: User) -> None:
    order = OrderFactory(email="ada@example.com")

    post(shopper, "login", username="ada@example.com", password=PASSWORD)

    order.refresh_from_db()
    assert order.customer == ada


@pytest.mark.parametrize("email", ["eve@example.com", "ad\u00e1@example.com", "ada@ex\u00e1mple.com"])
def test_orders_of_other_addresses_are_not_joined(ada: User, email: str) -> None:
    order = OrderFactory(email=email)

    assert customers.join_orders(ada) == 0
    order.refresh_from_db()
    assert order.customer is None


def test_orders_of_another_customer_stay_theirs(ada: User) -> None:
    grace = customers.open_account("grace@example.com", PASSWORD)
    order = OrderFactory(email="ada@example.com", customer=grace)

    customers.join_orders(ada)

    order.refresh_from_db()
    assert order.customer == grace


def test_staff_collect_no_orders_by_an_address_that_nobody_confirmed(admin_user: User) -> None:
    OrderFactory(email=admin_user.email)

    assert customers.join_orders(admin_user) == 0


def test_the_account_shows_its_own_orders_alone(shopper: Shopper, ada: User) -> None:
    own, other = OrderFactory(customer=ada), OrderFactory(email="eve@example.com")
    shopper.client.force_login(ada)

    page = shopper.opens("account").content.decode()

    assert own.number in page
    assert other.number not in page


def test_the_account_asks_the_database_the_same_whatever_its_length(
    shopper: Shopper, ada: User, django_assert_max_num_queries: Any
) -> None:
    OrderFactory.create_batch(30, customer=ada)
    shopper.client.force_login(ada)

    with django_assert_max_num_queries(9):
        page = shopper.opens("account").content.decode()

    assert "Page 1 of 2" in page


def test_an_order_that_was_sent_before_it_is_paid_says_both(shopper: Shopper, ada: User) -> None:
    OrderFactory(customer=ada, fulfilled_at=timezone.now())
    shopper.client.force_login(ada)

    assert "Sent, not paid" in shopper.opens("account").content.decode()


def test_account_pages_are_kept_from_caches(shopper: Shopper, ada: User) -> None:
    shopper.client.force_login(ada)

    for name in ("account", "password_change", "new_address"):
        assert "no-store" in shopper.opens(name)["Cache-Control"], name


def test_a_guest_is_sent_the_way_to_their_order(shopper: Shopper) -> None:
    order = OrderFactory(email="ada@example.com")

    post(shopper, "find_order", number=order.number.lower(), email="Ada@example.com")

    assert order.get_absolute_url() in mail.outbox[0].body
    assert mail.outbox[0].to == ["ada@example.com"]


def test_a_number_without_its_address_tells_and_sends_nothing(shopper: Shopper) -> None:
    order = OrderFactory(email="ada@example.com")

    right = post(shopper, "find_order", number=order.number, email="ada@example.com").content.decode()
    wrong = post(shopper, "find_order", number=order.number, email="eve@example.com").content.decode()

    assert len(mail.outbox) == 1
    assert "the link is on its way" in right
    assert "the link is on its way" in wrong
