"""Alerts: what is wrong, what to do about it, and what was wrong before."""

from typing import Any

from django.contrib import admin
from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from tracking.admin.log import ReadOnlyLog, badge
from tracking.models import Alert
from tracking.reports.wording import clock, span
from tracking.watch.advice import advice_on, path_of


class StateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("open", "Open"), ("over", "Over")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Alert]) -> QuerySet[Alert] | None:
        """Those whose cause is still there, or is gone."""
        is_open = {"open": True, "over": False}.get(self.value() or "")
        return queryset if is_open is None else queryset.filter(cleared_at__isnull=is_open)


@admin.register(Alert)
class AlertAdmin(ReadOnlyLog[Alert]):
    """A list; a row's own page, which nothing leads to, says no more than its line."""

    change_list_template = "admin/tracking/alerts.html"
    list_display = ["alert", "lasted", "over", "mailed"]
    list_display_links = None
    fields = ["alert", "lasted"]
    list_filter = [StateFilter, "kind"]
    sortable_by = []
    ordering = [F("cleared_at").desc(nulls_first=True), "-opened_at"]

    @admin.display(description="alert")
    def alert(self, alert: Alert) -> SafeString:
        """What is wrong and, while it is, what to do and where."""
        state = badge("over", "Over") if alert.cleared_at else badge("open", "Open")
        what = format_html("{} <strong>{}</strong><p>{}</p>", state, alert, alert.what)
        if alert.cleared_at:
            return what
        path = path_of(alert)
        link = format_html(' <a href="{}">See it</a>', path) if path else ""
        return format_html("{}<p>{}{}</p>", what, advice_on(alert).do, link)

    @admin.display(description="since", ordering="since")
    def lasted(self, alert: Alert) -> str:
        now = timezone.now()
        since = alert.since or alert.opened_at
        return f"{clock(since, now=now)}, for {span((alert.cleared_at or now) - since)}"

    @admin.display(description="over", ordering="cleared_at")
    def over(self, alert: Alert) -> str | None:
        return clock(alert.cleared_at, now=timezone.now()) if alert.cleared_at else None

    @admin.display(description="last mailed", ordering="told_at")
    def mailed(self, alert: Alert) -> str | None:
        return clock(alert.told_at, now=timezone.now()) if alert.told_at else None
