"""Renewals and affiliates: whoever won the subscription earns each of them, by tracking's own rules."""

from datetime import timedelta

import pytest
from django.utils import timezone

from store.models import Order, Subscription
from store.renewals import renew_all
from tests.factories import OfferFactory, visit_from
from tests.store.conftest import Shopper
from tests.store.subscriptions import fall_due, monthly_order, pay
from tracking.attribution import remember
from tracking.models import Conversion, Postback

pytestmark = pytest.mark.django_db


def subscribed_through(affiliate_id: str) -> Subscription:
    order = monthly_order()
    remember(visit_from(affiliate_id), order.number)
    pay(order)
    subscription = Subscription.objects.get(first_order=order)
    fall_due(subscription)
    return subscription


def renewal_conversion() -> Conversion:
    return Conversion.objects.get(order_id=Order.objects.get(is_renewal=True).number)


def test_a_renewal_is_credited_to_the_affiliate_of_the_subscription() -> None:
    OfferFactory(window_days=1)
    subscription = subscribed_through("77")

    renew_all(timezone.now() + timedelta(days=31))

    conversion = renewal_conversion()
    assert (conversion.outcome, conversion.affiliate_id) == ("credited", "77")
    assert conversion.subscription_id == str(subscription.pk)
    assert Postback.objects.get(conversion=conversion).amount == 40


def test_a_renewal_of_a_subscription_that_nobody_sent_is_organic() -> None:
    OfferFactory()
    pay(monthly_order())
    fall_due(Subscription.objects.get())

    renew_all(timezone.now())

    assert renewal_conversion().outcome == "organic"


def test_a_renewal_paid_by_hand_after_another_creators_link_stays_with_the_first(shopper: Shopper) -> None:
    OfferFactory()
    subscription = subscribed_through("77")
    subscription.first_order.payments.update(fraud_status="reject")
    renew_all(timezone.now())

    shopper.client.get("/", {"affiliate_id": "88"})
    shopper.pays(Order.objects.get(is_renewal=True))

    assert (renewal_conversion().outcome, renewal_conversion().affiliate_id) == ("credited", "77")
