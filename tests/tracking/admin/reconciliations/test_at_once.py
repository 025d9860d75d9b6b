"""One comparison and several who apply it at once, or compare it anew meanwhile: its counts stay right."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.utils import timezone

from tests.tracking.admin.reconciliations.steps import ALL, COLUMNS, address, compare, doubtful, states
from tests.tracking.admin_pages import messages_of, staff
from tests.tracking.threads import side_by_side
from tracking.models import ExportUpload, Offer, Reconciliation
from tracking.reconciliation import running
from tracking.reconciliation.applying import apply
from tracking.reconciliation.findings import Finding

pytestmark = pytest.mark.django_db

SETTLED = {"early": "accepted", "there": "accepted", "lost": "pending", "late": "accepted"}


def apply_it(client: Client) -> Any:
    return client.post(address("apply", Reconciliation.objects.get().pk), {"confirmed": "yes"}, follow=True)


def compare_anew(client: Client) -> Any:
    return client.post(address("columns", ExportUpload.objects.get().pk), COLUMNS, follow=True)


@pytest.mark.parametrize("another", [apply_it, compare_anew])
def test_who_comes_while_somebody_applies_it_is_told_so_and_changes_nothing(
    offer: Offer, monkeypatch: pytest.MonkeyPatch, another: Any
) -> None:
    client = staff(*ALL)
    compare(client, *doubtful(offer))
    told: list[str] = []

    def apply_beside_another(findings: Sequence[Finding], record: Reconciliation) -> None:
        told.extend(messages_of(another(client)))
        apply(findings, record)

    monkeypatch.setattr(running, "apply", apply_beside_another)
    [message] = messages_of(apply_it(client))

    assert message == "Marked as accepted: 1; sent again: 1. The file is deleted."
    assert [text.partition(" since ")[0] for text in told] == ["Somebody has been at work on this comparison"]
    record = Reconciliation.objects.get()
    assert (record.accepted, record.sent_again, record.to_accept, record.to_send_again) == (1, 1, 1, 1)
    assert record.applied_at
    assert states() == SETTLED
    assert LogEntry.objects.filter(content_type__model="postback").count() == 2


def test_who_comes_after_somebody_applied_it_is_told_what_came_of_it(offer: Offer) -> None:
    client = staff(*ALL)
    compare(client, *doubtful(offer))
    Reconciliation.objects.update(applied_at=timezone.now(), accepted=7, sent_again=2)  # its file is not deleted yet

    assert messages_of(apply_it(client)) == ["It was applied already: 7 marked as accepted, 2 sent again."]
    assert states()["lost"] == "unconfirmed"


@pytest.mark.parametrize(("minutes", "settled"), [(14, False), (16, True)])
def test_what_was_broken_off_is_applied_to_its_end_after_a_while(offer: Offer, minutes: int, settled: bool) -> None:
    client = staff(*ALL)
    compare(client, *doubtful(offer))
    Reconciliation.objects.update(busy_since=timezone.now() - timedelta(minutes=minutes), accepted=5)

    apply_it(client)

    assert (states() == SETTLED) is settled
    assert Reconciliation.objects.get().accepted == (6 if settled else 5)


def test_a_file_that_cannot_be_read_leaves_the_comparison_free(offer: Offer, monkeypatch: pytest.MonkeyPatch) -> None:
    client = staff(*ALL)
    compare(client, *doubtful(offer))
    with monkeypatch.context() as patched:
        patched.setattr(running, "prepared", _fails)
        apply_it(client)

    apply_it(client)

    assert states() == SETTLED


def _fails(*_: Any) -> Any:
    raise running.ReadError("It cannot be read.")


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time")
def test_two_clicks_at_once_settle_and_count_each_postback_once(offer: Offer) -> None:
    client = staff(*ALL)
    compare(client, *doubtful(offer))
    other = Client()
    other.cookies = client.cookies

    failures = side_by_side(lambda: apply_it(client), lambda: apply_it(other))

    record = Reconciliation.objects.get()
    assert failures == []
    assert (record.accepted, record.sent_again, record.changes.count()) == (1, 1, 2)
    assert LogEntry.objects.filter(content_type__model="postback").count() == 2
    assert states() == SETTLED
