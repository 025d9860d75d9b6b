"""What is unconfirmed is settled by Aspire's export, and nothing else."""

from pathlib import Path
from typing import Any

import pytest

from tests.tracking.exports import NOW, ago, listed, sent
from tests.tracking.reconcile_postbacks.steps import around, counts, reconcile, state
from tracking.models import Offer, Postback, Reconciliation, ReconciliationChange
from tracking.reconciliation.findings import Kind

pytestmark = pytest.mark.django_db


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
