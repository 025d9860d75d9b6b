"""Heartbeats: each worker writes down that it is alive; a person and `diagnose_tracking` read it."""

import os
import socket
import time
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Final

from django.db.models import QuerySet
from django.utils import timezone

from tracking.models import WorkerHeartbeat

EVERY: Final = 10.0  # seconds
ALIVE_FOR: Final = timedelta(seconds=60)  # after the last beat
FORGOTTEN_AFTER: Final = timedelta(days=1)


def alive(*, now: datetime) -> QuerySet[WorkerHeartbeat]:
    """The workers that have given a sign of life lately."""
    return WorkerHeartbeat.objects.filter(beat_at__gt=now - ALIVE_FOR)


def is_alive(worker: WorkerHeartbeat, *, now: datetime) -> bool:
    """Tell whether a worker has given a sign of life lately."""
    return worker.beat_at > now - ALIVE_FOR


class Heartbeat:
    """This worker's signs of life."""

    def __init__(self) -> None:
        self._name = f"{socket.gethostname()[:150]}:{os.getpid()}:{token_hex(3)}"
        self._started_at = timezone.now()
        self._beats_at = 0.0

    def beat(self, delivered: int) -> None:
        """Write a sign of life down if one is due. Raises DatabaseError."""
        if time.monotonic() < self._beats_at:
            return
        now = timezone.now()
        values = {"started_at": self._started_at, "beat_at": now, "delivered": delivered}
        if not WorkerHeartbeat.objects.filter(name=self._name).update(**values):
            WorkerHeartbeat.objects.filter(beat_at__lt=now - FORGOTTEN_AFTER).delete()
            WorkerHeartbeat.objects.create(name=self._name, **values)
        self._beats_at = time.monotonic() + EVERY

    def end(self) -> None:
        """This worker ends in good order."""
        WorkerHeartbeat.objects.filter(name=self._name).delete()
