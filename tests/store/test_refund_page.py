"""Giving money back in the admin."""

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from store.models import Order, Refund
from tests.store.back_office import paid
from tests.store.factories import (
    OrderFactory,
)

pytestmark = pytest.mark.django_db


def refund_url(order: Order) -> str:
    return reverse("admin:store_order_refund", args=[order.pk])


def filled(client: Client, order: Order, **values: object) -> dict[str, object]:
    form = client.get(refund_url(order)).context["form"]
    sent = {name: form[name].value() for name in form.fields}
    return {name: value for name, value in {**sent, **values}.items() if value not in (None, False)}


def test_the_refund_page_offers_what_is_left(admin_client: Client) -> None:
    order = paid()

    admin_client.post(refund_url(order), filled(admin_client, order, amount="20"))

    assert filled(admin_client, order)["amount"] == 30


def test_a_refund_in_the_admin_is_noted_with_its_reason_and_its_author(admin_client: Client, admin_user: User) -> None:
    order = paid()

    page = admin_client.post(
        refund_url(order), filled(admin_client, order, reason="Chipped."), follow=True
    ).content.decode()

    order.refresh_from_db()
    assert order.status == "refunded"
    assert "$50.00 went back to Ada Lovelace." in page
    assert (Refund.objects.get().reason, Refund.objects.get().by) == ("Chipped.", admin_user)
    assert order.lines.get().variant.stock == 12  # all of it was still on the shelf


def test_a_partial_refund_puts_back_only_the_pieces_named(admin_client: Client) -> None:
    order = paid()
    line = order.lines.get()

    admin_client.post(refund_url(order), filled(admin_client, order, amount="5"))
    assert order.lines.get().variant.stock == 10

    admin_client.post(refund_url(order), filled(admin_client, order, amount="5", **{f"line_{line.pk}": 1}))
    assert order.lines.get().variant.stock == 11


def test_the_same_refund_form_sent_twice_gives_back_once(admin_client: Client) -> None:
    order = paid()
    form = filled(admin_client, order, amount="20")

    admin_client.post(refund_url(order), form)
    admin_client.post(refund_url(order), form)

    order.refresh_from_db()
    assert order.refunded == 20


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"amount": "50.01"}, "There is 50.00 left of this payment."),
        ({"amount": "7", "is_for_delivery": "on"}, "The delivery was 6.00."),
        ({"amount": "0"}, "greater than or equal to 0.01"),
        ({"amount": "much"}, "Enter a number."),
    ],
)
def test_a_refund_that_cannot_be_says_why_by_the_field(
    admin_client: Client, values: dict[str, object], error: str
) -> None:
    order = paid()

    page = admin_client.post(refund_url(order), filled(admin_client, order, **values)).content.decode()

    assert error in page
    assert not Refund.objects.exists()


def test_an_unpaid_order_has_nothing_to_give_back(admin_client: Client) -> None:
    assert "There is no money to give back" in admin_client.get(refund_url(OrderFactory())).content.decode()


def test_giving_money_back_is_a_permission_of_its_own(client: Client, django_user_model: type[User]) -> None:
    clerk = django_user_model.objects.create_user("clerk", is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(codename__in=["view_order", "change_order"]))
    client.force_login(clerk)
    order = paid()

    page = client.get(reverse("admin:store_order_change", args=[order.pk])).content.decode()

    assert client.get(refund_url(order)).status_code == 403
    assert refund_url(order) not in page
