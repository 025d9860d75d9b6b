"""`reconcile_postbacks`: Aspire's export beside the log; what is unconfirmed is settled by it, and nothing else."""

import csv
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.factories import ConversionFactory, OfferFactory
from tests.tracking.exports import HEADER, NOW, ago, listed, sent, write
from tests.tracking.terminal import Ended, run
from tracking.models import Conversion, ExportColumns, Offer, Postback, Reconciliation, ReconciliationChange
from tracking.postbacks import engines
from tracking.reconciliation.findings import Kind

pytestmark = pytest.mark.django_db


@pytest.fixture
def offer() -> Offer:
    found: Offer = OfferFactory()
    return found


@pytest.fixture(autouse=True)
def kicks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    counted: list[int] = []
    monkeypatch.setattr(engines, "kick", lambda: counted.append(1))
    return counted


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "conversions.csv"


def reconcile(file: Path, *rows: str, options: tuple[str, ...] = (), header: str = HEADER) -> Ended:
    write(file, rows, header=header)
    return run("reconcile_postbacks", str(file), *options)


def counts() -> dict[str, int]:
    """What the last comparison counted, by kind."""
    found = Reconciliation.objects.latest("id").findings
    return {kind: found[kind]["count"] for kind in Kind if found[kind]["count"]}


def state(order_id: str) -> str:
    return Postback.objects.get(conversion__order_id=order_id).status


def around(offer: Offer) -> list[str]:
    """Orders of a week ago and of today that both sides have, and one that was rejected: a file without a filter."""
    sent(offer, "early", at=ago(days=7))
    sent(offer, "late", at=ago(hours=4))
    sent(offer, "refused", at=ago(days=6))
    return [
        listed("early", at=ago(days=7)),
        listed("refused", at=ago(days=6), status="rejected"),
        listed("late", at=ago(hours=4)),
    ]


# The report -------------------------------------------------------------------------------------------------


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


# Applying ---------------------------------------------------------------------------------------------------


def test_what_is_listed_becomes_accepted(offer: Offer, file: Path, kicks: list[int]) -> None:
    sent(offer, "doubtful", at=ago(days=3), status="unconfirmed")
    ended = reconcile(file, listed("doubtful", at=ago(days=3)), options=("--apply",))
    row = Postback.objects.get()
    assert row.status == "accepted"
    assert "conversions.csv (SHA-256 " in row.detail
    assert "row 2" in row.detail
    assert "Marked as accepted: 1; sent again: 0." in ended.out
    assert kicks == []


def test_what_is_provably_absent_is_sent_again(offer: Offer, file: Path, kicks: list[int]) -> None:
    sent(offer, "lost", at=ago(days=3), status="unconfirmed")
    ended = reconcile(file, *around(offer), options=("--apply",))
    assert ended.status == 0
    row = Postback.objects.get(conversion__order_id="lost")
    assert (row.status, row.settled_at) == ("pending", None)
    assert "does not list it: conversions.csv" in row.detail
    assert kicks == [1]


def test_every_change_is_logged_with_the_files_name_and_hash(offer: Offer, file: Path) -> None:
    sent(offer, "lost", at=ago(days=3), status="unconfirmed")
    sent(offer, "there", at=ago(days=3), status="unconfirmed")
    reconcile(file, *around(offer), listed("there", at=ago(days=3)), options=("--apply",))
    record = Reconciliation.objects.get()
    changes = dict(ReconciliationChange.objects.values_list("order_id", "became"))
    assert changes == {"there": "accepted", "lost": "pending"}
    assert all(record.sha256 in why for why in ReconciliationChange.objects.values_list("why", flat=True))
    assert (record.file_name, record.accepted, record.sent_again) == ("conversions.csv", 1, 1)
    assert record.run_by == "the command line"


@pytest.mark.parametrize("status", ["accepted", "rejected", "failed", "pending", "cancelled"])
def test_no_other_state_is_changed(offer: Offer, file: Path, status: str) -> None:
    sent(offer, "other", at=ago(days=3), status=status)
    sent(offer, "absent", at=ago(days=3), status=status)
    before = list(Postback.objects.order_by("id").values())
    reconcile(file, *around(offer), listed("other", at=ago(days=3)), options=("--apply",))
    assert list(Postback.objects.order_by("id").values())[:2] == before


