"""Subscriptions: what starts one, and what shoppers and the merchant can do with it."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from store import subscriptions
from store.models import Subscription
from store.renewals import place
from store.schedule import month_after
from tests.store.conftest import Ear, Shopper
from tests.store.factories import OrderLineFactory
from tests.store.subscriptions import fall_due, monthly_order, pay, subscribe

pytestmark = pytest.mark.django_db


def post(shopper: Shopper, name: str, /, *args: object, **form: str) -> str:
    return str(shopper.client.post(reverse(f"store:{name}", args=args), form, follow=True).content.decode())


def test_a_paid_order_of_something_monthly_starts_a_subscription(completed: Ear) -> None:
    subscription = subscribe()

    assert subscription.is_active
    assert subscription.renews_at == month_after(subscription.started_at, subscription.started_at.day)
    assert subscription.address_lines == subscription.first_order.address_lines
    (sent,) = completed.orders
    assert (sent.subscription_id, sent.is_renewal) == (str(subscription.pk), False)


def test_an_unpaid_order_starts_none() -> None:
    monthly_order()

    assert not Subscription.objects.exists()


def test_an_order_of_things_sold_once_starts_none(completed: Ear) -> None:
    order = OrderLineFactory().order
    pay(order)

    assert not Subscription.objects.exists()
    assert completed.orders[0].subscription_id == ""


def test_only_what_is_monthly_is_sent_again() -> None:
    order = monthly_order()
    OrderLineFactory(order=order)
    pay(order)

    assert [line.interval for line in Subscription.objects.get().lines] == ["month"]


def test_its_page_says_what_when_and_where(shopper: Shopper) -> None:
    subscription = subscribe()

    page = shopper.opens("subscription", subscription.token)

    text = page.content.decode()
    assert "Tea Letter" in text
    assert f"{subscription.renews_at:%-d %B %Y}" in text
    assert "12 St James" in text
    assert subscription.first_order.number in text
    assert "no-store" in page["Cache-Control"]


def test_it_is_not_found_by_its_number(shopper: Shopper) -> None:
    assert shopper.opens("subscription", subscribe().pk).status_code == 404


def test_pausing_stops_renewals_and_resuming_starts_them(shopper: Shopper) -> None:
    subscription = subscribe()
    fall_due(subscription)

    assert "It is paused" in post(shopper, "change_subscription", subscription.token, "pause")
    assert not Subscription.objects.due(timezone.now()).exists()
    assert "The next parcel is ordered on" in post(shopper, "change_subscription", subscription.token, "resume")
    assert Subscription.objects.due(timezone.now()).exists()


def test_resuming_orders_one_parcel_for_all_that_were_missed() -> None:
    subscription = subscribe()
    subscriptions.pause(subscription)
    Subscription.objects.update(renews_at=timezone.now() - timedelta(days=95))
    subscription.refresh_from_db()

    subscriptions.resume(subscription)
    place(subscription, timezone.now())

    subscription.refresh_from_db()
    assert subscription.renews_at > timezone.now() + timedelta(days=27)


def test_cancelling_is_for_good(shopper: Shopper) -> None:
    subscription = subscribe()

    assert "It is cancelled" in post(shopper, "change_subscription", subscription.token, "cancel")
    assert "Nothing was changed" in post(shopper, "change_subscription", subscription.token, "resume")
    subscription.refresh_from_db()
    assert subscription.status == "cancelled"
    assert subscription.ended_at


def test_an_unknown_change_is_not_found(shopper: Shopper) -> None:
    url = reverse("store:change_subscription", args=[subscribe().token, "double"])

    assert shopper.client.post(url).status_code == 404


def test_a_link_alone_changes_nothing(shopper: Shopper) -> None:
    url = reverse("store:change_subscription", args=[subscribe().token, "cancel"])

    assert shopper.client.get(url).status_code == 405
    assert Subscription.objects.get().is_active


def test_a_double_click_skips_one_parcel(shopper: Shopper) -> None:
    subscription = subscribe()
    day = subscription.renews_at.date().isoformat()

    post(shopper, "skip_parcel", subscription.token, day=day)
    page = post(shopper, "skip_parcel", subscription.token, day=day)

    assert "Nothing was changed" in page
    following = month_after(subscription.renews_at, subscription.renewal_day)
    subscription.refresh_from_db()
    assert subscription.renews_at == following


def test_stopping_calls_off_a_parcel_that_waits_for_its_payment(cancelled: Ear) -> None:
    subscription = subscribe()
    fall_due(subscription)
    waiting = place(subscription, timezone.now())
    assert waiting
    subscription.refresh_from_db()

    subscriptions.cancel(subscription)

    waiting.refresh_from_db()
    assert waiting.is_cancelled
    assert [sent["order_id"] for sent in cancelled.heard] == [waiting.number]
    assert not Subscription.objects.to_charge(timezone.now()).exists()


@pytest.mark.usefixtures("_letters_leave")
def test_each_change_is_confirmed_by_mail() -> None:
    subscription = subscribe()
    mail.outbox.clear()

    subscriptions.pause(subscription)
    subscriptions.resume(subscription)
    subscriptions.cancel(subscription)

    assert [letter.subject.rpartition(": ")[2] for letter in mail.outbox] == ["paused", "active", "cancelled"]
    assert subscription.get_absolute_url() in mail.outbox[0].body


def test_the_next_parcel_goes_to_the_new_address(shopper: Shopper) -> None:
    subscription = subscribe()
    address = {
        "name": "Ada Lovelace",
        "address1": "1 Rue de Rivoli",
        "city": "Paris",
        "postcode": "75001",
        "country": "FR",
    }

    post(shopper, "subscription_address", subscription.token, **address)

    subscription.refresh_from_db()
    fall_due(subscription)
    renewal = place(subscription, timezone.now())
    assert renewal
    assert renewal.city == "Paris"


def test_the_account_lists_the_customers_subscriptions(shopper: Shopper, django_user_model: Any) -> None:
    ada = django_user_model.objects.create_user("ada@example.com", "ada@example.com", "fifteen-small-teapots")
    own = subscribe(customer=ada)
    other = subscribe(email="eve@example.com")
    shopper.client.force_login(ada)

    page = shopper.opens("account").content.decode()

    assert own.get_absolute_url() in page
    assert other.get_absolute_url() not in page


def test_a_guests_subscription_is_joined_with_their_order(shopper: Shopper, django_user_model: Any) -> None:
    subscription = subscribe(email="ada@example.com")
    ada = django_user_model.objects.create_user("ada@example.com", "ada@example.com", "fifteen-small-teapots")

    shopper.client.post(reverse("store:login"), {"username": "ada@example.com", "password": "fifteen-small-teapots"})

    subscription.refresh_from_db()
    assert subscription.customer == ada


@pytest.mark.parametrize(("action", "status"), [("pause", "paused"), ("cancel", "cancelled")])
def test_the_merchant_stops_subscriptions_in_the_admin(admin_client: Client, action: str, status: str) -> None:
    subscription = subscribe()
    form = {"action": action, "_selected_action": [subscription.pk]}

    page = admin_client.post(reverse("admin:store_subscription_changelist"), form, follow=True).content.decode()

    subscription.refresh_from_db()
    assert subscription.status == status
    assert "1 of 1" in page


def test_the_merchant_resumes_a_subscription_in_the_admin(admin_client: Client) -> None:
    subscription = subscribe()
    subscriptions.pause(subscription)
    form = {"action": "resume", "_selected_action": [subscription.pk]}

    admin_client.post(reverse("admin:store_subscription_changelist"), form)

    subscription.refresh_from_db()
    assert subscription.is_active


def test_the_admin_shows_a_subscription_and_keeps_its_dates(admin_client: Client) -> None:
    subscription = subscribe()

    page = admin_client.get(reverse("admin:store_subscription_change", args=[subscription.pk])).content.decode()

    assert subscription.first_order.number in page
    assert 'name="renews_at' not in page
