"""Alerts: what the merchant was told is wrong, until it is right again; and the rounds in which it is looked for."""

from datetime import datetime

from django.db import IntegrityError, models, transaction
from django.db.models import F, Q

SUBJECT_LENGTH = 255  # characters; a host's name may be as long
KEY_LENGTH = 255  # characters: MySQL has no longer unique text


class AlertQuerySet(models.QuerySet["Alert"]):
    def open(self) -> "AlertQuerySet":
        """Those whose cause is still there."""
        return self.filter(cleared_at=None)

    def untold(self) -> "AlertQuerySet":
        """Those that nobody was mailed about yet: new ones, worse ones, and all-clears of what was mailed about."""
        worse = Q(cleared_at=None, level__gt=F("told_level"))
        over = Q(cleared_at__isnull=False, told_level__gt=0, told_clear_at=None)
        return self.filter(worse | over)


class Alert(models.Model):
    """One thing that is wrong, from the moment it was noticed to its end. There is one open row for each `key`."""

    class Kind(models.TextChoices):
        NEEDS_PERSON = "needs_person", "Postbacks need a person"
        NO_OFFER = "no_offer", "Orders wait for their offer"
        HELD = "held", "Postbacks cannot be sent as they are"
        ACCEPTANCE = "acceptance", "Fewer postbacks are accepted"
        NOTHING_ACCEPTED = "nothing_accepted", "Nothing is accepted"
        NO_LANDINGS = "no_landings", "No creator's link is followed"
        NO_WORKER = "no_worker", "Nobody delivers"
        PAUSED_HOST = "paused_host", "A host stays paused"

    kind = models.CharField(max_length=20, choices=Kind.choices)
    subject = models.CharField(max_length=SUBJECT_LENGTH, blank=True)
    """What it is about, where there may be several of a kind: a state, a host."""
    key = models.CharField(max_length=KEY_LENGTH, unique=True, null=True)  # noqa: DJ001 - many are over
    """Kind and subject while it is open: two processes that notice the same make one alert. None once it is over."""
    level = models.PositiveSmallIntegerField()
    """How bad it is or was at its worst, from 1; each step is told anew."""
    what = models.TextField()
    since = models.DateTimeField(null=True)
    """When the trouble itself began, as far as that is known."""
    opened_at = models.DateTimeField()
    cleared_at = models.DateTimeField("over", null=True)
    told_level = models.PositiveSmallIntegerField(default=0)
    """The level that was mailed last; 0: none yet."""
    told_at = models.DateTimeField("last mailed", null=True)
    told_clear_at = models.DateTimeField(null=True)
    being_told_until = models.DateTimeField(null=True)
    """Somebody is mailing it until then; a process that ends meanwhile leaves it to the next."""

    objects = AlertQuerySet.as_manager()

    class Meta:
        ordering = ["-opened_at"]
        indexes = [models.Index(fields=["cleared_at", "opened_at"], name="tracking_alert_open")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}{f' ({self.subject})' if self.subject else ''}"


class WatchRound(models.Model):
    """When somebody last looked: whoever moves `began_at` on is the one who looks."""

    name = models.CharField(max_length=20, unique=True)
    began_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name

    @classmethod
    def begin(cls, name: str, *, now: datetime, not_after: datetime) -> bool:
        """Tell whether this process is to look: nobody else has begun to since `not_after`."""
        if cls.objects.filter(name=name, began_at__lte=not_after).update(began_at=now):
            return True
        if cls.objects.filter(name=name).exists():
            return False
        try:
            with transaction.atomic():
                cls.objects.create(name=name, began_at=now)
        except IntegrityError:  # another process was first
            return False
        return True
