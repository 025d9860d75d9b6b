"""Orders that come back before they are reported."""

import logging
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest
from django.utils import timezone

from tests.factories import OfferFactory, completed_order
from tests.tracking.refunding.steps import cancel, complete, figures, open_adjustments, postback, refund
from tracking.conversions import recording
from tracking.currency import ExchangeRate
from tracking.models import Adjustment, Conversion, Offer, Postback
from tracking.postbacks import outbox
from tracking.signals import order_completed, order_refunded

pytestmark = pytest.mark.django_db


def test_a_refund_in_part_lowers_what_is_sent(offer: Offer) -> None:
    complete()
    refund("20")
    assert figures() == ("pending", Decimal(20), Decimal(20))
    assert not Adjustment.objects.exists()


def test_what_is_left_is_kept_with_the_order(offer: Offer) -> None:
    complete(shipping=Decimal(5), tax=Decimal(4))
    refund("20", shipping="5", tax="1.60")
    conversion = Conversion.objects.get()
    assert (conversion.items_left, conversion.shipping_left, conversion.tax_left) == (20, 5, Decimal("1.6"))
    assert conversion.items_total == Decimal("49.99")
    assert conversion.refunded_at


@pytest.mark.parametrize("told", list(permutations(["40", "20", "30"])))
def test_the_least_that_was_told_counts_whatever_the_order_of_the_signals(offer: Offer, told: tuple[str, ...]) -> None:
    complete()
    for left in told:
        refund(left)
    assert figures() == ("pending", Decimal(20), Decimal(20))


