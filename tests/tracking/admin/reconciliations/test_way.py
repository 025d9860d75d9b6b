"""The admin's way from Aspire's export to settled postbacks: upload, columns, report, apply; and who may go it."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone

from tests.tracking.admin.reconciliations.steps import ALL, COLUMNS, address, compare, doubtful, export, states, upload
from tests.tracking.admin_pages import staff
from tests.tracking.exports import ago, listed
from tests.tracking.terminal import run
from tracking.models import ExportChunk, ExportColumns, ExportUpload, Offer, Reconciliation

pytestmark = pytest.mark.django_db


# The steps ----------------------------------------------------------------------------------------------------


def test_an_upload_shows_its_first_rows_with_the_columns_guessed(offer: Offer) -> None:
    response = upload(staff(*ALL), export(*doubtful(offer)))
    html = response.content.decode()
    assert "The first rows of" in html
    assert '<option value="Advertiser Unique 1" selected>' in html
    assert "are guessed here" in html


def test_the_report_tells_what_was_found(offer: Offer) -> None:
    html = compare(staff(*ALL), *doubtful(offer)).content.decode()
    assert "1 could be marked as accepted, 1 sent again" in html
    assert "Unknown here" in html
    assert "strange" in html
    record = Reconciliation.objects.get()
    assert (record.run_by, record.applied_at, record.rows) == ("alice", None, 4)
    assert set(states().values()) == {"accepted", "unconfirmed"}


def test_what_was_said_of_the_columns_is_offered_the_next_time(offer: Offer) -> None:
    client = staff(*ALL)
    compare(client, *doubtful(offer), amount="", time_zone="Europe/Paris")
    assert ExportColumns.objects.get().saved_by == "alice"
    html = upload(client, export(listed("other", at=ago(days=1)))).content.decode()
    assert "were read before" in html
    assert '<option value="Europe/Paris" selected>' in html
    assert '<option value="Sale Amount" selected>' not in html


def test_applying_asks_first(offer: Offer) -> None:
    client = staff(*ALL)
    compare(client, *doubtful(offer))
    response = client.get(address("apply", Reconciliation.objects.get().pk))
    html = response.content.decode()
    assert "Yes: apply" in html
    assert "Send again" in html
    assert set(states().values()) == {"accepted", "unconfirmed"}


def test_applying_settles_logs_and_deletes_the_file(offer: Offer, kicks: list[int]) -> None:
    client = staff(*ALL)
    compare(client, *doubtful(offer))
    record = Reconciliation.objects.get()
    response = client.post(address("apply", record.pk), {"confirmed": "yes"}, follow=True)
    assert [str(told) for told in response.context["messages"]] == [
        "Marked as accepted: 1; sent again: 1. The file is deleted."
    ]
    assert states() == {"early": "accepted", "there": "accepted", "lost": "pending", "late": "accepted"}
    record.refresh_from_db()
    assert (record.accepted, record.sent_again, record.applied_at is not None) == (1, 1, True)
    assert not ExportUpload.objects.exists()
    assert not ExportChunk.objects.exists()
    assert kicks == [1]
    logged = LogEntry.objects.filter(content_type__model="postback").values_list("change_message", flat=True)
    assert len(logged) == 2
    assert all(record.sha256 in message and "alice" in message for message in logged)
    assert Reconciliation.objects.count() == 1


def test_applying_twice_changes_nothing_more(offer: Offer) -> None:
    client = staff(*ALL)
    compare(client, *doubtful(offer))
    record = Reconciliation.objects.get()
    client.post(address("apply", record.pk), {"confirmed": "yes"})
    assert client.post(address("apply", record.pk), {"confirmed": "yes"}).status_code == 404


def test_the_whole_report_can_be_downloaded_and_is_the_commands(offer: Offer, tmp_path: Any) -> None:
    rows = doubtful(offer)
    client = staff(*ALL)
    compare(client, *rows)
    before = list(Reconciliation.objects.values())
    response = client.get(address("report", Reconciliation.objects.get().pk))
    whole = b"".join(response.streaming_content)
    assert list(Reconciliation.objects.values()) == before
    file, report = tmp_path / "conversions.csv", tmp_path / "report.csv"
    file.write_bytes(export(*rows).read())
    run("reconcile_postbacks", str(file), "--report", str(report))
    assert whole == report.read_bytes()


def test_a_person_can_change_the_columns_and_compare_anew(offer: Offer) -> None:
    client = staff(*ALL)
    compare(client, *doubtful(offer), amount="")
    kept = ExportUpload.objects.get()
    assert '<option value="" selected>None' in client.get(address("columns", kept.pk)).content.decode()
    client.post(address("columns", kept.pk), COLUMNS)
    assert Reconciliation.objects.get().options["columns"]["amount"] == "Sale Amount"


def test_the_file_can_be_deleted_and_the_report_stays(offer: Offer) -> None:
    client = staff(*ALL)
    compare(client, *doubtful(offer))
    record = Reconciliation.objects.get()
    client.post(address("forget", record.pk))
    assert not ExportUpload.objects.exists()
    html = client.get(address("change", record.pk)).content.decode()
    assert "Unknown here" in html
    assert "Apply" not in html


def test_the_history_lists_every_file(offer: Offer) -> None:
    client = staff(*ALL)
    compare(client, *doubtful(offer))
    html = client.get(address("changelist")).content.decode()
    assert "conversions.csv" in html
    assert "only compared" in html
    assert "Compare a file" in html


# Who may what -------------------------------------------------------------------------------------------------


def test_who_may_only_view_reads_the_history_and_uploads_nothing(offer: Offer) -> None:
    record = Reconciliation.objects.create(file_name="x.csv", sha256="0" * 64, run_by="bob", started_at=timezone.now())
    client = staff("view_reconciliation")
    assert client.get(address("changelist")).status_code == 200
    assert client.get(address("change", record.pk)).status_code == 200
    assert client.get(address("add")).status_code == 403
    assert upload(client, export()).status_code == 403


def test_who_may_compare_does_not_apply(offer: Offer) -> None:
    client = staff("view_reconciliation", "add_reconciliation")
    html = compare(client, *doubtful(offer)).content.decode()
    assert "Apply" not in html
    assert client.post(address("apply", Reconciliation.objects.get().pk), {"confirmed": "yes"}).status_code == 403
    assert states()["lost"] == "unconfirmed"


def test_who_may_not_view_sees_nothing(offer: Offer) -> None:
    record = Reconciliation.objects.create(file_name="x.csv", sha256="0" * 64, run_by="bob", started_at=timezone.now())
    client = staff("view_offer")
    for name in ("change", "report", "apply"):
        assert client.get(address(name, record.pk)).status_code == 403
