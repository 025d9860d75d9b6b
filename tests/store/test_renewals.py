"""Renewals: ordered when due, charged, and reported for the affiliate who won the subscription."""

import threading
from datetime import timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone
from payments import PaymentError
from pytest_django import Settings

from store.models import Order, Payment, Price, Subscription
from store.providers import DemoProvider
from store.renewals import Tally, place, renew_all
from store.schedule import CHARGES
from tests.store.conftest import Ear
from tests.store.factories import OrderFactory
from tests.store.subscriptions import fall_due, pay, subscribe

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_letters_leave")]


def renewals() -> list[Order]:
    return list(Order.objects.filter(is_renewal=True).order_by("pk"))


def due(**values: object) -> Subscription:
    subscription = subscribe(**values)
    fall_due(subscription)
    mail.outbox.clear()
    return subscription


def test_a_due_subscription_is_ordered_and_charged(completed: Ear) -> None:
    subscription = due()

    tally = renew_all(timezone.now())

    assert (tally.placed, tally.paid, tally.failed) == (1, 1, 0)
    (renewal,) = renewals()
    assert renewal.status == "paid"
    assert renewal.address_lines == subscription.address_lines
    assert [(line.name, line.quantity, line.unit_price) for line in renewal.lines.all()] == [("Tea Letter", 2, 20)]
    sent = completed.orders[-1]
    assert (sent.order_id, sent.subscription_id, sent.is_renewal) == (renewal.number, str(subscription.pk), True)


def test_what_is_not_due_is_left_alone() -> None:
    subscribe()

    assert renew_all(timezone.now()).placed == 0


def test_running_twice_renews_once() -> None:
    due()

    renew_all(timezone.now())
    renew_all(timezone.now())

    assert len(renewals()) == 1


def test_two_that_saw_it_due_place_one_order() -> None:
    subscription = due()
    seen_by_another = Subscription.objects.get()

    assert place(subscription, timezone.now())
    assert place(seen_by_another, timezone.now()) is None
    assert len(renewals()) == 1


def test_a_renewal_takes_its_goods_from_stock() -> None:
    subscription = due()
    variant = subscription.lines[0].variant
    assert variant

    renew_all(timezone.now())

    before = variant.stock
    variant.refresh_from_db()
    assert variant.stock == before - 2


def test_the_goods_keep_the_price_of_the_first_day() -> None:
    due()
    Price.objects.update(amount=Decimal("99.00"))

    renew_all(timezone.now())

    assert renewals()[0].items_total == 40


def test_a_coupon_of_the_first_order_is_not_used_again() -> None:
    due(items_total=Decimal("30.00"), discount=Decimal("10.00"))

    renew_all(timezone.now())

    assert renewals()[0].discount == 0
    assert renewals()[0].items_total == 40


def test_what_is_sold_out_waits_and_is_told(caplog: pytest.LogCaptureFixture) -> None:
    subscription = due()
    variant = subscription.lines[0].variant
    assert variant
    type(variant).objects.filter(pk=variant.pk).update(stock=1)

    tally = renew_all(timezone.now())

    assert (tally.placed, tally.failed) == (0, 1)
    assert "Tea Letter" in caplog.text
    assert Subscription.objects.due(timezone.now()).exists()
    assert renewals() == []


def test_one_that_cannot_be_renewed_stops_no_other(caplog: pytest.LogCaptureFixture) -> None:
    broken, whole = due(), due()
    broken.first_order.lines.update(variant=None)

    tally = renew_all(timezone.now())

    assert (tally.placed, tally.failed) == (1, 1)
    assert renewals()[0].subscription == whole
    assert "no longer in the catalogue" in caplog.text


def test_a_refused_charge_is_told_with_a_way_to_pay() -> None:
    due(fraud_status="reject")

    tally = renew_all(timezone.now())

    (renewal,) = renewals()
    assert tally.unpaid == 1
    assert renewal.status == "placed"
    assert renewal.payments.get().status == "rejected"
    (letter,) = mail.outbox
    assert renewal.get_absolute_url() in letter.body


def test_it_is_charged_again_after_days_and_not_before() -> None:
    due(fraud_status="reject")
    now = timezone.now()
    renew_all(now)

    renew_all(now + timedelta(hours=23))
    assert renewals()[0].payments.count() == 1
    Payment.objects.filter(status="confirmed").update(fraud_status="accept")
    renew_all(now + timedelta(days=1, minutes=1))

    assert renewals()[0].status == "paid"
    assert Subscription.objects.get().charge_at is None


