"""The page with the totals of a period: what became of its orders and why, and what its landings carried."""

from datetime import date, timedelta
from typing import Any, Final

from django import forms
from django.contrib.admin.widgets import AdminDateWidget
from django.http import HttpRequest
from django.utils import timezone

from tracking.reports.totals import totals

PRESETS: Final = (("7 days", 7), ("28 days", 28), ("90 days", 90), ("A year", 365))
USUAL: Final = 28  # days


class PeriodForm(forms.Form):
    """From which day to which."""

    first = forms.DateField(label="From", widget=AdminDateWidget())
    last = forms.DateField(label="To", widget=AdminDateWidget())

    def clean(self) -> dict[str, Any]:
        """Check that the period has a day in it."""
        first, last = self.cleaned_data.get("first"), self.cleaned_data.get("last")
        if first and last and first > last:
            raise forms.ValidationError("The first day comes after the last one: no day lies between them.")
        if any(day and not 2000 <= day.year <= 2100 for day in (first, last)):
            raise forms.ValidationError("Give days from 2000 to 2100.")  # beyond them moments cannot be told
        return self.cleaned_data


def context(request: HttpRequest) -> dict[str, Any]:
    """What the page shows: the period that the address names, or the last four weeks."""
    today = timezone.localdate()
    usual = {"first": _before(today, USUAL), "last": today}
    form = PeriodForm(request.GET if {"first", "last"} & request.GET.keys() else usual)
    presets = [
        {"label": label, "first": _before(today, days).isoformat(), "last": today.isoformat()}
        for label, days in PRESETS
    ]
    shown = totals(form.cleaned_data["first"], form.cleaned_data["last"]) if form.is_valid() else None
    return {"form": form, "presets": presets, "totals": shown}


def _before(today: date, days: int) -> date:
    """The first of so many days that end with today."""
    return today - timedelta(days=days - 1)
