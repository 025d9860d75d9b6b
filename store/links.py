"""Signed links that prove that somebody reads the mail of an address. Nothing of them is stored."""

from urllib.parse import urljoin

from django.conf import settings
from django.core import signing
from django.urls import reverse
from payments.core import get_base_url

_SALT = "store.account"


def absolute(path: str) -> str:
    """The whole address of a page, for mail; from PAYMENT_HOST, since jobs and webhooks know no visitor's host."""
    return str(urljoin(get_base_url(), path))


def account_link(email: str) -> str:
    """The link that opens an account for this address."""
    return absolute(reverse("store:open_account", args=[signing.dumps(email, salt=_SALT)]))


def confirmed_email(signed: str) -> str | None:
    """The address that an account link was sent to; None for a link that is forged or too old."""
    try:
        email = signing.loads(signed, salt=_SALT, max_age=settings.PASSWORD_RESET_TIMEOUT)
    except signing.BadSignature:
        return None
    return str(email)
