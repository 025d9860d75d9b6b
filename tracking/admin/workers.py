"""Workers: the `deliver_postbacks` processes by their signs of life."""

from django.contrib import admin
from django.utils import timezone
from django.utils.safestring import SafeString

from tracking.admin.log import ReadOnlyLog, badge
from tracking.models import WorkerHeartbeat
from tracking.postbacks.heartbeats import is_alive
from tracking.reports.wording import clock, span


@admin.register(WorkerHeartbeat)
class WorkerHeartbeatAdmin(ReadOnlyLog[WorkerHeartbeat]):
    """A list alone."""

    change_list_template = "admin/tracking/workers.html"
    list_display = ["name", "state", "last_sign_of_life", "started", "delivered"]
    list_display_links = None
    ordering = ["-beat_at"]

    @admin.display(description="state")
    def state(self, worker: WorkerHeartbeat) -> SafeString:
        alive = is_alive(worker, now=timezone.now())
        return badge("alive", "Alive") if alive else badge("silent", "Silent")

    @admin.display(description="last sign of life", ordering="beat_at")
    def last_sign_of_life(self, worker: WorkerHeartbeat) -> str:
        now = timezone.now()
        return f"{span(now - worker.beat_at)} ago, {clock(worker.beat_at, now=now)}"

    @admin.display(description="started", ordering="started_at")
    def started(self, worker: WorkerHeartbeat) -> str:
        return clock(worker.started_at, now=timezone.now())
