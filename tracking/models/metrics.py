"""Counters for monitoring, which outlive the rows that they counted."""

from django.db import models


class MetricMark(models.Model):
    """Up to where a kind of event is counted: whoever moves it on does the counting."""

    name = models.CharField(max_length=30, unique=True)
    until = models.DateTimeField()
    last_id = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.name}, counted until {self.until:%Y-%m-%d %H:%M:%S}"


class MetricCounter(models.Model):
    """How often something happened. Never falls."""

    name = models.CharField(max_length=30)
    label = models.CharField(max_length=30)
    value = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["name", "label"], name="tracking_metric_once")]

    def __str__(self) -> str:
        return f"{self.name} {self.label}: {self.value}"
