"""Rows of an order, and the story told of it."""

from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any
from uuid import uuid4

from django.core.management import call_command

from tests.factories import ConversionFactory, PostbackFactory
from tracking.models import Attempt, Conversion, Postback, RememberedClick

NOW = datetime(2026, 11, 22, 14, 1, tzinfo=UTC)
URL = "https://get.aspr.app/aff_lsr?offer_id=12345&aff_id=77&amount=49.99&adv_unique1=1001"
IN_FOUR_MINUTES = NOW + timedelta(minutes=4)


def told(order_id: str = "1001") -> str:
    out = StringIO()
    call_command("explain_order", order_id, stdout=out)
    return out.getvalue()


def conversion(**values: Any) -> Conversion:
    clicked_at = NOW - timedelta(hours=2)
    times = {"completed_at": NOW, "recorded_at": NOW, "clicked_at": clicked_at}
    return ConversionFactory.create(**{"order_id": "1001", **times, **values})


def postback(status: str = "pending", **values: Any) -> Postback:
    if status == "sending":
        values = {"claim_token": uuid4(), "lease_expires_at": NOW + timedelta(seconds=90), **values}
    owner = values.pop("conversion", None) or conversion()
    return PostbackFactory.create(conversion=owner, offer=owner.offer, status=status, created_at=NOW, **values)


def attempt(owner: Postback, verdict: str, **values: Any) -> Attempt:
    return Attempt.objects.create(
        **{"postback": owner, "started_at": NOW, "url": URL, "verdict": verdict, "duration_ms": 142, **values}
    )


def remember(order_id: str = "1001", **values: Any) -> None:
    RememberedClick.objects.create(order_id=order_id, remembered_at=NOW, **values)
