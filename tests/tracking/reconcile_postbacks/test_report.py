"""Each order is found to be one thing, and comparing alone changes nothing."""

import csv
from pathlib import Path

import pytest

from tests.factories import ConversionFactory, OfferFactory
from tests.tracking.exports import ago, listed, sent
from tests.tracking.reconcile_postbacks.steps import around, counts, reconcile, state
from tracking.models import Conversion, Offer, Postback, Reconciliation
from tracking.reconciliation.findings import Kind

pytestmark = pytest.mark.django_db


def test_each_order_is_found_to_be_one_thing(offer: Offer, file: Path) -> None:
    rows = around(offer)
    sent(offer, "less", at=ago(days=5))
    sent(offer, "twice", at=ago(days=5))
    sent(offer, "gone", at=ago(days=5))
    sent(offer, "failed", at=ago(days=5), status="failed")
    ended = reconcile(
        file,
        *rows,
        listed("less", at=ago(days=5), amount="49.00"),
        listed("twice", at=ago(days=5)),
        listed("twice", at=ago(days=5)),
        listed("failed", at=ago(days=5)),
        listed("strange", at=ago(days=5), amount="10.00"),
    )
    assert ended.status == 0, ended.err
    assert counts() == {
        Kind.CONFIRMED: 2,
        Kind.REJECTED: 1,
        Kind.AMOUNT_DIFFERS: 1,
        Kind.COUNTED_TWICE: 1,
        Kind.UNEXPECTED: 1,
        Kind.UNKNOWN: 1,
        Kind.MISSING: 1,
    }
    assert "Amount differs                           1  -0.99 USD" in ended.out
    assert "order less, row 5, -0.99 USD, Sent 49.99, booked 49.00." in ended.out


def test_an_amount_that_was_adjusted_after_a_refund_does_not_differ(offer: Offer, file: Path) -> None:
    rows = around(offer)
    for order_id in ("adjusted", "waits"):
        sent(offer, order_id, at=ago(days=5))
    Postback.objects.filter(conversion__order_id__in=["adjusted", "waits"]).update(amount_left="20.00")
    reconcile(file, *rows, listed("adjusted", at=ago(days=5), amount="20.00"), listed("waits", at=ago(days=5)))
    assert counts() == {Kind.CONFIRMED: 4, Kind.REJECTED: 1}
    told = Reconciliation.objects.latest("id").findings[Kind.CONFIRMED]["examples"]
    assert {each["order"]: each["remark"] for each in told if each["remark"]} == {
        "adjusted": "Sent 49.99; 20.00 should stand after its refund, and does.",
        "waits": "It came back here: 20.00 should stand; see Adjustments.",
    }


def test_an_amount_is_in_the_currency_that_it_was_sent_in(offer: Offer, file: Path) -> None:
    rows = around(offer)
    Conversion.objects.update(offer_currency="USD")
    sent(offer, "less", at=ago(days=5), conversion__offer_currency="USD")
    sent(offer, "gone", at=ago(days=5), conversion__offer_currency="USD")
    Offer.objects.update(currency="EUR")
    reconcile(file, *rows, listed("less", at=ago(days=5), amount="49.00"))
    found = Reconciliation.objects.latest("id").findings
    assert found[Kind.AMOUNT_DIFFERS]["sums"] == {"USD": "-0.99"}
    assert found[Kind.MISSING]["sums"] == {"USD": "49.99"}


def test_comparing_alone_changes_no_postback(offer: Offer, file: Path, kicks: list[int]) -> None:
    sent(offer, "doubtful", at=ago(days=3), status="unconfirmed")
    before = list(Postback.objects.values())
    ended = reconcile(file, *around(offer), listed("doubtful", at=ago(days=3)))
    assert "Would mark as accepted: 1; would send again: 0. --apply does it." in ended.out
    assert [row for row in Postback.objects.values() if row in before] == before
    assert kicks == []


def test_the_full_report_lists_every_order_once(offer: Offer, file: Path, tmp_path: Path) -> None:
    sent(offer, "gone", at=ago(days=5))
    report = tmp_path / "out.csv"
    reconcile(file, *around(offer), listed("=1+1", at=ago(days=5)), options=("--report", str(report)))
    with report.open(newline="") as lines:
        rows = {row["order"]: row for row in csv.DictReader(lines)}
    assert set(rows) == {"early", "late", "refused", "gone", "'=1+1"}
    assert rows["gone"]["finding"] == "Missing at Aspire"
    assert rows["early"]["amount here"] == rows["early"]["amount at Aspire"] == "49.99"
    assert rows["refused"]["rows in the file"] == "3"


def test_a_report_that_cannot_be_written_stops_it_before_anything_changes(offer: Offer, file: Path) -> None:
    sent(offer, "doubtful", at=ago(days=3), status="unconfirmed")
    rows = listed("doubtful", at=ago(days=3))
    ended = reconcile(file, rows, options=("--apply", "--report", "/nowhere/out.csv"))
    assert ended.status == 1
    assert state("doubtful") == "unconfirmed"


def test_tests_are_left_out(offer: Offer, file: Path) -> None:
    sent(offer, "TEST-1", at=ago(days=5), status="unconfirmed", is_test=True, conversion__is_test=True)
    ended = reconcile(file, *around(offer), listed("TEST-1", at=ago(days=5)), options=("--apply",))
    assert "1 test order left out." in ended.out
    assert state("TEST-1") == "unconfirmed"


def test_an_order_that_nobody_earned_is_told(offer: Offer, file: Path) -> None:
    ConversionFactory(order_id="organic", outcome=Conversion.Outcome.ORGANIC, offer=None)
    reconcile(file, *around(offer), listed("organic", at=ago(days=5)))
    assert counts()[Kind.UNEXPECTED] == 1


@pytest.mark.parametrize("other", [{"affiliate": "99"}, {"offer": "777"}])
def test_an_order_credited_to_somebody_else_settles_nothing(offer: Offer, file: Path, other: dict[str, str]) -> None:
    OfferFactory(offer_id="777", is_default=False)
    sent(offer, "doubtful", at=ago(days=3), status="unconfirmed")
    row = listed("doubtful", at=ago(days=3), **other)
    reconcile(file, *around(offer), row, options=("--apply", "--unfiltered"))
    assert counts()[Kind.UNCLEAR] == 1
    assert state("doubtful") == "unconfirmed"


def test_a_brand_that_the_url_puts_before_the_id_is_no_part_of_it(file: Path) -> None:
    url = "https://get.aspr.app/aff_lsr?offer_id=12345&aff_id=AFFILIATE_ID&amount=AMOUNT&adv_unique1=ACME-ORDER_ID"
    offer = OfferFactory(postback_url=url)
    sent(offer, "1001", at=ago(days=3), status="unconfirmed")
    reconcile(file, listed("ACME-1001", at=ago(days=3)), options=("--apply",))
    assert state("1001") == "accepted"


def test_ids_are_compared_to_the_letter(offer: Offer, file: Path) -> None:
    sent(offer, "aB", at=ago(days=3), status="unconfirmed")
    reconcile(file, *around(offer), listed("Ab", at=ago(days=3)), options=("--apply", "--unfiltered"))
    assert counts()[Kind.UNKNOWN] == 1
    assert state("aB") == "unconfirmed"  # nor is it absent: somebody may have retyped it
