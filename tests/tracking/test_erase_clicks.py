"""`erase_clicks`: what is known of a customer or of an order's click goes, the ledger stays whole."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command

from tests.factories import GLOBAL_URL, OfferFactory, completed_order, visit_from
from tests.tracking.terminal import Ended, run
from tracking.attribution import remember
from tracking.models import Attempt, Conversion, CustomerClicks, Offer, Postback, RememberedClick
from tracking.postbacks import outbox
from tracking.reports.explain import explain
from tracking.signals import order_completed

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
CLICK_ID = "102656693ac3ca6e0cdafbfe89ab99"


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture(autouse=True)
def offer() -> Offer:
    found: Offer = OfferFactory()
    return found


def erase(*arguments: str) -> Ended:
    return run("erase_clicks", *arguments)


def order(order_id: str = "1001", *, status: str = "accepted", **values: Any) -> Conversion:
    """An order of the customer 42 that the affiliate 77 earned, reported as `status`."""
    remember(visit_from("77", transaction_id=CLICK_ID), order_id)
    made = completed_order(order_id=order_id, **{"customer_id": "42", **values})
    order_completed.send(sender=None, order=made)
    conversion = Conversion.objects.get(order_id=order_id)
    Postback.objects.filter(conversion=conversion).update(status=status)
    return conversion


def everything() -> str:
    """Every text of every table of ours."""
    rows: list[Any] = []
    for model in (Conversion, RememberedClick, Postback, Attempt, CustomerClicks):
        rows += model.objects.values()
    return str(rows)


def attempt(conversion: Conversion) -> None:
    Attempt.objects.create(
        postback=conversion.postback,
        started_at=NOW,
        url=f"https://get.aspr.app/aff_lsr?transaction_id={CLICK_ID}&amount=49.99&adv_unique1=1001",
        http_status=200,
        reply=f"success=false; err_msg=Invalid Trans. ID #{CLICK_ID};",
        verdict="rejected",
        detail=f"Invalid Trans. ID #{CLICK_ID}",
    )
    Postback.objects.update(detail=f"Invalid Trans. ID #{CLICK_ID}")


def test_an_orders_click_is_erased_wherever_it_stands() -> None:
    attempt(order())
    assert CLICK_ID in everything()
    ended = erase("--order", "1001")
    assert (ended.status, ended.out) == (0, "Erased: the click and the customer of 1 order.\n")
    assert CLICK_ID not in everything()
    conversion = Conversion.objects.get()
    assert (conversion.customer_id, conversion.clicked_at, conversion.considered) == ("", None, [])
    assert conversion.erased_at == NOW
    assert Attempt.objects.get().url.endswith("transaction_id=erased&amount=49.99&adv_unique1=1001")


def test_the_ledger_stays_whole() -> None:
    order()
    kept = ("order_id", "outcome", "affiliate_id", "offer_id", "currency", "items_total", "completed_at", "reason")
    before = Conversion.objects.values(*kept).get(), Postback.objects.values().get()
    erase("--order", "1001")
    assert (Conversion.objects.values(*kept).get(), Postback.objects.values().get()) == before


def test_the_story_says_that_it_was_erased() -> None:
    order()
    erase("--order", "1001")
    [story] = explain("1001", now=NOW).orders
    assert ("Click", "erased on 2026-03-01 12:00:00 UTC, as was asked for") in [
        (fact.label, fact.text) for fact in story.click
    ]
    assert story.looked_at == ()


def test_a_customer_is_erased_with_all_orders_and_no_other() -> None:
    order("1001")
    order("1002")
    order("1003", customer_id="420")
    CustomerClicks.objects.create(customer_id="42", clicks="1.2.77..", until=NOW + timedelta(days=1))
    CustomerClicks.objects.create(customer_id="420", clicks="1.2.77..", until=NOW + timedelta(days=1))
    ended = erase("--customer", "42")
    assert ended.out == "Erased: the click and the customer of 2 orders and the clicks kept with the customer.\n"
    assert set(Conversion.objects.values_list("order_id", "customer_id")) == {
        ("1001", ""),
        ("1002", ""),
        ("1003", "420"),
    }
    assert list(CustomerClicks.objects.values_list("customer_id", flat=True)) == ["420"]


def test_erasing_again_finds_nothing_of_the_customer() -> None:
    order()
    erase("--customer", "42")
    ended = erase("--customer", "42")
    assert (ended.status, "nothing to erase" in ended.err) == (1, True)


def test_a_dry_run_changes_nothing() -> None:
    attempt(order())
    CustomerClicks.objects.create(customer_id="42", clicks="", until=NOW + timedelta(days=1))
    before = everything()
    ended = erase("--customer", "42", "--dry-run")
    assert (ended.status, ended.out.startswith("Would erase: ")) == (0, True)
    assert everything() == before


@pytest.mark.parametrize("status", ["pending", "unconfirmed"])
def test_an_order_that_is_still_to_be_reported_is_left_and_told(status: str) -> None:
    order("1001", status=status)
    order("1002")
    before = Conversion.objects.values().get(order_id="1001")
    ended = erase("--customer", "42")
    assert ended.status == 1
    assert "still to be reported to Aspire: 1001." in ended.err
    assert "of 1 order." in ended.out
    assert Conversion.objects.values().get(order_id="1001") == before


@pytest.mark.parametrize("status", ["rejected", "failed"])
def test_what_was_given_up_on_is_not_sent_again_without_its_transaction_id(offer: Offer, status: str) -> None:
    Offer.objects.update(protocol="transaction-id", postback_url=GLOBAL_URL)
    order(status=status)
    erase("--order", "1001")
    assert outbox.send_again(Postback.objects.all(), why="By hand.") == 0


def test_what_was_given_up_on_can_be_sent_again_with_the_affiliates_id() -> None:
    order(status="rejected")
    erase("--order", "1001")
    assert outbox.send_again(Postback.objects.all(), why="By hand.") == 1


def test_an_order_that_waits_for_its_offer_waits_no_more() -> None:
    Offer.objects.update(is_active=False)
    order()
    assert erase("--order", "1001").status == 0
    conversion = Conversion.objects.get()
    assert (conversion.outcome, conversion.reason) == (
        "excluded",
        "The click was erased before its offer was set up.",
    )


def test_an_order_that_is_only_placed_is_organic_once_its_click_is_erased() -> None:
    remember(visit_from("77"), "1001")
    assert erase("--order", "1001").status == 0
    order_completed.send(sender=None, order=completed_order(), request=visit_from("78"))
    assert Conversion.objects.get().outcome == "organic"


def test_the_affiliate_keeps_the_renewals_of_a_subscription() -> None:
    order(subscription_id="S1")
    erase("--order", "1001")
    renewal = completed_order(order_id="1002", subscription_id="S1", is_renewal=True)
    order_completed.send(sender=None, order=renewal)
    conversion = Conversion.objects.get(order_id="1002")
    assert (conversion.outcome, conversion.affiliate_id) == ("credited", "77")


def test_an_organic_order_loses_its_customer() -> None:
    order_completed.send(sender=None, order=completed_order(customer_id="42"))
    erase("--customer", "42")
    assert Conversion.objects.get().customer_id == ""


@pytest.mark.parametrize("arguments", [[], ["--customer", "42", "--order", "1001"]])
def test_it_wants_either_a_customer_or_an_order(arguments: list[str]) -> None:
    with pytest.raises(CommandError):
        call_command("erase_clicks", *arguments)


def test_an_empty_customer_id_erases_no_guests() -> None:
    order(customer_id="")
    before = everything()
    assert erase("--customer", "").status == 2
    assert everything() == before
