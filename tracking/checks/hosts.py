"""ALLOWED_HOSTS lets in the shop's own hosts and no others: whose pages may tell of clicks is judged by the host."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Warning, register  # noqa: A004 - Django's own name for it

from tracking.conf import conf


@register
def check_hosts(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> Iterable[CheckMessage]:
    """Neither all hosts, nor all of a top-level domain. With DEBUG it does not matter."""
    wide = [] if conf.is_debug else [host for host in conf.allowed_hosts if _is_wide(host)]
    if not wide:
        return []
    return [
        Warning(
            f"ALLOWED_HOSTS holds {', '.join(map(repr, wide))}: a visitor may name a host of their own, and the pages, "
            "cookies and tokens that are made for it.",
            hint="Name the shop's hosts: ALLOWED_HOSTS = ['shop.example', '.shop.example'].",
            id="tracking.W012",
        )
    ]


def _is_wide(host: str) -> bool:
    return host == "*" or (host.startswith(".") and "." not in host.strip("."))
