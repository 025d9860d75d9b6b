"""System checks of the shop's set-up, each with what to do. The test payments must never be there by oversight."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register  # noqa: A004 - Django's own name for it
from django.core.exceptions import ImproperlyConfigured
from payments.core import provider_factory

from .conf import conf
from .payments import is_test


@register
def check_payments(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> Iterable[CheckMessage]:
    if not conf.payment_variants:
        return [
            Warning(
                "PAYMENT_VARIANTS is empty: nobody can order.",
                hint="Name a provider of django-payments; .env.example shows Stripe and invoices.",
                id="store.W002",
            )
        ]
    found: list[CheckMessage] = []
    for key in conf.payment_variants:
        found.extend(_check_variant(key))
    return found


def _check_variant(key: str) -> Iterable[CheckMessage]:
    try:
        provider_factory(key)
    except (ImportError, TypeError, ImproperlyConfigured) as error:
        hint = "See “Payments” in the README."
        return [Error(f"PAYMENT_VARIANTS[{key!r}] cannot be used: {error}", hint=hint, id="store.E001")]
    if is_test(key) and not settings.DEBUG:
        return [
            Warning(
                f"PAYMENT_VARIANTS[{key!r}] is a test provider: anybody can pay for nothing.",
                hint="Take it away before the shop opens.",
                id="store.W001",
            )
        ]
    return []


@register(deploy=True)
def check_mail(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> Iterable[CheckMessage]:
    if settings.EMAIL_BACKEND != "django.core.mail.backends.console.EmailBackend":
        return []
    return [
        Warning(
            "Letters are printed and not sent: customers receive no receipt, and can open no account.",
            hint="Set EMAIL_URL, such as smtp+tls://user:password@mail.shop.example:587.",
            id="store.W003",
        )
    ]
