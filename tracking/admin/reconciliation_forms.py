"""The forms of a reconciliation: which file, and then what its columns mean and what is known of it."""

from typing import Any, Final
from zoneinfo import available_timezones

from django import forms

from tracking.models import Offer
from tracking.reconciliation.columns import Role
from tracking.reconciliation.reading import ENCODINGS, SEPARATORS
from tracking.reconciliation.running import Options

_FIND_OUT: Final = ("", "Find out")


class UploadForm(forms.Form):
    """A file, and how it is written where that cannot be found out."""

    file = forms.FileField(label="Aspire's export", help_text="The CSV file as Aspire exported it, unopened.")
    encoding = forms.ChoiceField(choices=[_FIND_OUT, *((name, name) for name in ENCODINGS)], required=False)
    separator = forms.ChoiceField(
        choices=[_FIND_OUT, *((character, name.capitalize()) for name, character in SEPARATORS.items())],
        required=False,
        label="Separator",
    )


class ColumnsForm(forms.Form):
    """Which column is which, with what is known of the dates and of what the file leaves out."""

    time_zone = forms.ChoiceField(
        label="Time zone of its dates",
        required=False,
        help_text="Where the dates have no offset. Not known: they count for less.",
    )
    date_order = forms.ChoiceField(
        label="04/05/2026 is",
        required=False,
        choices=[("", "As the file shows"), ("mdy", "April 5 (month first)"), ("dmy", "4 May (day first)")],
    )
    is_unfiltered = forms.BooleanField(
        label="Exported without a filter on status or affiliate",
        required=False,
        help_text="Your word. Without it, or a rejected sale in the file, no order counts as absent.",
    )
    offer = forms.ModelChoiceField(
        Offer.objects.all(),
        required=False,
        to_field_name="offer_id",
        empty_label="All",
        help_text="Look for missing orders of this offer alone.",
    )
    covers_from = forms.DateField(
        label="Holds all from",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="Your word, where the file itself does not show it: everything that Aspire recorded from this day …",
    )
    covers_to = forms.DateField(
        label="… to",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="… to this day's end, which has to be over.",
    )

    def __init__(self, *args: Any, header: tuple[str, ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = [("", "None"), *((name, name) for name in dict.fromkeys(header) if name)]
        fields = {
            role.value: forms.ChoiceField(
                label=role.label, choices=names, required=role is Role.ORDER_ID, help_text=_HELP.get(role, "")
            )
            for role in Role
        }
        self.fields = fields | self.fields
        zones = [("", "Not known"), ("UTC", "UTC"), *((zone, zone) for zone in sorted(available_timezones() - {"UTC"}))]
        self.fields["time_zone"].choices = zones  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Check that both ends of a stated time are there."""
        if bool(self.cleaned_data.get("covers_from")) != bool(self.cleaned_data.get("covers_to")):
            raise forms.ValidationError("Give both days of the time that the file holds, or none.")
        return self.cleaned_data

    def options(self, *, encoding: str, separator: str) -> Options:
        """What a valid form says."""
        said = self.cleaned_data
        return Options(
            encoding=encoding,
            separator=separator,
            columns={role.value: said[role.value] for role in Role},
            time_zone=said["time_zone"],
            date_order=said["date_order"],
            covers_from=said["covers_from"].isoformat() if said["covers_from"] else "",
            covers_to=said["covers_to"].isoformat() if said["covers_to"] else "",
            offer_id=said["offer"].offer_id if said["offer"] else "",
            is_unfiltered=said["is_unfiltered"],
        )


_HELP: Final = {
    Role.ORDER_ID: "The shop's order number, which goes out as adv_unique1.",
    Role.AMOUNT: "What the sale came to, not what the creator gets.",
    Role.DATE: "When Aspire recorded it, not when the link was clicked.",
}
