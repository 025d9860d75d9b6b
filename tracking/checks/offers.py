"""Offers that cannot work. Read from the database, so only `check --database default` and `migrate` tell."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Tags, Warning, register  # noqa: A004 - Django's own name for it
from django.db import DatabaseError, InterfaceError, transaction

from tracking.models import Offer
from tracking.reports.diagnose.setup import offer_problems


@register(Tags.database)
def check_offers(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **_kwargs: Any
) -> Iterable[CheckMessage]:
    """What keeps an active offer from being reported to. Warnings: an offer must not stop a migration."""
    if not databases:
        return []
    try:
        with transaction.atomic():
            offers = list(Offer.objects.filter(is_active=True))
    except (DatabaseError, InterfaceError):  # before the first migration, or the latest
        return []
    return [
        Warning(problem.evidence, hint=problem.remedy, obj=None, id="tracking.W014")
        for offer in offers
        for problem in offer_problems(offer)
    ]