def test_the_same_file_again_changes_nothing(offer: Offer, file: Path) -> None:
    sent(offer, "lost", at=ago(days=3), status="unconfirmed")
    sent(offer, "there", at=ago(days=3), status="unconfirmed")
    rows = [*around(offer), listed("there", at=ago(days=3))]
    reconcile(file, *rows, options=("--apply",))
    before = list(Postback.objects.values())
    ended = reconcile(file, *rows, options=("--apply",))
    assert "Marked as accepted: 0; sent again: 0." in ended.out
    assert list(Postback.objects.values()) == before
    assert ReconciliationChange.objects.count() == 2


def test_what_was_sent_again_and_is_unconfirmed_again_is_not_judged_by_the_old_file(offer: Offer, file: Path) -> None:
    lost = sent(offer, "lost", at=ago(days=3), status="unconfirmed")
    rows = around(offer)
    reconcile(file, *rows, options=("--apply",))
    lost.attempts.create(started_at=NOW, url="https://x/", verdict="unconfirmed")
    Postback.objects.filter(pk=lost.pk).update(status="unconfirmed", attempts_made=2, settled_at=NOW)
    reconcile(file, *rows, options=("--apply",))
    assert state("lost") == "unconfirmed"


def test_what_is_rejected_there_stays(offer: Offer, file: Path) -> None:
    sent(offer, "doubtful", at=ago(days=3), status="unconfirmed")
    ended = reconcile(file, *around(offer), listed("doubtful", at=ago(days=3), status="rejected"), options=("--apply",))
    assert state("doubtful") == "unconfirmed"
    assert "Left unconfirmed: 1. Rejected there" in ended.out


def test_a_status_that_is_not_known_settles_nothing(offer: Offer, file: Path) -> None:
    sent(offer, "doubtful", at=ago(days=3), status="unconfirmed")
    reconcile(file, *around(offer), listed("doubtful", at=ago(days=3), status="zurückgestellt"), options=("--apply",))
    assert (counts()[Kind.UNCLEAR], state("doubtful")) == (1, "unconfirmed")


@pytest.mark.parametrize("values", [{"is_called_off": True}, {"amount_left": 10}, {"conversion__refunded_at": NOW}])
def test_an_order_that_came_back_is_never_sent_again(offer: Offer, file: Path, values: dict[str, Any]) -> None:
    sent(offer, "lost", at=ago(days=3), status="unconfirmed", **values)
    ended = reconcile(file, *around(offer), options=("--apply",))
    assert state("lost") == "unconfirmed"
    assert "cancelled or refunded" in ended.out


