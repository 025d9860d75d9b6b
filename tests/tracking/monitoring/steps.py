"""A machine that asks, and what there is to tell it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from tests.factories import OfferFactory, PostbackFactory
from tracking.models import (
    Offer,
)
from tracking.monitoring import metrics

TOKEN = "a-token-that-nobody-guesses"
NOW = datetime(2026, 11, 23, 15, 20, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DOCS = Path(__file__).parents[3] / "docs"
PATHS = ["/tracking/health/", "/tracking/metrics/"]


def ask(path: str = PATHS[0], token: str = TOKEN) -> HttpResponse:
    response: HttpResponse = Client().get(path, headers={"Authorization": f"Bearer {token}"})
    return response


def owed(**values: Any) -> Any:
    return PostbackFactory.create(offer=Offer.objects.first() or OfferFactory.create(), **values)


def samples(now: datetime | None = None) -> dict[str, float]:
    """Every sample of the exposition by its name and labels."""
    text = metrics.exposition(now=now or timezone.now())[0].decode()
    lines = [line.rpartition(" ") for line in text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in lines}
