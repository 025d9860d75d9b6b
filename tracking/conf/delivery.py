"""The settings of delivery: where postbacks may go, with what secrets, in which currency, and who sends them. Only
`conf` uses them.
"""

import re
from collections.abc import Callable, Collection
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from tracking.conf.reading import Reader
from tracking.postbacks.addresses import is_loopback_name

if TYPE_CHECKING:
    import datetime

    from tracking.currency import ExchangeRate

ORDER_DETAILS_HOST = "services.aspireiq.com"  # Aspire 11182653
ORDER_DETAILS_URL = f"https://{ORDER_DETAILS_HOST}/v1/sales_tracking/order/details/webhook"
MOST_CONCURRENT = 1000
ASPIRE_HOSTS = ("get.aspr.app", "aspireiq.go2cloud.org", "*.go2cloud.org")  # Aspire 6613917, 6425578

_HOST = re.compile(r"(\*\.)?[^\s*/:@?#]+|[0-9a-fA-F.]*(:[0-9a-fA-F.]*){2,}")  # a name, or an IPv6 address
_URL = re.compile(r"[!-~]+")  # no blank, nothing that would have to be encoded
_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")


class DeliveryConf(Reader):
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
        return self._secret("TRACKING_SECURITY_TOKEN").strip()

    @property
    def order_details_secret(self) -> str:
        """Aspire's secret for its API for order details; without it none are sent. Never stored."""
        secret = self._secret("TRACKING_ORDER_DETAILS_SECRET").strip()
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
        return self._function("TRACKING_CURRENCY_CONVERTER", of="two currencies and a date")

    @property
    def rate_max_age_days(self) -> int:
        """Days that an exchange rate may be older than the order it converts."""
        return self._whole("TRACKING_RATE_MAX_AGE_DAYS", 7, most=366)

    @property
    def engine(self) -> str:
        """Who wakes the drain after a commit: "thread", "worker", "celery", or a dotted path to an engine class."""
        return self._text("TRACKING_ENGINE", "thread")

    @property
    def concurrency(self) -> int | None:
        """Requests under way at once in one process; None for as many as suit most."""
        return self._whole_or_none("TRACKING_CONCURRENCY", most=MOST_CONCURRENT)

    @property
    def rate_limit(self) -> int | None:
        """Requests a second that one process sends to one host at most; None for no limit. Aspire publishes none."""
        return self._whole_or_none("TRACKING_RATE_LIMIT", most=10_000)

    @property
    def notify(self) -> bool:
        """Wake workers on PostgreSQL with NOTIFY; False behind a transaction pooler, where LISTEN hears nothing."""
        return self._flag("TRACKING_NOTIFY", default=True)


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
