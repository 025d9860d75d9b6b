"""An address as its country writes it: the checkout's, and those that customers keep."""

from typing import Any, Final

from django import forms

from .addresses import layout_of, tidy_address
from .countries import COUNTRIES

ADDRESS: Final = ("country", "name", "address1", "address2", "city", "region", "postcode")
"""The names of the fields, for `Meta.fields`."""

_AUTOCOMPLETE: Final = {
    "name": "name",
    "address1": "address-line1",
    "address2": "address-line2",
    "city": "address-level2",
    "region": "address-level1",
    "postcode": "postal-code",
    "country": "country",
}
_MISSING: Final = {
    "name": "Tell us who the parcel is for.",
    "address1": "Tell us the street and number.",
    "city": "Tell us the town or city.",
    "country": "Choose the country we ship to.",
}


class AddressForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """The fields of a country's address, in its words. Names what is wrong by the field."""

    def __init__(self, *args: Any, shape_of: str, **kwargs: Any) -> None:
        """`shape_of` is the country whose fields are shown."""
        super().__init__(*args, **kwargs)
        self.layout = layout_of(shape_of)
        self.fields["country"].widget = forms.Select(choices=COUNTRIES)
        self._shape_address()
        for name, word in _AUTOCOMPLETE.items():
            if name in self.fields:
                self.fields[name].widget.attrs["autocomplete"] = word
        for name, text in _MISSING.items():
            if name in self.fields:
                self.fields[name].error_messages["required"] = text

    def _shape_address(self) -> None:
        """Give the address the fields, names and choices of its country."""
        for name in ("city", "region", "postcode"):
            if name not in self.layout.names:
                del self.fields[name]
                setattr(self.instance, name, "")  # the country before may have had it
                continue
            field, label = self.fields[name], self.layout.labels[name]
            field.required, field.label = name in self.layout.required, label
            field.error_messages["required"] = f"Tell us the {within_a_sentence(label)}."
        if self.layout.regions and "region" in self.fields:
            choices = [("", f"Choose the {within_a_sentence(self.layout.labels['region'])}"), *self.layout.regions]
            self.fields["region"].widget = forms.Select(choices=choices)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if country := cleaned.get("country"):
            tidy, faults = tidy_address({name: cleaned.get(name) or "" for name in self.layout.names}, country)
            cleaned.update((name, value) for name, value in tidy.items() if name in self.fields)
            for name in faults.keys() & self.fields.keys() - self.errors.keys():
                self.add_error(name, self._fault(name))
        return cleaned

    def _fault(self, name: str) -> str:
        label = within_a_sentence(self.layout.labels.get(name, name))
        if name == "postcode" and self.layout.postcode_example:
            return f"This is no {label} of the country: they look like {self.layout.postcode_example}."
        return f"This is no {label} of the country."

    def address_fields(self) -> list[forms.BoundField]:
        """The country first, as it decides on the others, then these in the order in which they are written."""
        return [self["country"], *(self[name] for name in self.layout.names if name in self.fields)]


def within_a_sentence(label: str) -> str:
    """`Town or city` as `town or city`; what is written in capitals stays so, such as `ZIP code`."""
    first, _, rest = label.partition(" ")
    return label if first.isupper() else f"{first.lower()} {rest}".rstrip()
