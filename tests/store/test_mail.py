"""Letters: what they say, when they leave, and what happens when they cannot."""

import contextlib
import re
from decimal import Decimal
from typing import Any

import pytest
from django.core import mail
from django.core.checks import run_checks
from django.db import transaction
from django.test import override_settings
from payments import RedirectNeeded
from pytest_django import Settings

from store import mail as letters
from store import orders, payments
from store.models import Order
from tests.store.factories import OrderFactory, OrderLineFactory, PaymentFactory
from tests.store.subscriptions import subscribe


@pytest.fixture
def order(db: None) -> Order:
    """An order by somebody whose name and goods would break a careless letter."""
    order = OrderFactory(name="Åsa O'Brien & <Sons>", discount=Decimal("10.00"))
    OrderLineFactory(order=order, name="Salt & <Pepper>", options="Large, Fern", quantity=2)
    return order


def parts(letter: Any) -> tuple[str, str]:
    html = next(body for body, kind in letter.alternatives if kind == "text/html")
    return letter.body, html


@pytest.mark.usefixtures("_letters_leave")
def test_a_paid_order_is_confirmed_once_by_html_and_text(order: Order) -> None:
    orders.complete(order)
    orders.complete(order)

    (letter,) = mail.outbox
    assert letter.to == ["ada@example.com"]
    assert order.number in letter.subject
    for part in parts(letter):
        assert order.number in part
        assert "$50.00" in part
        assert "−$10.00" in part  # noqa: RUF001  a minus sign
        assert f"https://localhost:8000{order.get_absolute_url()}" in part


@pytest.mark.usefixtures("_letters_leave")
def test_names_are_escaped_in_html_and_left_alone_in_text(order: Order) -> None:
    letters.order_confirmed(order)

    text, html = parts(mail.outbox[0])
    assert "Åsa O'Brien & <Sons>" in text
    assert "Salt & <Pepper>, Large, Fern" in text
    assert "Salt &amp; &lt;Pepper&gt;" in html
    assert "<Sons>" not in html


@pytest.mark.usefixtures("_letters_leave")
def test_a_letter_loads_nothing(order: Order) -> None:
    letters.order_confirmed(order)

    _, html = parts(mail.outbox[0])
    assert re.findall(r"<(?:img|link|script)|url\(|@import", html) == []


@pytest.mark.usefixtures("_letters_leave")
def test_an_order_on_invoice_is_acknowledged_with_what_to_pay_where(order: Order, settings: Settings) -> None:
    settings.PAYMENT_VARIANTS = {
        "letter": ("store.invoice.InvoiceProvider", {"pay_to": "Pennywort, IBAN GB00", "days": 14})
    }
    order.payment_variant = "letter"

    with contextlib.suppress(RedirectNeeded):
        payments.open_payment(order).get_form()

    (letter,) = mail.outbox
    for part in parts(letter):
        assert "Pennywort, IBAN GB00" in part
        assert "Please pay" in part
        assert "$50.00" in part


@pytest.mark.usefixtures("_letters_leave")
def test_an_authorised_order_is_acknowledged_and_later_confirmed(order: Order) -> None:
    payment = PaymentFactory(order=order)

    payment.change_status("preauth")
    payment.change_status("confirmed")

    assert "reserved" in mail.outbox[0].body
    assert "is paid" in mail.outbox[1].body


@pytest.mark.usefixtures("_letters_leave")
def test_a_sent_order_is_announced_once(order: Order) -> None:
    orders.complete(order)
    mail.outbox.clear()

    orders.fulfil(order)
    orders.fulfil(order)

    assert [letter.subject for letter in mail.outbox] == [f"Order {order.number} is on its way"]


@pytest.mark.usefixtures("_letters_leave")
def test_a_cancelled_order_is_announced(order: Order) -> None:
    orders.cancel(order)

    assert [letter.subject for letter in mail.outbox] == [f"Order {order.number} is cancelled"]
    assert "nothing was charged" in mail.outbox[0].body


@pytest.mark.usefixtures("_letters_leave")
def test_a_refund_says_how_much(order: Order) -> None:
    letters.order_refunded(order, Decimal("12.50"))

    for part in parts(mail.outbox[0]):
        assert "$12.50" in part


@pytest.mark.usefixtures("_letters_leave")
def test_the_first_parcel_tells_where_to_stop_the_subscription(db: None) -> None:
    subscription = subscribe()

    for part in parts(mail.outbox[0]):
        assert f"https://localhost:8000{subscription.get_absolute_url()}" in part
    assert "every month" in mail.outbox[0].body


@pytest.mark.django_db(transaction=True)
def test_a_letter_leaves_with_the_commit_and_not_before() -> None:
    with transaction.atomic():
        order = OrderLineFactory().order
        orders.complete(order)
        assert mail.outbox == []
    assert len(mail.outbox) == 1


@pytest.mark.django_db(transaction=True)
def test_an_order_that_was_rolled_back_is_not_confirmed() -> None:
    order = OrderLineFactory().order

    with transaction.atomic():
        orders.complete(order)
        transaction.set_rollback(True)

    assert mail.outbox == []


@pytest.mark.django_db(transaction=True)
@override_settings(EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend", EMAIL_HOST="127.0.0.1", EMAIL_PORT=9)
def test_a_mail_server_that_is_down_hurts_no_order(caplog: pytest.LogCaptureFixture) -> None:
    order = OrderLineFactory().order

    assert orders.complete(order)

    order.refresh_from_db()
    assert order.status == "paid"
    assert f"“Your order {order.number}” to ada@example.com was not sent" in caplog.text


def deploy_checks() -> set[str]:
    return {message.id or "" for message in run_checks(include_deployment_checks=True)}


def test_letters_that_are_only_printed_are_told_before_the_shop_opens(settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    assert "store.W003" in deploy_checks()

    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    assert "store.W003" not in deploy_checks()
