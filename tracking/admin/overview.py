"""The overview's page: which period it shows, and who may see it."""

from datetime import date, datetime, tzinfo
from typing import Any, Final

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.template.response import TemplateResponse
from django.utils import timezone

from tracking.admin.log import ListAlone
from tracking.admin.period_form import PeriodForm
from tracking.models import Overview
from tracking.reports.overview import Period, from_day_to_day, last_days, last_hours, overview

PRESETS: Final = (("24h", "24 hours"), ("7d", "7 days"), ("30d", "30 days"), ("90d", "90 days"))
USUAL: Final = "30d"
LONGEST: Final = 3 * 366  # days


class OwnPeriodForm(PeriodForm):
    """A period of one's own."""

    def clean(self) -> dict[str, Any]:
        """Check that it is not so long that nobody would wait for it."""
        said = super().clean()
        if {"first", "last"} <= said.keys() and (said["last"] - said["first"]).days >= LONGEST:
            raise forms.ValidationError("Give three years at most.")
        return said


@admin.register(Overview)
class OverviewAdmin(ListAlone[Overview]):
    """One page, where other models have their list."""

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show the period that the address names, or the last 30 days."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        now, zone = timezone.now(), timezone.get_current_timezone()
        form, period = _chosen(request.GET, now, zone)
        context = {
            **self.admin_site.each_context(request),
            "title": "Overview",
            "opts": self.opts,
            "media": self.media,
            "form": form,
            "presets": PRESETS,
            "period": period,
            "page": overview(period, now=now) if period else None,
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/tracking/overview.html", context)


def _chosen(query: QueryDict, now: datetime, zone: tzinfo) -> tuple[OwnPeriodForm, Period | None]:
    """The form for a period of one's own, and the period to show: None where the form complains."""
    if {"first", "last"} & query.keys():
        form = OwnPeriodForm(query)
        if not form.is_valid():
            return form, None
        first, last = form.cleaned_data["first"], form.cleaned_data["last"]
        return form, from_day_to_day(first, last, now=now, zone=zone)
    period = _preset(query.get("period", USUAL), now, zone)
    return OwnPeriodForm(initial={"first": _day(period.start, zone), "last": _day(now, zone)}), period


def _preset(key: str, now: datetime, zone: tzinfo) -> Period:
    if key == "24h":
        return last_hours(24, now=now, zone=zone)
    known = dict(PRESETS)
    return last_days(int((key if key in known else USUAL)[:-1]), now=now, zone=zone)


def _day(moment: datetime, zone: tzinfo) -> date:
    return moment.astimezone(zone).date()
