"""What the messages owed to Aspire have in common, whatever they say: when due, whose claim, and the tries."""

from django.db import models

from tracking.postbacks.verdicts import Verdict


class Owed(models.Model):
    """A message in the outbox. Only `tracking.postbacks.outbox` changes its state."""

    verdict = models.CharField("last verdict", max_length=12, choices=Verdict.choices(), blank=True)
    detail = models.TextField(blank=True)
    due_at = models.DateTimeField(null=True)
    attempts_made = models.PositiveSmallIntegerField("attempts", default=0)
    attempts_before_requeue = models.PositiveSmallIntegerField(default=0)
    """The retry schedule counts from here: a person who sends again gets the whole schedule again."""
    claim_token = models.UUIDField(null=True)
    """The fence: whoever claimed the row settles it only while this is still the token of that claim."""
    lease_expires_at = models.DateTimeField(null=True)
    is_called_off = models.BooleanField("called off", default=False)
    """The order was cancelled or fully refunded: nothing is sent any more, neither by itself nor by a person."""
    created_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True


class Try(models.Model):
    """One HTTP try, refused connections included."""

    started_at = models.DateTimeField()
    duration_ms = models.PositiveIntegerField("duration (ms)", null=True)
    url = models.TextField("request URL")
    """With secrets masked."""
    http_status = models.PositiveSmallIntegerField("HTTP status", null=True)
    reply = models.TextField(blank=True)
    """The first 1 KiB of what came back."""
    verdict = models.CharField(max_length=12, choices=Verdict.choices())
    detail = models.TextField(blank=True)
    """What the verdict rests on: Aspire's own words, or what went wrong."""
    is_late = models.BooleanField("too late to count", default=False)
    """The answer came after the lease had expired and the message had been settled: logged, changing nothing."""

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"Attempt at {self.started_at:%Y-%m-%d %H:%M:%S}"
