"""Uploaded exports: in the database until they are done with, so that any machine that serves the admin has them."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction
from django.utils import timezone

from tracking.models import ExportChunk, ExportUpload
from tracking.reconciliation.reading import ReadError

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile

MOST_BYTES: Final = 64 * 1024 * 1024
KEPT: Final = timedelta(days=1)
CHUNK: Final = 512 * 1024  # bytes: less than any database takes in one statement


def keep(file: "UploadedFile[Any]", *, by: str) -> ExportUpload:
    """Keep a file. Raises ReadError for one that is too large."""
    if (file.size or 0) > MOST_BYTES:
        raise ReadError(
            f"The file has {(file.size or 0) / 1e6:.0f} MB, and {MOST_BYTES / 1e6:.0f} MB can be uploaded: export a "
            "shorter period, or use manage.py reconcile_postbacks."
        )
    digest = hashlib.sha256()
    with transaction.atomic():
        upload = ExportUpload.objects.create(
            file_name=Path(file.name or "export.csv").name[-255:], uploaded_by=by, uploaded_at=timezone.now()
        )
        for number, data in enumerate(iter(lambda: file.read(CHUNK), b"")):
            digest.update(data)
            ExportChunk.objects.create(upload=upload, number=number, data=data)
        upload.sha256 = digest.hexdigest()
        upload.save(update_fields=["sha256"])
    return upload


@contextmanager
def as_file(upload: ExportUpload) -> Iterator[Path]:
    """The uploaded file on disk, for as long as the block lasts. Raises ReadError if it is not what was uploaded."""
    digest, number = hashlib.sha256(), 0
    with TemporaryDirectory(prefix="tracking-", ignore_cleanup_errors=True) as folder:
        path = Path(folder) / "export.csv"
        with path.open("wb") as file:
            while chunk := ExportChunk.objects.filter(upload=upload, number=number).first():
                data = bytes(chunk.data)
                digest.update(data)
                file.write(data)
                number += 1
        if digest.hexdigest() != upload.sha256:
            raise ReadError("The uploaded file is no longer whole: upload it again.")
        yield path


def purge(*, now: datetime) -> int:
    """Delete what nobody finished within a day; returns how many files."""
    old = ExportUpload.objects.filter(uploaded_at__lt=now - KEPT)
    return sum(forget(upload) for upload in old)


def forget(upload: ExportUpload) -> int:
    """Delete a file; returns 1."""
    ExportUpload.objects.filter(pk=upload.pk).delete()
    return 1
