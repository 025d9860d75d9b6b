"""What shoppers type: what they put into the cart, and the checkout."""

from decimal import Decimal
from typing import Any

from django import forms

from .cart import MAX_QUANTITY
from .countries import COUNTRIES
from .models import Order


class AddForm(forms.Form):
    variant = forms.IntegerField(error_messages={"required": "Choose one first."})
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


class CheckoutForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    checkout_token = forms.UUIDField(widget=forms.HiddenInput)
    quoted_total = forms.DecimalField(widget=forms.HiddenInput)  # what the page said it would cost

    class Meta:
        model = Order
        fields = ["email", "name", "address1", "address2", "postcode", "city", "region", "country"]
        widgets = {
            "email": forms.EmailInput(attrs={"autocomplete": "email", "autocapitalize": "none", "spellcheck": "false"}),
            "name": forms.TextInput(attrs={"autocomplete": "name"}),
            "address1": forms.TextInput(attrs={"autocomplete": "address-line1"}),
            "address2": forms.TextInput(attrs={"autocomplete": "address-line2"}),
            "city": forms.TextInput(attrs={"autocomplete": "address-level2"}),
            "region": forms.TextInput(attrs={"autocomplete": "address-level1"}),
            "postcode": forms.TextInput(attrs={"autocomplete": "postal-code"}),
            "country": forms.Select(attrs={"autocomplete": "country"}),
        }
        help_texts = {"email": "For news of your order, nothing else."}
        error_messages = {
            "email": {
                "required": "We need an e-mail address to reach you about the order.",
                "invalid": "This does not look like an e-mail address: something like you@example.com.",
            },
            "name": {"required": "Tell us who the parcel is for."},
            "address1": {"required": "Tell us the street and number."},
            "city": {"required": "Tell us the town or city."},
            "postcode": {"required": "Tell us the postal code."},
            "country": {"required": "Choose the country we ship to."},
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["country"].widget.choices = [("", "Choose a country"), *COUNTRIES]

    def visible_errors(self) -> list[forms.BoundField]:
        """The fields with something wrong in them, in the order they are shown."""
        return [field for field in self.visible_fields() if field.errors]

    def accepts(self, total: Decimal) -> bool:
        """Whether `total` is what the shopper was told; if not, say so on the form."""
        if self.cleaned_data["quoted_total"] == total:
            return True
        self.add_error(None, "A price changed while this page was open. Please check the new total before you order.")
        return False
