"""The parameters' names are free: one that means something else on the page makes clicks of what is none."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, Warning, register  # noqa: A004 - Django's own name for it
from django.core.exceptions import ImproperlyConfigured

from tracking.capture import handoff
from tracking.conf import conf

# What shops, Django and advertisers put into addresses themselves.
TAKEN: Final = frozenset(
    [
        "page",
        "p",
        "q",
        "query",
        "search",
        "s",
        "sort",
        "order",
        "o",
        "filter",
        "category",
        "next",
        "lang",
        "language",
        "currency",
        "token",
        "id",
        "pk",
        "email",
        "coupon",
        "code",
        "gclid",
        "gbraid",
        "wbraid",
        "dclid",
        "fbclid",
        "msclkid",
        "ttclid",
        "twclid",
        "li_fat_id",
        "mc_cid",
        "mc_eid",
        "_ga",
        "_gl",
    ]
)


@register
def check_parameters(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> Iterable[CheckMessage]:
    """None is tracking's own token, and none is known to mean something else."""
    return list(_collisions())


def _collisions() -> Iterator[CheckMessage]:
    for setting in ("TRACKING_AFFILIATE_ID_PARAM", "TRACKING_OFFER_ID_PARAM", "TRACKING_TRANSACTION_ID_PARAM"):
        try:
            name: str = getattr(conf, setting.removeprefix("TRACKING_").lower())
        except ImproperlyConfigured:  # told by check_settings
            continue
        if name == handoff.PARAM:
            yield Error(
                f"{setting} is {name!r}, the name under which clicks are handed over between domains.",
                hint="Choose another name, and put it into the Offer URL in Aspire.",
                id="tracking.E007",
            )
        elif name.lower() in TAKEN or name.lower().startswith("utm_"):
            yield Warning(
                f"{setting} is {name!r}, a name that shops and advertisers use for other things: their values would "
                "be taken for ids.",
                hint="Choose a name of its own, such as the default, and put it into the Offer URL in Aspire; or "
                "silence this if nothing else on the site uses it.",
                id="tracking.W013",
            )
