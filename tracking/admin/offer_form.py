"""The form of an offer. Offer.clean does the checking; what is here keeps a pasted token from being shown again."""

from typing import Any

from django import forms
from django.forms.utils import ErrorList

from tracking.admin.generic import RowForm
from tracking.conf import conf
from tracking.models import Offer
from tracking.postbacks import template
from tracking.postbacks.remarks import offer_id_in

_PASTE_AGAIN = "The security token in it is not shown again: paste the URL once more, with the token."


class OfferForm(RowForm[Offer]):
    """An offer as the merchant edits it."""

    forget_token = forms.BooleanField(
        label="Forget the kept security token",
        required=False,
        help_text="A token in the URL you paste takes the place of the kept one in any case.",
    )

    class Meta:
        model = Offer
        fields = [
            "offer_id",
            "name",
            "is_active",
            "is_default",
            "is_global",
            "ends_at",
            "protocol",
            "kind",
            "postback_url",
            "window_days",
            "hold_days",
            "amount_basis",
            "currency",
            "renewals",
            "renewals_limit",
            "deduplicates",
            "sends_order_details",
        ]
        widgets = {
            "postback_url": forms.Textarea(
                attrs={"rows": 3, "class": "vLargeTextField tracking-url", "spellcheck": "false", "autocomplete": "off"}
            ),
        }
        help_texts = {
            "is_default": "Earns the clicks that name no offer. There is one: ticking it here takes it from the other.",
            "is_global": "Aspire's postback without an offer_id: serves every offer that is not set up here. There is "
            "one; it needs the protocol Transaction ID, and any id, such as “global”.",
            "protocol": "As Aspire names it for this offer: “Server Postback w/ Partner ID” or “… w/ Transaction ID”.",
            "kind": "A lead is reported without an amount.",
            "amount_basis": "Aspire's own test compares the goods' value, without tax and shipping.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "offer_id" in self.fields:
            self.fields["offer_id"].required = False
            self.fields["offer_id"].help_text = "Aspire's own number of the offer; empty: the one in the postback URL."
        if "ends_at" in self.fields:  # the admin's two inputs have no label that a screen reader would read out
            halves = getattr(self.fields["ends_at"].widget, "widgets", ())
            for half, label in zip(halves, ("Ends: date", "Ends: time"), strict=False):
                half.attrs["aria-label"] = label

    def clean(self) -> dict[str, Any] | None:
        """Forget the kept token if told to; a token in the URL that comes next is kept in its place."""
        if self.cleaned_data.get("forget_token"):
            self.instance.pasted_security_token = ""
        if self.cleaned_data.get("offer_id") == "":
            self._take_offer_id()
        return super().clean()

    def _take_offer_id(self) -> None:
        """Take the id that the URL carries, where none is given."""
        found = (
            "global" if self.cleaned_data.get("is_global") else _offer_id_in(self.cleaned_data.get("postback_url", ""))
        )
        if found:
            self.cleaned_data["offer_id"] = found
        else:
            self.add_error("offer_id", "Give Aspire's own number of the offer: the postback URL does not carry it.")

    def full_clean(self) -> None:
        """Check, and if the form is going to be shown again, take the token out of what it shows."""
        super().full_clean()
        name = self.add_prefix("postback_url")
        if self.is_bound and self.errors and self.data.get(name):
            pasted = self.data[name]
            shown, token = _without_token(pasted)
            self.data = {**self.data, name: shown}
            self._mask_errors(token)
            if token or template.mask(pasted) != pasted:
                self.add_error("postback_url", _PASTE_AGAIN)

    def _mask_errors(self, token: str) -> None:
        for field, errors in self.errors.items():
            masked = [template.mask(str(message), token, conf.security_token) for message in errors]
            self.errors[field] = ErrorList(masked, renderer=self.renderer)

    def _get_validation_exclusions(self) -> set[str]:
        """Leave the default and the global offer to Offer.save, which takes the tick from the other one."""
        exclusions: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]
        return exclusions | {"is_default", "is_global"}


def _offer_id_in(pasted: str) -> str:
    try:
        return offer_id_in(template.parse(pasted))
    except template.TemplateError:
        return ""


def _without_token(pasted: str) -> tuple[str, str]:
    """What was pasted, fit to be shown, and the token that was in it."""
    try:
        return template.take_security_token(template.parse(pasted))
    except template.TemplateError:
        return template.mask(pasted.strip()), ""
