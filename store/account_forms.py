"""What customers type about themselves: their address, their password, where parcels go."""

from typing import Any, TypeVar

from django import forms
from django.contrib.auth import forms as auth_forms
from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlsafe_base64_encode

from . import mail, throttle
from .address_form import ADDRESS, AddressForm
from .addresses import guess_country
from .customers import EMAIL_LENGTH, customer_with, normalise
from .links import absolute, account_link
from .models import Address, Order, Subscription
from .models.addresses import PostalAddress

_Form = TypeVar("_Form", bound=AddressForm)

_LOGINS = {"limit": 10, "seconds": 15 * 60}  # wrong passwords for one address
_LETTERS = {"limit": 5, "seconds": 60 * 60}  # letters asked for by whoever, to one address


class EmailField(forms.EmailField):
    """An address as the shop knows it: in small letters."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            label="E-mail",
            max_length=EMAIL_LENGTH,
            widget=forms.EmailInput(
                attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
            ),
            error_messages={
                "required": "Tell us your e-mail address.",
                "invalid": "This does not look like an e-mail address: something like you@example.com.",
            },
            **options,
        )

    def clean(self, value: Any) -> str:
        return normalise(super().clean(value))


class LoginForm(auth_forms.AuthenticationForm):
    username = EmailField()
    error_messages = {
        **auth_forms.AuthenticationForm.error_messages,
        "invalid_login": "This e-mail address and password do not go together. Both may be mistyped.",
        "too_many": "Too many wrong passwords. Try again in a quarter of an hour, or choose a new password.",
    }

    def clean(self) -> dict[str, Any]:
        email = self.cleaned_data.get("username", "")
        if email and not throttle.is_allowed("login", email, **_LOGINS):
            raise ValidationError(self.error_messages["too_many"], code="too_many")
        cleaned = super().clean()
        throttle.forget("login", email)
        return cleaned


class RegisterForm(forms.Form):
    """Asks for the address alone. The answer is the same for every address, so it tells nobody who is a customer."""

    email = EmailField(help_text="We send a link to it. What you ordered with it before is in your account then.")

    def save(self) -> None:
        email = self.cleaned_data["email"]
        if not throttle.is_allowed("letter", email, **_LETTERS):
            return
        if customer_with(email):
            mail.already_customer(email, login=_url("login"), reset=_url("password_reset"))
        else:
            mail.open_account(email, account_link(email))


class PasswordResetForm(auth_forms.PasswordResetForm):
    """An address without an account is offered one: people forget whether they have any."""

    email = EmailField()

    def save(self, *_: Any, **__: Any) -> None:
        email = self.cleaned_data["email"]
        if not throttle.is_allowed("letter", email, **_LETTERS):
            return
        if customer := customer_with(email):
            uid = urlsafe_base64_encode(str(customer.pk).encode())
            link = _url("new_password", uid, default_token_generator.make_token(customer))
            mail.new_password(customer.email, link)
        else:
            mail.open_account(email, account_link(email))


class FindOrderForm(forms.Form):
    number = forms.CharField(
        label="Order number",
        max_length=16,
        help_text="Such as PW-4X7K2M: it is in the receipt and on your statement.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
        error_messages={"required": "Tell us the order's number."},
    )
    email = EmailField()

    def clean_number(self) -> str:
        return str(self.cleaned_data["number"]).upper()

    def save(self) -> None:
        email = self.cleaned_data["email"]
        order = Order.objects.filter(number=self.cleaned_data["number"]).first()
        if order and normalise(order.email) == email and throttle.is_allowed("letter", email, **_LETTERS):
            mail.order_link(order)


class KeptAddressForm(AddressForm):
    """An entry of the address book."""

    class Meta:
        model = Address
        fields = [*ADDRESS, "is_default"]

    def save(self, commit: bool = True) -> Address:
        address: Address = super().save(commit)
        if address.is_default:
            Address.objects.filter(customer=address.customer_id).exclude(pk=address.pk).update(is_default=False)
        return address


class SubscriptionAddressForm(AddressForm):
    class Meta:
        model = Subscription
        fields = ADDRESS


def read_address(form_class: type[_Form], request: HttpRequest, instance: PostalAddress) -> _Form:
    """The form in the shape of the country that was chosen; bound when it is to be saved, not when that one changed."""
    typed = request.POST if request.method == "POST" else {}
    country = typed.get("country") or instance.country or guess_country(request.headers.get("Accept-Language", ""))
    if typed and "update" not in typed:
        return form_class(typed, instance=instance, shape_of=country)
    return form_class(
        initial={**{name: typed[name] for name in typed}, "country": country}, instance=instance, shape_of=country
    )


def _url(name: str, *args: str) -> str:
    return absolute(reverse(f"store:{name}", args=args))