def test_a_row_that_changes_while_it_is_compared_stays(
    offer: Offer, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tracking.reconciliation import running

    lost = sent(offer, "lost", at=ago(days=3), status="unconfirmed")
    really = running.apply

    def too_late(*arguments: Any) -> Any:
        Postback.objects.filter(pk=lost.pk).update(attempts_made=2)
        return really(*arguments)

    monkeypatch.setattr(running, "apply", too_late)
    ended = reconcile(file, *around(offer), options=("--apply",))
    assert state("lost") == "unconfirmed"
    assert "sent again: 0." in ended.out


# What absence does not prove ---------------------------------------------------------------------------------


def left(offer: Offer, file: Path, *rows: str, options: tuple[str, ...] = (), at: Any = None) -> str:
    """Why an order that is not in the file stays unconfirmed."""
    sent(offer, "lost", at=at or ago(days=3), status="unconfirmed")
    ended = reconcile(file, *rows, options=("--apply", *options))
    assert ended.status == 0, ended.err
    assert state("lost") == "unconfirmed"
    return ended.out


def test_a_file_that_begins_after_it_proves_nothing(offer: Offer, file: Path) -> None:
    assert "from before its first try" in left(offer, file, *around(offer), at=ago(days=8))


def test_a_file_that_ends_before_it_proves_nothing(offer: Offer, file: Path) -> None:
    assert "from after its last try" in left(offer, file, *around(offer)[:2])


def test_a_file_for_another_offer_proves_nothing(offer: Offer, file: Path) -> None:
    rows = around(OfferFactory(offer_id="777", is_default=False))
    assert "no order of ours under offer 12345" in left(offer, file, *rows)


def test_a_file_of_strangers_proves_nothing(offer: Offer, file: Path) -> None:
    rows = [listed(f"x{day}", at=ago(days=day), status="rejected" if day == 5 else "approved") for day in range(9)]
    assert "no order of ours" in left(offer, file, *rows)


def test_a_file_that_shows_no_rejection_may_be_filtered(offer: Offer, file: Path) -> None:
    early, refused, late = around(offer)
    rows = (early, refused.replace("rejected", "approved"), late)
    assert "filter on the status" in left(offer, file, *rows)


def test_a_person_can_say_that_it_is_not_filtered(offer: Offer, file: Path) -> None:
    rows = around(offer)
    sent(offer, "lost", at=ago(days=3), status="unconfirmed")
    reconcile(file, rows[0], rows[2], options=("--apply", "--unfiltered"))
    assert state("lost") == "pending"


def test_a_file_of_another_affiliate_may_be_filtered(offer: Offer, file: Path) -> None:
    sent(offer, "lost", at=ago(days=3), status="unconfirmed", conversion__affiliate_id="88")
    ended = reconcile(file, *around(offer), options=("--apply",))
    assert state("lost") == "unconfirmed"
    assert "one affiliate alone" in ended.out


def test_a_file_that_lacks_what_aspire_accepted_may_be_filtered(offer: Offer, file: Path) -> None:
    for number in range(3):
        sent(offer, f"gone {number}", at=ago(days=5))
    assert "lacks 3 orders of its time that Aspire accepted and has 3" in left(offer, file, *around(offer))


def test_ids_that_a_spreadsheet_has_spoilt_prove_nothing(offer: Offer, file: Path) -> None:
    rows = [*around(offer), listed("1.23457E+15", at=ago(days=3))]
    assert "turned into numbers" in left(offer, file, *rows)


def test_an_id_that_lost_its_zeros_is_not_absent(offer: Offer, file: Path) -> None:
    sent(offer, "00123", at=ago(days=3), status="unconfirmed")
    ended = reconcile(file, *around(offer), listed("123", at=ago(days=3)), options=("--apply",))
    assert state("00123") == "unconfirmed"
    assert "“123”, which may be this order, retyped" in ended.out


def test_a_file_whose_end_may_be_cut_off_proves_nothing(offer: Offer, file: Path) -> None:
    sent(offer, "lost", at=ago(days=3), status="unconfirmed")
    early, refused, late = around(offer)
    file.write_text("\n".join([HEADER, refused, late, early]))
    ended = run("reconcile_postbacks", str(file), "--apply")
    assert state("lost") == "unconfirmed"
    assert "may be cut short" in ended.out


def test_dates_in_another_time_zone_than_was_said_count_for_nothing(offer: Offer, file: Path) -> None:
    sent(offer, "early", at=ago(days=7))
    rows = [listed("early", at=f"{ago(days=7) + timedelta(hours=9):%Y-%m-%d %H:%M:%S}")]
    ended = reconcile(file, *rows, options=("--timezone", "UTC"))
    assert "1 date cannot be when the order was reported" in ended.out


def test_the_files_dates_are_not_needed_where_our_own_tell(offer: Offer, file: Path) -> None:
    sent(offer, "lost", at=ago(days=3), status="unconfirmed")
    reconcile(file, *around(offer), options=("--apply", "--date-column", ""))
    assert state("lost") == "pending"


def test_a_late_yes_in_the_log_is_not_overruled(offer: Offer, file: Path) -> None:
    lost = sent(offer, "lost", at=ago(days=3), status="unconfirmed")
    lost.attempts.create(started_at=ago(days=3), url="https://x/", verdict="accepted", is_late=True)
    ended = reconcile(file, *around(offer), options=("--apply",))
    assert state("lost") == "unconfirmed"
    assert "mark it as accepted" in ended.out


# A person's word --------------------------------------------------------------------------------------------


def covers(first: float, last: float) -> tuple[str, ...]:
    return ("--covers", ago(days=first).isoformat(), ago(days=last).isoformat())


def test_a_person_can_state_what_the_file_covers(offer: Offer, file: Path) -> None:
    sent(offer, "lost", at=ago(days=3), status="unconfirmed")
    row = around(offer)[0]
    reconcile(file, row, options=("--apply", *covers(7, 1)))
    assert state("lost") == "pending"


def test_it_holds_for_that_time_alone(offer: Offer, file: Path) -> None:
    assert "outside the time" in left(offer, file, *around(offer), options=covers(7, 4))


def test_a_file_without_rows_needs_the_offer_too(offer: Offer, file: Path) -> None:
    sent(offer, "lost", at=ago(days=3), status="unconfirmed")
    ended = reconcile(file, options=("--apply", *covers(7, 1)))
    assert (ended.status, state("lost")) == (1, "unconfirmed")
    assert reconcile(file, options=("--apply", "--offer", "12345", *covers(7, 1))).status == 0
    assert state("lost") == "pending"


def test_nobody_can_state_what_is_not_over(offer: Offer, file: Path) -> None:
    ended = reconcile(file, *around(offer), options=("--covers", "2026-01-01", "2100-01-01"))
    assert ended.status == 2
    assert "not over" in ended.err


def test_a_stated_offer_leaves_the_others_alone(offer: Offer, file: Path) -> None:
    other = OfferFactory(offer_id="777", is_default=False)
    sent(other, "lost", at=ago(days=3), status="unconfirmed")
    reconcile(file, *around(offer), options=("--apply", "--offer", "12345", *covers(7, 1)))
    assert state("lost") == "unconfirmed"


# Columns ----------------------------------------------------------------------------------------------------

FOREIGN = "Wann;Bestellung;Summe;Zustand"


def test_columns_that_cannot_be_guessed_are_asked_for(offer: Offer, file: Path) -> None:
    ended = reconcile(file, "2026-11-01;1001;49,99;approved", header=FOREIGN)
    assert ended.status == 2
    assert "--order-id-column" in ended.err
    assert "“Bestellung”" in ended.err


def test_what_was_said_once_is_remembered_for_the_same_header(offer: Offer, file: Path) -> None:
    sent(offer, "1001", at=ago(days=3))
    row = "2026-11-01;1001;49,99;approved"
    said = ("--order-id-column", "Bestellung", "--amount-column", "Summe", "--status-column", "Zustand")
    assert "Columns, said" in reconcile(file, row, header=FOREIGN, options=said).out
    assert ExportColumns.objects.get().columns["amount"] == "Summe"
    ended = reconcile(file, row, header=FOREIGN)
    assert "Columns, remembered: order id “Bestellung”, amount “Summe”" in ended.out
    assert counts() == {Kind.CONFIRMED: 1}


def test_a_guess_is_shown_and_not_remembered(offer: Offer, file: Path) -> None:
    ended = reconcile(file, *around(offer))
    assert "Columns, guessed: order id “Advertiser Unique 1”, amount “Sale Amount”" in ended.out
    assert not ExportColumns.objects.exists()


def test_a_column_that_is_not_there_is_wrong_usage(offer: Offer, file: Path) -> None:
    ended = reconcile(file, *around(offer), options=("--amount-column", "Price"))
    assert ended.status == 2
    assert "There is no column “Price” (amount). The file has: “Date”" in ended.err


# Files that cannot be read ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("damage", "where"),
    [
        (lambda row: row.rsplit(",", 1)[0], "Row 4, column “Status”"),
        (lambda row: row.replace("49.99", "49.9x"), "Row 4, column “Sale Amount”: “49.9x” is no amount."),
        (lambda row: f"yesterday{row[row.index(',') :]}", "Row 4, column “Date”: “yesterday” is no date."),
        (lambda row: row.replace("late", '"late'), "Row 4"),
        (lambda row: f"{row},more,cells", "Row 4"),
        (lambda row: row.replace("late", "la\x00te"), "Row 4"),
    ],
)
def test_a_damaged_file_changes_nothing_and_is_told_by_row(offer: Offer, file: Path, damage: Any, where: str) -> None:
    sent(offer, "doubtful", at=ago(days=3), status="unconfirmed")
    early, _, late = around(offer)
    ended = reconcile(file, early, listed("doubtful", at=ago(days=3)), damage(late), options=("--apply",))
    assert ended.status == 1
    assert where in ended.err
    assert "\n" not in ended.err
    assert state("doubtful") == "unconfirmed"
    assert not Reconciliation.objects.exists()


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"", "empty"), (b"PK\x03\x04rest", "an Excel workbook"), (b"\r\n\r\n", "no header"), (None, "cannot be opened")],
)
def test_what_is_no_csv_file_is_told(file: Path, content: bytes | None, says: str) -> None:
    if content is not None:
        file.write_bytes(content)
    ended = run("reconcile_postbacks", str(file))
    assert ended.status == 1
    assert says in ended.err
