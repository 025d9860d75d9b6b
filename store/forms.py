"""What shoppers type: what they put into the cart, a coupon's code, and the checkout."""

from collections.abc import Sequence
from typing import Any, Final

from django import forms

from .addresses import layout_of, tidy_address
from .cart import MAX_QUANTITY
from .countries import COUNTRIES
from .models import Order
from .money import format_money
from .payments import Way
from .quotes import Quote


class AddForm(forms.Form):
    variant = forms.IntegerField(
        min_value=1,
        max_value=2**63 - 1,
        error_messages={"required": "Choose one first.", "invalid": "Choose one first."},
    )
    quantity = forms.IntegerField(
        min_value=1,
        max_value=MAX_QUANTITY,
        initial=1,
        widget=forms.NumberInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={
            "required": "Say how many you would like.",
            "invalid": "Write a whole number.",
            "min_value": "Choose at least one.",
            "max_value": f"We send at most {MAX_QUANTITY} of one thing in one order.",
        },
    )


class CartQuantityForm(forms.Form):
    """0 removes the line from the cart."""

    quantity = forms.IntegerField(min_value=0, max_value=MAX_QUANTITY)


class CouponForm(forms.Form):
    coupon = forms.CharField(max_length=30, required=False)


_AUTOCOMPLETE: Final = {
    "email": "email",
    "name": "name",
    "address1": "address-line1",
    "address2": "address-line2",
    "city": "address-level2",
    "region": "address-level1",
    "postcode": "postal-code",
    "country": "country",
}
_MISSING: Final = {
    "email": "We need an e-mail address to reach you about the order.",
    "name": "Tell us who the parcel is for.",
    "address1": "Tell us the street and number.",
    "city": "Tell us the town or city.",
    "country": "Choose the country we ship to.",
}


class CheckoutForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """Contact, address with the fields of its country, delivery and payment. Names what is wrong by the field."""

    delivery = forms.ChoiceField(
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choose how it should be sent.",
            "invalid_choice": "This way of delivery is not offered any more: choose another.",
        },
    )
    payment = forms.ChoiceField(
        widget=forms.RadioSelect,
        error_messages={"required": "Choose how to pay.", "invalid_choice": "Choose another way to pay."},
    )
    checkout_token = forms.UUIDField(widget=forms.HiddenInput)
    quoted = forms.CharField(max_length=16, widget=forms.HiddenInput)  # `Quote.mark` of what the page showed

    class Meta:
        model = Order
        fields = ["email", "country", "name", "address1", "address2", "city", "region", "postcode"]
        widgets = {"email": forms.EmailInput(attrs={"autocapitalize": "none", "spellcheck": "false"})}
        help_texts = {"email": "For news of your order, nothing else."}
        error_messages = {
            "email": {"invalid": "This does not look like an e-mail address: something like you@example.com."}
        }

    def __init__(self, *args: Any, quote: Quote, ways: Sequence[Way], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.layout = layout_of(quote.country)
        self.fields["country"].widget = forms.Select(choices=COUNTRIES)
        self.fields["delivery"].choices = [  # type: ignore[attr-defined]
            (str(each.method.pk), each.method.name) for each in quote.deliveries
        ]
        self.fields["payment"].choices = [(way.key, way.words) for way in ways]  # type: ignore[attr-defined]
        if len(ways) < 2:
            self.fields["payment"].required = False
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
                continue
            field, label = self.fields[name], self.layout.labels[name]
            field.required, field.label = name in self.layout.required, label
            field.error_messages["required"] = f"Tell us the {label.lower()}."
        if self.layout.regions and "region" in self.fields:
            choices = [("", f"Choose the {self.layout.labels['region'].lower()}"), *self.layout.regions]
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
        label = self.layout.labels.get(name, name).lower()
        if name == "postcode" and self.layout.postcode_example:
            return f"This is no {label} of the country: they look like {self.layout.postcode_example}."
        return f"This is no {label} of the country."

    def address_fields(self) -> list[forms.BoundField]:
        """The country first, as it decides on the others, then these in the order in which they are written."""
        return [self["country"], *(self[name] for name in self.layout.names if name in self.fields)]

    def visible_errors(self) -> list[forms.BoundField]:
        """The fields with something wrong in them, in the order they are shown."""
        shown = [self["email"], *self.address_fields(), self["delivery"], self["payment"]]
        return [field for field in shown if field.errors]

    def accepts(self, quote: Quote) -> bool:
        """Whether the quote is what the shopper was shown; if not, say so on the form."""
        if self.cleaned_data["quoted"] == quote.mark:
            return True
        total = format_money(quote.totals.total, quote.totals.currency)
        self.add_error(
            None, f"Something changed while this page was open. The total is now {total}: please check it, then order."
        )
        return False
