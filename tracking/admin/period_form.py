"""The form for a period of days, of the overview and of the ledger's export."""

from datetime import date, timedelta
from typing import Any, Final

from django import forms
from django.contrib.admin.widgets import AdminDateWidget

USUAL: Final = 28  # days


class PeriodForm(forms.Form):
    """From which day to which."""

    first = forms.DateField(label="From", widget=AdminDateWidget())
    last = forms.DateField(label="To", widget=AdminDateWidget())

    def clean(self) -> dict[str, Any]:
        """Check that the period has a day in it."""
        first, last = self.cleaned_data.get("first"), self.cleaned_data.get("last")
        if any(day and not 2000 <= day.year <= 2100 for day in (first, last)):
            raise forms.ValidationError("Give days from 2000 to 2100.")  # beyond them moments cannot be told
        if first and last and first > last:
            raise forms.ValidationError("The first day comes after the last one: no day lies between them.")
        return self.cleaned_data


def before(today: date, days: int) -> date:
    """The first of so many days that end with today."""
    return today - timedelta(days=days - 1)
