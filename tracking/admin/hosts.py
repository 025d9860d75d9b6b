"""Paused hosts: which hosts nothing is sent to, until when and why; a person may have one tried again at once."""

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from tracking.admin.log import ReadOnlyLog
from tracking.models import HostPause
from tracking.postbacks import engines, pauses
from tracking.reports.wording import clock, count, span


@admin.register(HostPause)
class HostPauseAdmin(ReadOnlyLog[HostPause]):
    """A list alone. Who may send postbacks again may end a pause."""

    change_list_template = "admin/tracking/paused_hosts.html"
    list_display = ["host", "until", "why", "paused_since"]
    list_display_links = None
    actions = ["try_again"]

    @admin.display(description="nothing is sent until", ordering="paused_until")
    def until(self, pause: HostPause) -> str:
        now = timezone.now()
        if pause.paused_until > now:
            return f"{clock(pause.paused_until, now=now)}, {span(pause.paused_until - now)} from now"
        if pause.probe_expires_at and pause.probe_expires_at > now:
            return "one postback is being tried now"
        return "the next delivery" + (", which tries one postback" if pause.is_broken else "")

    @admin.display(description="why")
    def why(self, pause: HostPause) -> str:
        return f"{'It failed again and again' if pause.is_broken else 'It asked for it'}: {pause.reason}"

    @admin.display(description="since", ordering="since")
    def paused_since(self, pause: HostPause) -> str:
        return clock(pause.since, now=timezone.now())

    def has_resend_permission(self, request: HttpRequest) -> bool:
        """Tell whether this person may send postbacks again."""
        return request.user.has_perm("tracking.resend_postback")

    @admin.action(description="Try again now", permissions=["resend"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[HostPause]) -> HttpResponse | None:
        """Ask first, then end the pauses."""
        chosen = list(queryset)
        if "confirmed" not in request.POST:
            return self._ask(request, chosen)
        ended = pauses.end(queryset, now=timezone.now())
        for pause in chosen:
            self.log_change(request, pause, f"Tried again now by {request.user.get_username()}.")
        engines.kick()
        self.message_user(request, f"Tried again with the next delivery: {count(ended, 'host')}.", messages.SUCCESS)
        return None

    def _ask(self, request: HttpRequest, chosen: list[HostPause]) -> TemplateResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": f"Try again now: {count(len(chosen), 'host')}",
            "opts": self.opts,
            "media": self.media,
            "lines": [(pause, self.until(pause), self.why(pause)) for pause in chosen],
            "has_asked_to_wait": any(not pause.is_broken for pause in chosen),
            "checkbox_name": ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "admin/tracking/end_pause.html", context)
