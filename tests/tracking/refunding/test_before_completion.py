"""Orders that come back before they are completed: signals overtake each other."""

from decimal import Decimal

import pytest
from django.db import transaction
from django.utils import timezone

from tests.factories import ConversionFactory, completed_order, visit_from
from tests.tracking.refunding.steps import cancel, complete, figures, refund
from tracking.conversions import recording, refunding
from tracking.models import Conversion, EarlyRefund, Offer, Postback
from tracking.models.savepoints import JoinedSavepoint
from tracking.postbacks import outbox
from tracking.signals import order_cancelled, order_completed

pytestmark = pytest.mark.django_db


def test_a_refund_that_overtakes_its_order_is_applied_with_it(offer: Offer) -> None:
    refund("30")
    refund("20")
    refund("40")
    assert EarlyRefund.objects.get().items_left == 20
    complete()
    assert figures() == ("pending", Decimal(20), Decimal(20))
    assert not EarlyRefund.objects.exists()


def test_a_cancellation_that_overtakes_its_order_calls_it_off(offer: Offer) -> None:
    refund("30", shipping="5")
    cancel()
    complete(shipping=Decimal(5))
    assert figures()[0] == "cancelled"
    assert outbox.claim(10, now=timezone.now()) == []


def test_receivers_see_what_is_left_of_an_order_that_came_back_before(offer: Offer) -> None:
    refund("20")
    conversion = recording.record(completed_order(), visit_from("77"), JoinedSavepoint())
    assert conversion
    assert conversion.items_left == 20


def test_a_renewal_that_came_back_before_is_lowered_too(offer: Offer) -> None:
    complete(order_id="1000", subscription_id="S1")
    refund("20")
    order_completed.send(sender=None, order=completed_order(subscription_id="S1", is_renewal=True))
    assert Postback.objects.get(conversion__order_id="1001").amount == 20


def test_the_subscription_of_an_order_that_was_cancelled_before_earns_nothing(offer: Offer) -> None:
    cancel()
    complete(subscription_id="S1")
    order_completed.send(
        sender=None, order=completed_order(order_id="1002", subscription_id="S1", is_renewal=True), request=None
    )
    assert Conversion.objects.get(order_id="1002").cause == "stopped"


def test_another_orders_early_refund_stays(offer: Offer) -> None:
    order_cancelled.send(sender=None, order_id="1002")
    complete()
    assert figures()[0] == "pending"
    assert EarlyRefund.objects.exists()


def test_what_neither_could_see_is_applied_by_the_next_look(offer: Offer) -> None:
    """The order and its refund in two transactions at the same moment."""
    complete()
    EarlyRefund.objects.create(order_id="1001", items_left=20)
    refunding.apply_missed()
    assert figures() == ("pending", Decimal(20), Decimal(20))
    assert not EarlyRefund.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_refund_looks_again_after_its_own_commit(offer: Offer) -> None:
    with transaction.atomic():
        refund("20")
        ConversionFactory(offer=offer, order_id="1001")
        assert EarlyRefund.objects.exists()
    assert Conversion.objects.get().items_left == 20
    assert not EarlyRefund.objects.exists()
