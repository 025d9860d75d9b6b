"""The overview's figures: what they add up, and what they compare with."""

from datetime import timedelta
from decimal import Decimal

import pytest

from tests.tracking.overview.steps import DAY, NOW, figure, order, page_of, plain, postback
from tracking.models import Adjustment
from tracking.reports import needs

pytestmark = pytest.mark.django_db


def test_credited_orders_are_counted_against_the_period_before() -> None:
    for ago in (0, 1, 6, 7, 13):
        order("credited", ago=ago * DAY + timedelta(minutes=1))
    order("organic")
    shown = figure("Credited orders")
    assert (shown.value, shown.compared) == ("3", "+50 %: 2 before")


def test_the_period_before_ends_at_the_same_time_of_day() -> None:
    order("credited", ago=7 * DAY + timedelta(minutes=1))
    order("credited", ago=7 * DAY - timedelta(minutes=1))  # later that day than it is now
    assert figure("Credited orders").compared == "-100 %: 1 before"


def test_goods_are_told_in_each_currency() -> None:
    order("credited", items_total=Decimal("1234567.50"))
    order("credited")
    order("credited", currency="EUR", items_total=Decimal(10))
    order("credited", ago=8 * DAY)
    shown = figure("Their goods")
    assert plain(shown.value) == "1 234 617.49 USD"
    assert shown.more == ("10.00 EUR",)
    assert shown.compared.endswith("49.99 USD before")


def test_the_acceptance_rate_is_of_what_was_settled() -> None:
    for status in ("accepted", "accepted", "accepted", "rejected"):
        postback(status)
    postback("cancelled")
    postback("pending")
    postback("accepted", ago=8 * DAY)
    postback("unconfirmed", ago=8 * DAY)
    shown = figure("Acceptance rate")
    assert (shown.value, shown.compared) == ("75.0 %", "+25.0 points: 50.0 % before")
    assert shown.tone == "bad"


def test_one_refusal_among_many_is_not_rounded_away() -> None:
    from tracking.reports.overview.figures import _percent

    assert _percent(Decimal("99.99")) == "99.9 %"
    assert _percent(Decimal(100)) == "100 %"


def test_what_waits_is_told_against_the_periods_beginning() -> None:
    postback("pending")
    postback("pending", ago=9 * DAY)
    postback("sending")
    postback("accepted", ago=DAY, took=8 * 86400)  # waited when the week began
    shown = figure("Waiting now")
    assert (shown.value, shown.compared) == ("3", "2 when this period began")


def test_what_needs_a_person_is_counted_as_its_list_has_it() -> None:
    for status in ("rejected", "unconfirmed", "failed"):
        postback(status)
    postback("failed", ago=9 * DAY)
    postback("failed", is_called_off=True)
    postback("pending", due_at=None)
    order("unknown_offer")
    Adjustment.objects.create(postback=postback("accepted", amount_left=0), reason="cancelled", since=NOW - DAY)
    shown = figure("Needing attention")
    assert (shown.value, shown.compared) == ("7", "6 of this period, 1 of the one before")
    assert sum(needs.counts(needs.SOURCES).values()) == 7


def test_tests_are_outside_all_figures() -> None:
    order("credited", is_test=True)
    postback("rejected", is_test=True, conversion__is_test=True)
    postback("pending", is_test=True, conversion__is_test=True)
    shown = page_of()
    assert [each.value for each in shown.figures] == ["0", "0.00", "-", "0", "0"]
    assert shown.strip == ()