def test_a_subscription_that_nobody_pays_ends(cancelled: Ear) -> None:
    subscription = due(fraud_status="reject")
    now = timezone.now()

    for day in range(16):
        renew_all(now + timedelta(days=day, minutes=day))

    subscription.refresh_from_db()
    (renewal,) = renewals()
    assert subscription.status == "lapsed"
    assert renewal.is_cancelled
    assert renewal.payments.count() == CHARGES
    assert [sent["order_id"] for sent in cancelled.heard] == [renewal.number]
    assert "Ended, not paid".lower() in mail.outbox[-2].subject + mail.outbox[-1].subject


def test_a_renewal_paid_by_hand_is_not_charged_again() -> None:
    due(fraud_status="reject")
    now = timezone.now()
    renew_all(now)

    pay(renewals()[0])
    tally = renew_all(now + timedelta(days=2))

    assert (tally.paid, tally.unpaid) == (0, 0)
    assert Subscription.objects.get().charge_at is None
    assert Subscription.objects.get().is_active


def test_an_answer_that_never_came_is_asked_for_with_the_same_payment(monkeypatch: pytest.MonkeyPatch) -> None:
    due()
    tried: list[int] = []

    def no_answer(_: DemoProvider, payment: Payment, earlier: Payment) -> None:
        tried.append(payment.pk)
        raise TimeoutError

    monkeypatch.setattr(DemoProvider, "charge_again", no_answer)
    now = timezone.now()
    tally = renew_all(now)
    for hour in range(1, 9):
        renew_all(now + timedelta(hours=hour, minutes=hour))

    assert (tally.failed, tally.unpaid) == (1, 0)
    assert len(tried) == 9
    assert len(set(tried)) == 1
    assert Subscription.objects.get().is_active
    assert mail.outbox == []


def test_a_way_to_pay_that_cannot_charge_again_asks_the_shopper(monkeypatch: pytest.MonkeyPatch) -> None:
    due()
    monkeypatch.delattr(DemoProvider, "charge_again")

    tally = renew_all(timezone.now())

    assert tally.unpaid == 1
    assert renewals()[0].payments.count() == 0
    assert renewals()[0].get_absolute_url() in mail.outbox[0].body


def test_a_renewal_on_invoice_is_sent_with_an_invoice(settings: Settings) -> None:
    settings.PAYMENT_VARIANTS = {"invoice": ("store.invoice.InvoiceProvider", {"pay_to": "Pennywort, a bank"})}
    settings.STORE_PAYMENT_VARIANTS = ["invoice"]
    subscription = due(payment_variant="invoice")
    subscription.first_order.payments.update(variant="invoice")

    tally = renew_all(timezone.now())

    assert tally.paid == 1
    assert renewals()[0].has_secured_payment()


def test_the_command_says_what_it_did() -> None:
    due()
    out = StringIO()

    call_command("renew_subscriptions", stdout=out)

    assert out.getvalue() == "1 placed, 1 paid, 0 not paid, 0 ended unpaid.\n"


def test_the_command_fails_where_something_could_not_be_renewed() -> None:
    due().first_order.lines.update(variant=None)

    with pytest.raises(CommandError, match="1 could not be renewed"):
        call_command("renew_subscriptions", stdout=StringIO())


def test_a_refusal_is_noted_with_the_payment(monkeypatch: pytest.MonkeyPatch) -> None:
    due()

    def refuse(*_: object) -> None:
        raise PaymentError("The card has expired.")

    monkeypatch.setattr(DemoProvider, "charge_again", refuse)
    renew_all(timezone.now())

    assert renewals()[0].payments.get().message == "The card has expired."


def test_orders_that_are_no_renewals_are_never_charged() -> None:
    due(fraud_status="reject")
    bystander = OrderFactory()

    renew_all(timezone.now())

    assert bystander.payments.count() == 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor == "sqlite", reason="in memory, which one connection alone sees")
def test_runs_side_by_side_order_and_charge_each_parcel_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(5):
        due()
    charged: list[int] = []
    charge = DemoProvider.charge_again

    def count(provider: DemoProvider, payment: Payment, earlier: Payment) -> None:
        charged.append(payment.order_id)
        charge(provider, payment, earlier)

    monkeypatch.setattr(DemoProvider, "charge_again", count)
    start = threading.Barrier(4)
    tallies: list[Tally] = []

    def run() -> None:
        start.wait(10)
        tallies.append(renew_all(timezone.now()))
        connection.close()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert [order.status for order in renewals()] == ["paid"] * 5
    assert sorted(charged) == [order.pk for order in renewals()]
    assert (sum(tally.placed for tally in tallies), sum(tally.failed for tally in tallies)) == (5, 0)
