"""What the processes that deliver tell one another, and the merchant: hosts left alone, workers alive."""

from django.db import models


class HostPause(models.Model):
    """A host that nothing is sent to until `paused_until`: it failed again and again, or it asked for it."""

    host = models.CharField(max_length=255, unique=True)
    paused_until = models.DateTimeField()
    reason = models.TextField()
    is_broken = models.BooleanField("broken", default=True)
    """It failed: a single probe decides whether it is open again. False: it asked to wait, and is open afterwards."""
    pauses_made = models.PositiveSmallIntegerField(default=1)
    """Pauses in a row, this one included; each is twice as long as the one before."""
    probe_expires_at = models.DateTimeField(null=True)
    """Somebody is probing the host until then."""
    since = models.DateTimeField()

    class Meta:
        verbose_name = "paused host"
        ordering = ["host"]

    def __str__(self) -> str:
        return f"{self.host}, paused until {self.paused_until:%Y-%m-%d %H:%M:%S}"


class WorkerHeartbeat(models.Model):
    """A sign of life that a `deliver_postbacks` process gives; gone when it ended in good order."""

    name = models.CharField(max_length=200, unique=True)
    """Host name, process id, and a random part, since both are used again."""
    started_at = models.DateTimeField()
    beat_at = models.DateTimeField()
    delivered = models.PositiveBigIntegerField(default=0)
    """Postbacks tried since the start."""

    class Meta:
        verbose_name = "worker"
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
