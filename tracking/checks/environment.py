"""What is installed and how the project tells time."""

from collections.abc import Iterable, Sequence
from importlib.metadata import version
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, register

from tracking.conf import conf

OLDEST_URLLIB3 = (2, 2)


@register
def check_urllib3(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> Iterable[CheckMessage]:
    """`requests` takes older releases of it, which cannot read what has come of a reply that breaks off."""
    installed = version("urllib3")
    if tuple(int(part) for part in installed.split(".")[:2]) >= OLDEST_URLLIB3:
        return []
    return [
        Error(
            f"urllib3 {installed} is too old to deliver postbacks with.",
            hint="Run pip install --upgrade urllib3.",
            id="tracking.E004",
        )
    ]


@register
def check_time_zones(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> Iterable[CheckMessage]:
    """Clicks, windows and leases are aware moments."""
    if conf.uses_time_zones:
        return []
    return [
        Error(
            "USE_TZ is off: moments without a time zone cannot be compared, so no click would earn an order.",
            hint="Set USE_TZ = True.",
            id="tracking.E003",
        )
    ]
