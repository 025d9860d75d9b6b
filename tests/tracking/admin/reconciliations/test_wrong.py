"""What goes wrong with a file on its way through the admin."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from tests.tracking.admin.reconciliations.steps import ALL, address, compare, doubtful, export, states, upload
from tests.tracking.admin_pages import staff
from tests.tracking.exports import ago, listed
from tests.tracking.terminal import run
from tracking.models import ExportChunk, ExportUpload, Offer, Reconciliation
from tracking.reconciliation import uploads

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"PK\x03\x04", "an Excel workbook"), (b"a,b\n1\n", "Row 2, column “b”"), (b"\n", "no header")],
)
def test_a_file_that_cannot_be_read_is_told_and_not_kept(content: bytes, says: str) -> None:
    response = upload(staff(*ALL), SimpleUploadedFile("x.csv", content))
    assert says in response.content.decode()
    assert not ExportUpload.objects.exists()


def test_a_damaged_row_further_down_is_told_with_row_and_column(offer: Offer) -> None:
    rows = [listed(str(number), at=ago(days=2)) for number in range(10)]
    html = compare(staff(*ALL), *rows, listed("x", at=ago(days=2), amount="oops")).content.decode()
    assert "Row 12, column “Sale Amount”: “oops” is no amount." in html
    assert not Reconciliation.objects.exists()


def test_half_a_stated_time_is_asked_back(offer: Offer) -> None:
    html = compare(staff(*ALL), *doubtful(offer), covers_from="2026-01-01").content.decode()
    assert "Give both days" in html


def test_a_stated_time_before_all_calendars_is_refused(offer: Offer) -> None:
    said = {"covers_from": "0001-01-01", "covers_to": "0001-01-02", "time_zone": "Asia/Tokyo"}
    assert "“0001-01-01” is no day" in compare(staff(*ALL), *doubtful(offer), **said).content.decode()


def test_a_file_that_is_too_large_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MOST_BYTES", 10)
    assert "can be uploaded" in upload(staff(*ALL), export()).content.decode()
    assert not ExportUpload.objects.exists()


def test_a_file_that_changed_in_the_store_is_refused(offer: Offer) -> None:
    client = staff(*ALL)
    compare(client, *doubtful(offer))
    ExportChunk.objects.update(data=b"Order ID\n1\n")
    client.post(address("apply", Reconciliation.objects.get().pk), {"confirmed": "yes"})
    assert states()["lost"] == "unconfirmed"


def test_large_files_are_kept_in_pieces(offer: Offer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "CHUNK", 64)
    compare(staff(*ALL), *doubtful(offer))
    assert ExportChunk.objects.count() > 3
    assert Reconciliation.objects.get().rows == 4


def test_what_nobody_finishes_goes_after_a_day(offer: Offer) -> None:
    client = staff(*ALL)
    upload(client, export(*doubtful(offer)))
    ExportUpload.objects.update(uploaded_at=timezone.now() - timedelta(days=2))
    assert run("prune_postbacks").status == 0
    assert not ExportChunk.objects.exists()
