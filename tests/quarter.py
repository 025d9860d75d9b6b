"""Ninety days of a shop to look at, always the same: `python -m tests.quarter` fills the database of DATABASE_URL."""

import os
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import django

ADMIN = PASSWORD = "quarter"
OUTCOMES = {"credited": 40, "organic": 45, "expired": 5, "no_consent": 4, "excluded": 5, "unknown_offer": 1}
STATES = {"accepted": 960, "rejected": 2, "unconfirmed": 2, "failed": 1}
CAUSES = {"excluded": "no_amount", "unknown_offer": "not_set_up"}


def main() -> None:
    from django.contrib.auth import get_user_model
    from django.utils import timezone

    now = timezone.now()
    get_user_model().objects.create_superuser(ADMIN, password=PASSWORD)
    fill(random.Random(7), now)


def fill(dice: random.Random, now: datetime) -> None:
    from tests.factories import OfferFactory
    from tracking.models import Conversion, LandingCount, Postback, WorkerHeartbeat

    named = enumerate(("Autumn", "Desk and garden", "Gift guide"))
    offers = [OfferFactory(offer_id=str(12345 + place), name=name, is_default=not place) for place, name in named]
    rows = sorted(orders(dice, now, offers), key=lambda row: row.completed_at)
    Conversion.objects.bulk_create(rows)
    earned = [row for row in rows if row.outcome == "credited"]
    Postback.objects.bulk_create(
        postback(dice, row, now, is_new=place >= len(earned) - 3) for place, row in enumerate(earned)
    )
    for number in range(90):
        day = (now - timedelta(days=number)).date()
        LandingCount.objects.add(day=day, finding="any", parameter="", number=dice.randint(250, 420))
    LandingCount.objects.add(day=now.date(), finding="unreplaced_macro", parameter="affiliate_id", number=3)
    for name in ("web-1:4711:a1b2c3", "web-2:822:9f00aa"):
        WorkerHeartbeat.objects.create(
            name=name, started_at=now - timedelta(days=3), beat_at=now + timedelta(minutes=3), delivered=12345
        )


def orders(dice: random.Random, now: datetime, offers: list[Any]) -> Iterator[Any]:
    from tests.factories import ConversionFactory

    for ago in range(90):
        for _ in range(dice.randint(8, 26) + (14 if (90 - ago) % 7 == 5 else 0) + (90 - ago) // 6):
            [outcome] = dice.choices(list(OUTCOMES), list(OUTCOMES.values()))
            at = now - timedelta(days=ago, minutes=dice.randint(5, 1400))
            yield ConversionFactory.build(
                order_id=f"PW-{dice.randrange(10**6):06}{ago:02}",
                outcome=outcome,
                cause=CAUSES.get(outcome, ""),
                offer=dice.choice(offers) if outcome == "credited" else None,
                affiliate_id="" if outcome == "organic" else str(204000 + int(dice.expovariate(0.12))),
                currency=dice.choices(["USD", "EUR"], [4, 1])[0],
                items_total=Decimal(dice.randint(900, 16000)) / 100,
                completed_at=at,
                recorded_at=at,
            )


def postback(dice: random.Random, row: Any, now: datetime, *, is_new: bool) -> Any:
    from tests.factories import PostbackFactory

    [state] = dice.choices(list(STATES), list(STATES.values()))
    times: dict[str, Any] = {"created_at": row.completed_at, "due_at": None}
    if is_new:
        state, times["due_at"] = "pending", now + timedelta(minutes=4)
    else:
        times["settled_at"] = row.completed_at + timedelta(seconds=dice.lognormvariate(-1, 0.8))
    return PostbackFactory.build(
        conversion=row, offer=row.offer, status=state, verdict="" if is_new else state, amount=row.items_total, **times
    )


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    main()
