"""The three logs, and a row of each."""

from datetime import date
from typing import Any

from tests.factories import PostbackFactory
from tracking.models import LandingCount

LOGS = ["conversion", "postback", "landingcount"]


def landing() -> LandingCount:
    return LandingCount.objects.create(
        day=date(2026, 11, 22), finding="unreplaced_macro", parameter="affiliate_id", count=3
    )


def log_row(model: str) -> Any:
    """A row of each log."""
    if model == "landingcount":
        return landing()
    postback = PostbackFactory.create()
    return postback if model == "postback" else postback.conversion
