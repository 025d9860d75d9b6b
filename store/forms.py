"""What shoppers type: what they put into the cart, and the checkout."""

from collections.abc import Sequence
from typing import Any

from django import forms

from .address_form import ADDRESS, AddressForm
from .cart import MAX_QUANTITY
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


class CheckoutForm(AddressForm):
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
        fields = ["email", *ADDRESS]
        widgets = {
            "email": forms.EmailInput(attrs={"autocomplete": "email", "autocapitalize": "none", "spellcheck": "false"})
        }
        help_texts = {"email": "For news of your order, nothing else."}
        error_messages = {
            "email": {
                "required": "We need an e-mail address to reach you about the order.",
                "invalid": "This does not look like an e-mail address: something like you@example.com.",
            }
        }

    def __init__(self, *args: Any, quote: Quote, ways: Sequence[Way], **kwargs: Any) -> None:
        super().__init__(*args, shape_of=quote.country, **kwargs)
        self.fields["delivery"].choices = [  # type: ignore[attr-defined]
            (str(each.method.pk), each.method.name) for each in quote.deliveries
        ]
        self.fields["payment"].choices = [(way.key, way.words) for way in ways]  # type: ignore[attr-defined]
        if len(ways) < 2:
            self.fields["payment"].required = False

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
