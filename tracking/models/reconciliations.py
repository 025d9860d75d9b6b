"""Comparisons with Aspire's export: what was found, what was changed by them, and what is kept for the next one."""

from django.db import models

from tracking.models.fields import IdField
from tracking.orders import ORDER_ID_LENGTH


class Reconciliation(models.Model):
    """One comparison of the log with a file that Aspire exported."""

    file_name = models.CharField("file", max_length=255)
    sha256 = models.CharField("SHA-256", max_length=64, db_index=True)
    run_by = models.CharField("by", max_length=150)
    started_at = models.DateTimeField("when")
    applied_at = models.DateTimeField("applied", null=True)
    """When unconfirmed postbacks were settled by it; empty where it only compared."""
    busy_since = models.DateTimeField(null=True)
    """When somebody began to compare the file anew or to apply it; empty when nobody is at work."""
    rows = models.PositiveIntegerField(default=0)
    findings = models.JSONField(default=dict)
    """Count, sums and examples by kind, as `tracking.reconciliation.findings.Tally` writes them."""
    left = models.JSONField(default=dict)
    """How many postbacks stay unconfirmed, by the reason."""
    notes = models.JSONField(default=list)
    options = models.JSONField(default=dict)
    """How the file was read: see `tracking.reconciliation.running.Options`."""
    to_accept = models.PositiveIntegerField(default=0)
    to_send_again = models.PositiveIntegerField(default=0)
    accepted = models.PositiveIntegerField("marked as accepted", default=0)
    sent_again = models.PositiveIntegerField(default=0)

    class Meta:
        permissions = [("apply_reconciliation", "Can settle postbacks by Aspire's export")]

    def __str__(self) -> str:
        return f"{self.file_name}, {self.started_at:%Y-%m-%d %H:%M}"


class ReconciliationChange(models.Model):
    """One unconfirmed postback that a reconciliation settled. Outlives the postback."""

    class Became(models.TextChoices):
        ACCEPTED = "accepted", "Accepted"
        """The export lists it."""
        PENDING = "pending", "Sent again"
        """The export covers its time and does not list it."""

    reconciliation = models.ForeignKey(Reconciliation, on_delete=models.PROTECT, related_name="changes")
    order_id = IdField("order", max_length=ORDER_ID_LENGTH)
    became = models.CharField(max_length=12, choices=Became.choices)
    why = models.TextField()
    """With the file's name and hash."""
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"Order {self.order_id}: {self.became}"


class ExportColumns(models.Model):
    """Which column of an export is which, as somebody said once, for files with the same header."""

    fingerprint = models.CharField(max_length=64, unique=True)
    header = models.JSONField()
    columns = models.JSONField()
    """The column's name by role."""
    date_order = models.CharField(max_length=3, blank=True)
    time_zone = models.CharField(max_length=64, blank=True)
    saved_by = models.CharField(max_length=150)
    saved_at = models.DateTimeField()

    def __str__(self) -> str:
        return ", ".join(self.header)


class ExportUpload(models.Model):
    """A file that somebody uploaded and has not finished with: it goes when its work is done, or after a day."""

    file_name = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    uploaded_by = models.CharField(max_length=150)
    uploaded_at = models.DateTimeField()
    reconciliation = models.OneToOneField(
        Reconciliation, on_delete=models.CASCADE, null=True, related_name="upload", editable=False
    )

    def __str__(self) -> str:
        return self.file_name


class ExportChunk(models.Model):
    """A piece of an uploaded file: in the database, so that every machine that serves the admin has it."""

    upload = models.ForeignKey(ExportUpload, on_delete=models.CASCADE, related_name="chunks")
    number = models.PositiveIntegerField()
    data = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["upload", "number"], name="tracking_export_chunk_once")]

    def __str__(self) -> str:
        return f"{self.upload_id}: {self.number}"
