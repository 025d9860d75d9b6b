"""What absence from a file does not prove, and what a person can state."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.factories import OfferFactory
from tests.tracking.exports import HEADER, ago, listed, sent
from tests.tracking.reconcile_postbacks.steps import around, reconcile, state
from tests.tracking.terminal import run
from tracking.models import Offer

pytestmark = pytest.mark.django_db


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


def test_a_row_that_takes_money_back_does_not_show_that_rejections_are_listed(offer: Offer, file: Path) -> None:
    early, refused, late = around(offer)
    rows = (early, refused.replace("rejected", "approved").replace("49.99", "-49.99"), late)
    assert "filter on the status" in left(offer, file, *rows)


def test_a_person_can_say_that_it_is_not_filtered(offer: Offer, file: Path) -> None:
    rows = around(offer)
    sent(offer, "lost", at=ago(days=3), status="unconfirmed")
    reconcile(file, rows[0], rows[2], options=("--apply", "--unfiltered"))
    assert state("lost") == "pending"


@pytest.mark.parametrize("others", [[], ["89", "90"]])
def test_a_file_of_other_affiliates_may_be_filtered(offer: Offer, file: Path, others: list[str]) -> None:
    rows = around(offer)
    for other in others:
        sent(offer, f"of {other}", at=ago(days=4), conversion__affiliate_id=other)
        rows.append(listed(f"of {other}", at=ago(days=4), affiliate=other))
    sent(offer, "lost", at=ago(days=3), status="unconfirmed", conversion__affiliate_id="88")
    ended = reconcile(file, *rows, options=("--apply",))
    assert state("lost") == "unconfirmed"
    assert "no order of affiliate 88" in ended.out


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


@pytest.mark.parametrize("verdict", ["accepted", "duplicate"])
def test_a_late_yes_in_the_log_is_not_overruled(offer: Offer, file: Path, verdict: str) -> None:
    lost = sent(offer, "lost", at=ago(days=3), status="unconfirmed")
    lost.attempts.create(started_at=ago(days=3), url="https://x/", verdict=verdict, is_late=True)
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


def test_an_order_is_looked_for_as_it_was_sent_whatever_the_url_says_now(offer: Offer, file: Path) -> None:
    """The brand before the order's id has gone from the URL since."""
    lost = sent(offer, "1001", at=ago(days=3), status="unconfirmed")
    lost.attempts.update(url="https://get.aspr.app/aff_lsr?aff_id=77&amount=49.99&adv_unique1=shop%2F1001")
    row = around(offer)[0]
    ended = reconcile(file, row, listed("shop/1001", at=ago(days=3)), options=("--apply", *covers(7, 1)))
    assert state("1001") == "unconfirmed"
    assert "The file lists “shop/1001”, which may be this order" in ended.out


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
