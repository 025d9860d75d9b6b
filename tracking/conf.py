"""Every setting of tracking: typed, read when asked for, each with a default that works. Nothing else reads them."""

import re
from collections.abc import Callable, Collection
from functools import lru_cache
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from tracking.conf_watch import WatchConf
from tracking.postbacks.addresses import is_loopback_name

if TYPE_CHECKING:
    import datetime

    from django.http import HttpRequest

    from tracking.currency import ExchangeRate

ORDER_DETAILS_HOST = "services.aspireiq.com"  # Aspire 11182653
ORDER_DETAILS_URL = f"https://{ORDER_DETAILS_HOST}/v1/sales_tracking/order/details/webhook"
ASPIRE_HOSTS = ("get.aspr.app", "aspireiq.go2cloud.org", "*.go2cloud.org")  # Aspire 6613917, 6425578

_COOKIE_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")  # RFC 6265
_HOST = re.compile(r"(\*\.)?[^\s*/:@?#]+|[0-9a-fA-F.]*(:[0-9a-fA-F.]*){2,}")  # a name, or an IPv6 address
_DOMAIN = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})+")
_LEAST_KEY = 32  # characters
_URL = re.compile(r"[!-~]+")  # no blank, nothing that would have to be encoded
_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")


class Conf(WatchConf):
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
        value: Any = getattr(settings, "TRACKING_CUSTOMERS", False)
        if not isinstance(value, bool):
            raise ImproperlyConfigured(f"TRACKING_CUSTOMERS is {value!r}: give True or False.")
        return value

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
        value: Any = getattr(settings, "TRACKING_CONSENT", None)
        if value is None or value == "":
            return None
        try:
            found: Any = import_string(value) if isinstance(value, str) else value
        except ImportError as error:
            raise ImproperlyConfigured(f"TRACKING_CONSENT is {value!r}, which cannot be imported: {error}.") from None
        if not callable(found) or iscoroutinefunction(found):
            raise ImproperlyConfigured(
                f"TRACKING_CONSENT is {value!r}: give a plain function of the request, or its path."
            )
        return found  # type: ignore[no-any-return]

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
        value: Any = getattr(settings, "TRACKING_SHARED_KEY", "")
        if value is None or value == "":
            return ""
        if not isinstance(value, str):  # the value is a secret: not told
            raise ImproperlyConfigured(f"TRACKING_SHARED_KEY is a {type(value).__name__}: give a text.")
        if len(value) < _LEAST_KEY:
            raise ImproperlyConfigured(
                f"TRACKING_SHARED_KEY has {len(value)} characters: give a random text of {_LEAST_KEY} or more."
            )
        return value

    @property
    def postback_hosts(self) -> tuple[str, ...]:
        """Hosts that postbacks may go to: names, or `*.suffix` for every name below one. Replaces the default."""
        value: Any = getattr(settings, "TRACKING_POSTBACK_HOSTS", ASPIRE_HOSTS)
        if not isinstance(value, Collection) or isinstance(value, (str, bytes, dict)):
            raise ImproperlyConfigured(f"TRACKING_POSTBACK_HOSTS is {value!r}: give a list of host names.")
        hosts = tuple(host.strip().lower() if isinstance(host, str) else host for host in value)
        for host in hosts:
            if not isinstance(host, str) or (host and not _HOST.fullmatch(host)):
                raise ImproperlyConfigured(
                    f"TRACKING_POSTBACK_HOSTS holds {host!r}: give names or *.suffix, without scheme, port or path."
                )
        return tuple(filter(None, hosts))

    @property
    def private_hosts(self) -> frozenset[str]:
        """Hosts that may have a private address: those that the settings name in full, Aspire's own apart."""
        named = {host for host in self.postback_hosts if "*" not in host} | {self.order_details_host}
        return frozenset(named.difference(ASPIRE_HOSTS, {ORDER_DETAILS_HOST}))

    @property
    def security_token(self) -> str:
        """What the macro SECURITY_TOKEN becomes when a postback is sent; never stored."""
        value: Any = getattr(settings, "TRACKING_SECURITY_TOKEN", "")
        if value is not None and not isinstance(value, str):  # the value is a secret: not told
            raise ImproperlyConfigured(f"TRACKING_SECURITY_TOKEN is a {type(value).__name__}: give a text.")
        return (value or "").strip()

    @property
    def order_details_secret(self) -> str:
        """Aspire's secret for its API for order details; without it none are sent. Never stored."""
        value: Any = getattr(settings, "TRACKING_ORDER_DETAILS_SECRET", "")
        if value is not None and not isinstance(value, str):  # the value is a secret: not told
            raise ImproperlyConfigured(f"TRACKING_ORDER_DETAILS_SECRET is a {type(value).__name__}: give a text.")
        secret = (value or "").strip()
        if not (secret.isascii() and secret.isprintable()):
            raise ImproperlyConfigured(
                "TRACKING_ORDER_DETAILS_SECRET has a character in it that no header may have: paste it as Aspire "
                "gave it."
            )
        return secret

    @property
    def order_details_url(self) -> str:
        """Where order details are sent. Its host is allowed by being named here; plain http on this machine alone."""
        value = self._text("TRACKING_ORDER_DETAILS_URL", ORDER_DETAILS_URL)
        if not _host_to_post_to(value):  # the value may hold a secret: not told
            raise ImproperlyConfigured(
                "TRACKING_ORDER_DETAILS_URL cannot be used: give an address that begins with https:// and has neither "
                "a user name nor a fragment (http:// is for a sandbox on this machine only)."
            )
        return value

    @property
    def order_details_host(self) -> str:
        """The host of that address."""
        return _host_to_post_to(self.order_details_url)

    @property
    def order_value_key(self) -> str:
        """What order details call the order's value; Aspire's article has two names for it (11182653)."""
        value = self._text("TRACKING_ORDER_VALUE_KEY", "orderValue")
        if not _KEY.fullmatch(value) or value in {"currency", "productDetails"}:
            raise ImproperlyConfigured(
                f"TRACKING_ORDER_VALUE_KEY is {value!r}: give a name of letters, digits and _, such as 'orderSubtotal'."
            )
        return value

    @property
    def currency_converter(self) -> "Callable[[str, str, datetime.date], ExchangeRate | None] | None":
        """Answers with the rate from one currency to another on a day, None for none; None: nothing converts."""
        value: Any = getattr(settings, "TRACKING_CURRENCY_CONVERTER", None)
        if value is None or value == "":
            return None
        try:
            found: Any = import_string(value) if isinstance(value, str) else value
        except ImportError as error:
            raise ImproperlyConfigured(
                f"TRACKING_CURRENCY_CONVERTER is {value!r}, which cannot be imported: {error}."
            ) from None
        if not callable(found) or iscoroutinefunction(found):
            raise ImproperlyConfigured(
                f"TRACKING_CURRENCY_CONVERTER is {value!r}: give a plain function of two currencies and a date, or its "
                "path."
            )
        return found  # type: ignore[no-any-return]

    @property
    def rate_max_age_days(self) -> int:
        """Days that an exchange rate may be older than the order it converts."""
        return self._whole("TRACKING_RATE_MAX_AGE_DAYS", 7, most=366)

    @property
    def engine(self) -> str:
        """Who wakes the drain after a commit: "thread", "worker", or a dotted path to an engine class."""
        return self._text("TRACKING_ENGINE", "thread")

    @property
    def concurrency(self) -> int | None:
        """Requests under way at once in one process; None lets the database decide (SQLite 16, others 32)."""
        if getattr(settings, "TRACKING_CONCURRENCY", None) is None:
            return None
        return self._whole("TRACKING_CONCURRENCY", 1, most=1000)

    @property
    def rate_limit(self) -> int | None:
        """Requests a second that one process sends to one host at most; None for no limit. Aspire publishes none."""
        if getattr(settings, "TRACKING_RATE_LIMIT", None) is None:
            return None
        return self._whole("TRACKING_RATE_LIMIT", 1, most=10_000)

    @property
    def notify(self) -> bool:
        """Wake workers on PostgreSQL with NOTIFY; False behind a transaction pooler, where LISTEN hears nothing."""
        value: Any = getattr(settings, "TRACKING_NOTIFY", True)
        if not isinstance(value, bool):
            raise ImproperlyConfigured(f"TRACKING_NOTIFY is {value!r}: give True or False.")
        return value


@lru_cache(maxsize=8)
def _host_to_post_to(url: str) -> str:
    """The host of an address that messages may be posted to; empty if they may not."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return ""
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback_name(host))
    return host if is_safe and "@" not in parts.netloc and not parts.fragment and _URL.fullmatch(url) else ""


conf = Conf()
