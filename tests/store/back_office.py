"""Orders in the admin, for the tests of what is done to them there."""

from django.test import Client
from django.urls import reverse

from store.models import Order
from tests.store.factories import (
    OrderFactory,
    OrderLineFactory,
    PaymentFactory,
)

ORDERS = "admin:store_order_changelist"


def paid(**values: object) -> Order:
    payment = PaymentFactory(order=OrderLineFactory(order=OrderFactory(**values)).order)
    payment.change_status("confirmed")
    return Order.objects.get(pk=payment.order_id)


def act(client: Client, action: str, *chosen: Order) -> str:
    form = {"action": action, "_selected_action": [order.pk for order in chosen]}
    return client.post(reverse(ORDERS), form, follow=True).content.decode()
