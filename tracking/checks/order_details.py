"""Order details that an offer asks for and nobody can send. Read from the database, as the offers are."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Tags, Warning, register  # noqa: A004 - Django's own name for it
from django.db import DatabaseError, InterfaceError, transaction

from tracking.models import Offer
from tracking.postbacks.outbox import has_secret


@register(Tags.database)
def check_order_details(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **_kwargs: Any
) -> Iterable[CheckMessage]:
    """Without the secret they wait, and nothing else shows it."""
    if not databases or has_secret():
        return []
    try:
        with transaction.atomic():
            offers = list(Offer.objects.filter(is_active=True, sends_order_details=True))
    except (DatabaseError, InterfaceError):  # before the first migration, or the latest
        return []
    return [
        Warning(
            f"{offer} sends order details, and TRACKING_ORDER_DETAILS_SECRET is not set: they wait.",
            hint="Ask Aspire for the secret and set it, or take the tick from the offer's “send order details”.",
            id="tracking.W015",
        )
        for offer in offers
    ]