def test_more_left_than_was_told_before_is_logged_and_changes_nothing(
    offer: Offer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    complete()
    refund("20")
    refund("30")
    assert "Order 1001: no less is left of it than was told before; nothing changes." in caplog.text


def test_a_refund_of_the_delivery_alone_changes_nothing_that_is_reported(offer: Offer) -> None:
    complete(shipping=Decimal(5))
    refund("49.99", shipping="0")
    assert figures() == ("pending", Decimal("49.99"), None)


@pytest.mark.parametrize(
    ("left", "amount"),
    [({"left": "20"}, "29.12"), ({"left": "20", "shipping": "0"}, "24.12"), ({"left": "20", "tax": "1.65"}, "26.65")],
)
def test_an_offer_on_the_total_takes_what_is_left_of_all_parts(left: dict[str, str], amount: str) -> None:
    OfferFactory(amount_basis="total")
    complete(shipping=Decimal(5), tax=Decimal("4.12"))
    refund(**left)
    assert figures() == ("pending", Decimal(amount), Decimal(amount))


def test_a_delivery_that_stays_paid_is_reported_where_the_offer_is_on_the_total() -> None:
    OfferFactory(amount_basis="total")
    complete(shipping=Decimal(5), tax=Decimal("4.12"))
    refund("0", shipping="5", tax="0")
    assert figures() == ("pending", Decimal(5), Decimal(5))
    refund("0")
    assert figures()[0] == "cancelled"


@pytest.mark.parametrize("offer_terms", [{"amount_basis": "total"}, {"kind": "lead"}])
def test_a_gift_whose_delivery_comes_back_in_part_is_not_called_off(offer_terms: dict[str, str]) -> None:
    OfferFactory(**offer_terms)
    complete(items_total=Decimal(0), shipping=Decimal(5))
    refund("0", shipping="3", tax="0")
    assert figures()[0] == "pending"
    refund("0", shipping="0", tax="0")
    assert figures()[0] == "cancelled"


def test_a_full_refund_stays_one_whatever_is_told_after_it() -> None:
    OfferFactory(amount_basis="total")
    complete(shipping=Decimal(5))
    refund("0")
    refund("0", shipping="5")
    assert figures()[::2] == ("cancelled", 0)


def test_an_order_on_the_total_that_waits_for_a_rate_keeps_what_is_left(settings: Any) -> None:
    OfferFactory(amount_basis="total")
    complete(shipping=Decimal(5), currency="EUR")
    refund("0", shipping="5", tax="0")
    settings.TRACKING_CURRENCY_CONVERTER = lambda *_question: ExchangeRate(Decimal(2), timezone.localdate(), "x")
    outbox.work_out_waiting(now=timezone.now())
    assert figures() == ("pending", Decimal(10), Decimal(10))


@pytest.mark.parametrize("left", ["0", "-3", "0.004"])
def test_an_order_of_which_nothing_is_left_is_called_off(offer: Offer, left: str) -> None:
    complete()
    refund(left)
    assert figures() == ("cancelled", Decimal("49.99"), 0)
    assert not Adjustment.objects.exists()


def test_a_refund_in_part_after_a_full_one_brings_nothing_back(offer: Offer) -> None:
    complete()
    cancel()
    refund("20")
    assert figures()[0] == "cancelled"


def test_a_lead_is_lowered_by_nothing_and_called_off_with_its_order() -> None:
    OfferFactory(kind="lead")
    complete()
    refund("20")
    assert figures() == ("pending", None, None)
    refund("0")
    assert figures()[0] == "cancelled"


def test_a_row_that_failed_without_arriving_is_sent_again_with_what_is_left(offer: Offer) -> None:
    complete()
    postback(status="failed", due_at=None, settled_at=timezone.now(), attempts_made=1)
    refund("20")
    outbox.send_again(Postback.objects.all(), why="By hand.")
    assert figures() == ("pending", Decimal(20), Decimal(20))
    assert open_adjustments() == []


def test_a_refund_is_applied_to_an_order_whose_offer_is_set_up_later() -> None:
    complete()
    refund("20")
    OfferFactory()
    assert recording.decide_again(Conversion.objects.get())
    assert figures() == ("pending", Decimal(20), Decimal(20))


def test_an_organic_order_keeps_what_is_left_too(offer: Offer) -> None:
    order_completed.send(sender=None, order=completed_order())
    refund("20")
    assert Conversion.objects.get().items_left == 20


def test_a_refund_in_another_currency_goes_by_the_rate_of_the_order(offer: Offer, settings: Any) -> None:
    rates = ["1.1", "1.3"]
    settings.TRACKING_CURRENCY_CONVERTER = lambda _source, _target, on: ExchangeRate(Decimal(rates[0]), on, "Bank")
    complete(currency="EUR", items_total=Decimal(50))
    assert figures() == ("pending", Decimal(55), None)
    rates.pop(0)
    refund("20")
    assert figures() == ("pending", Decimal(22), Decimal(22))
    postback(status="accepted", settled_at=timezone.now(), due_at=None)
    refund("10")
    assert open_adjustments() == [("partly_refunded", Decimal(22), Decimal(11))]


def test_an_order_that_waits_for_a_rate_is_reported_with_what_is_left(offer: Offer, settings: Any) -> None:
    complete(currency="EUR", items_total=Decimal(50))
    refund("20")
    assert figures()[:2] == ("pending", None)
    settings.TRACKING_CURRENCY_CONVERTER = lambda _source, _target, on: ExchangeRate(Decimal("1.1"), on, "Bank")
    outbox.work_out_waiting(now=timezone.now())
    assert figures()[:2] == ("pending", Decimal(22))
    refund("20", shipping="0")
    postback(status="accepted", settled_at=timezone.now(), due_at=None)
    assert open_adjustments() == []


@pytest.mark.parametrize(
    "parts", [{"items_total": "20"}, {"items_total": Decimal(20), "tax": 1.0}, {"items_total": Decimal("Infinity")}]
)
def test_a_refund_of_no_amount_is_refused_and_logged(
    offer: Offer, caplog: pytest.LogCaptureFixture, parts: dict[str, Any]
) -> None:
    complete()
    order_refunded.send(sender=None, order_id="1001", **parts)
    assert "Noting the refund of order '1001' failed" in caplog.text
    assert figures() == ("pending", Decimal("49.99"), None)
