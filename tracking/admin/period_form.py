"""The form for a period of days, of the overview and of the ledger's export."""

from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminDateWidget


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
