"""The shop's letters, each as HTML and as text. They leave after the commit, and never fail what caused them."""

import logging
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.template.loader import render_to_string

from .conf import conf
from .links import absolute

if TYPE_CHECKING:
    from .invoice import InvoiceTerms
    from .models import Order, Subscription

logger = logging.getLogger(__name__)


def order_confirmed(order: "Order") -> None:
    """The order is paid: a receipt. A renewal says so; a first subscription order tells where to change it."""
    subject = f"Your next parcel, order {order.number}" if order.is_renewal else f"Your order {order.number}"
    _send_after_commit("order_confirmed", subject, order.email, order=order)


def order_received(order: "Order", invoice: "InvoiceTerms | None") -> None:
    """The order is placed and its money promised: on invoice, or reserved until the parcel is packed."""
    subject = f"Your order {order.number}"
    _send_after_commit("order_received", subject, order.email, order=order, invoice=invoice)


def order_sent(order: "Order") -> None:
    _send_after_commit("order_sent", f"Order {order.number} is on its way", order.email, order=order)


def order_cancelled(order: "Order") -> None:
    _send_after_commit("order_cancelled", f"Order {order.number} is cancelled", order.email, order=order)


def order_refunded(order: "Order", amount: Decimal) -> None:
    """Money went back, the whole or a part: `amount`, in the order's currency."""
    subject = f"Money back for order {order.number}"
    _send_after_commit("order_refunded", subject, order.email, order=order, amount=amount)


def renewal_unpaid(order: "Order", *, is_last: bool) -> None:
    """A renewal could not be charged: it can be paid by hand. `is_last`: it is not tried again by itself."""
    _send_after_commit(
        "renewal_unpaid",
        f"Your parcel waits for a payment, order {order.number}",
        order.email,
        order=order,
        is_last=is_last,
    )


def subscription_changed(subscription: "Subscription") -> None:
    """It was paused, resumed, cancelled or ended unpaid: what holds from now on."""
    subject = f"Your subscription: {subscription.get_status_display().lower()}"
    _send_after_commit("subscription_changed", subject, subscription.email, subscription=subscription)


def order_link(order: "Order") -> None:
    """The way back to an order, for somebody who lost it."""
    _send_after_commit("order_link", f"The way to your order {order.number}", order.email, order=order)


def open_account(email: str, link: str) -> None:
    _send_after_commit("open_account", f"Your account at {conf.name}", email, link=link)


def already_customer(email: str, *, login: str, reset: str) -> None:
    """Somebody asked to open an account for the address of one that is there."""
    _send_after_commit("already_customer", f"Your account at {conf.name}", email, login=login, reset=reset)


def new_password(email: str, link: str) -> None:
    _send_after_commit("new_password", f"A new password for {conf.name}", email, link=link)


def _send_after_commit(name: str, subject: str, to: str, **context: Any) -> None:
    transaction.on_commit(partial(_send, name, subject, to, context), robust=True)


def _send(name: str, subject: str, to: str, context: dict[str, Any]) -> None:
    context = {**context, "subject": subject, "shop_name": conf.name, "absolute": absolute("/").rstrip("/")}
    message = EmailMultiAlternatives(
        subject, render_to_string(f"store/mail/{name}.txt", context).strip() + "\n", to=[to]
    )
    message.attach_alternative(render_to_string(f"store/mail/{name}.html", context), "text/html")
    try:
        message.send()
    except OSError as error:  # what smtplib raises, too: no letter is worth a lost order
        logger.error("The letter “%s” to %s was not sent: %s", subject, to, error)
