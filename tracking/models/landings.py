"""Landing counts: how often a landing carried something that is no click."""

from datetime import date, datetime

from django.db import IntegrityError, models, transaction


class LandingCountQuerySet(models.QuerySet["LandingCount"]):
    def add(self, *, day: date, finding: str, parameter: str, number: int = 1) -> None:
        """Count one landing, or `number` of them."""
        row = self.filter(day=day, finding=finding, parameter=parameter)
        one_more = {"count": models.F("count") + number}
        if row.update(**one_more):
            return
        try:
            with transaction.atomic(using=self.db):
                self.create(day=day, finding=finding, parameter=parameter, count=number)
        except IntegrityError:  # another process was first
            row.update(**one_more)


class LandingCount(models.Model):
    """Landings of one day whose `parameter` held a `finding` (see `tracking.capture.clicks.Finding`).

    Without a parameter: what the whole landing came to, "any" for all landings there were.
    """

    day = models.DateField()
    finding = models.CharField(max_length=20)
    parameter = models.CharField(max_length=100)
    count = models.PositiveIntegerField()

    objects = LandingCountQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["day", "finding", "parameter"], name="tracking_landing_count_once"),
        ]

    def __str__(self) -> str:
        return f"{self.day}: {self.parameter} {self.finding}, {self.count} times"


class LandingHourQuerySet(models.QuerySet["LandingHour"]):
    def add(self, *, starts_at: datetime, number: int) -> None:
        """Count landings of the hour that starts then."""
        row = self.filter(starts_at=starts_at)
        more = {"count": models.F("count") + number}
        if row.update(**more):
            return
        try:
            with transaction.atomic(using=self.db):
                self.create(starts_at=starts_at, count=number)
        except IntegrityError:  # another process was first
            row.update(**more)


class LandingHour(models.Model):
    """How many landings an hour had. Kept for some weeks, so that the watch knows when there usually are some."""

    starts_at = models.DateTimeField(unique=True)
    count = models.PositiveIntegerField()

    objects = LandingHourQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.starts_at:%Y-%m-%d %H:%M}: {self.count} landings"
