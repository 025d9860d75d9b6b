"""The settings of capture: what a landing carries, which click counts, where it is kept. Only `conf` uses them."""

import re
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from tracking.conf.reading import Reader

if TYPE_CHECKING:
    from django.http import HttpRequest

_COOKIE_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")  # RFC 6265
_DOMAIN = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})+")
_LEAST_KEY = 32  # characters


class CaptureConf(Reader):
    @property
    def affiliate_id_param(self) -> str:
        """Query parameter of the landing page that carries the affiliate's id."""
        return self._parameter("TRACKING_AFFILIATE_ID_PARAM", "affiliate_id")

    @property
    def offer_id_param(self) -> str:
        """Query parameter of the landing page that carries the offer's id."""
        return self._parameter("TRACKING_OFFER_ID_PARAM", "offer_id")

    @property
    def transaction_id_param(self) -> str:
        """Query parameter of the landing page that carries Aspire's transaction id."""
        return self._parameter("TRACKING_TRANSACTION_ID_PARAM", "transaction_id")

    @property
    def attribution(self) -> str:
        """Which click earns an order: "last" or "first"."""
        value = self._text("TRACKING_ATTRIBUTION", "last")
        if value not in {"first", "last"}:
            raise ImproperlyConfigured(f"TRACKING_ATTRIBUTION is {value!r}: give 'last' or 'first'.")
        return value

    @property
    def window_days(self) -> int:
        """Days that a click can earn an order, where no offer says otherwise. Aspire's own pixel uses 28."""
        return self._whole("TRACKING_WINDOW_DAYS", 28, most=3650)

    @property
    def customers(self) -> bool:
        """Keep the clicks of signed-in customers with the customer too, so that they count on every device."""
        return self._flag("TRACKING_CUSTOMERS", default=False)

    @property
    def cookie_name(self) -> str:
        """Name of the signed cookie that keeps the click."""
        name = self._text("TRACKING_COOKIE_NAME", "aspire_click")
        if not _COOKIE_NAME.fullmatch(name):
            raise ImproperlyConfigured(f"TRACKING_COOKIE_NAME is {name!r}: give letters, digits, - and _.")
        if name in {settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME}:
            raise ImproperlyConfigured(f"TRACKING_COOKIE_NAME is {name!r}, which is another cookie of this project.")
        return name

    @property
    def cookie_domain(self) -> str | None:
        """Domain of the click cookie; None for the host that set it."""
        value: Any = getattr(settings, "TRACKING_COOKIE_DOMAIN", None)
        if value is not None and not isinstance(value, str):
            raise ImproperlyConfigured(f"TRACKING_COOKIE_DOMAIN is {value!r}: give a domain as text, or None.")
        return value or None

    @property
    def consent(self) -> "Callable[[HttpRequest], object] | None":
        """Callable on the request that answers whether a click may be kept: True, False, or None for not asked yet."""
        return self._function("TRACKING_CONSENT", of="the request")

    @property
    def domains(self) -> tuple[str, ...]:
        """The merchant's domains, each with every name below it, that clicks are handed over between."""
        value: Any = getattr(settings, "TRACKING_DOMAINS", ())
        if not isinstance(value, Collection) or isinstance(value, (str, bytes, dict)):
            raise ImproperlyConfigured(f"TRACKING_DOMAINS is {value!r}: give a list of domains.")
        for domain in value:
            if not isinstance(domain, str) or (domain.strip() and not _DOMAIN.fullmatch(domain.strip())):
                raise ImproperlyConfigured(
                    f"TRACKING_DOMAINS holds {domain!r}: give names such as 'brand.example', without scheme or path."
                )
        return tuple(domain.strip().lower() for domain in value if domain.strip())

    @property
    def shared_key(self) -> str:
        """Signs what the merchant's domains hand over where they do not share SECRET_KEY; empty: SECRET_KEY signs."""
        value = self._secret("TRACKING_SHARED_KEY")
        if value and len(value) < _LEAST_KEY:
            raise ImproperlyConfigured(
                f"TRACKING_SHARED_KEY has {len(value)} characters: give a random text of {_LEAST_KEY} or more."
            )
        return value
