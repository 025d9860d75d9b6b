"""A year of a shop for the admin's pages: as many orders as wanted, of every kind, copied inside the database."""

from typing import Final

from django.core.management.color import no_style
from django.db import connection
from django.utils import timezone

from tests.factories import ConversionFactory, OfferFactory, PostbackFactory
from tracking.models import Conversion, LandingCount, Offer, Postback

DAYS: Final = 365
AFFILIATES: Final = 2000
OUTCOMES: Final = {"credited": 40, "organic": 45, "expired": 5, "no_consent": 4, "excluded": 5, "unknown_offer": 1}
STATES: Final = {"accepted": 37, "rejected": 1, "unconfirmed": 1, "failed": 1}
"""Of the credited ones."""


def fill(count: int) -> None:
    """Let there be so many orders, evenly over a year, the newest with the highest id."""
    offers = [
        OfferFactory(offer_id=str(number), name=f"Offer {number}", is_default=number == 1) for number in range(1, 6)
    ]
    templates = _templates(offers)
    rounds = count // len(templates)
    with connection.cursor() as cursor:
        _copy(cursor, Conversion, rounds, len(templates), _conversion_values(templates[0].pk))
        _copy(cursor, Postback, rounds, len(templates), _postback_values(templates[0].pk))
        _keep_one_in_a_thousand_open(cursor)
        for sql in connection.ops.sequence_reset_sql(no_style(), [Conversion, Postback]):
            cursor.execute(sql)
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
    LandingCount.objects.add(day=timezone.now().date(), finding="any", parameter="", number=count)


def _templates(offers: list[Offer]) -> list[Conversion]:
    """A hundred orders, with the postbacks of the credited ones."""
    outcomes = [outcome for outcome, share in OUTCOMES.items() for _ in range(share)]
    rows = Conversion.objects.bulk_create(
        ConversionFactory.build(
            order_id=f"T{number}",
            outcome=outcome,
            cause={"excluded": "no_amount", "unknown_offer": "not_set_up"}.get(outcome, ""),
            offer=offers[number % len(offers)] if outcome == "credited" else None,
            affiliate_id="" if outcome == "organic" else "1",
            currency="EUR" if number % 10 == 0 else "USD",
            customer_id=str(number),
        )
        for number, outcome in enumerate(outcomes)
    )
    credited = [row for row in rows if row.outcome == "credited"]
    states = [state for state, share in STATES.items() for _ in range(share)]
    Postback.objects.bulk_create(
        PostbackFactory.build(
            conversion=row, offer=row.offer, status=state, verdict=state, due_at=None, attempts_made=1
        )
        for row, state in zip(credited, states, strict=True)
    )
    return rows


def _conversion_values(first: int) -> dict[str, str]:
    return {
        "id": _new_id("id", first),
        "order_id": f"'PW-' || ({_new_id('id', first)})",
        "affiliate_id": f"CASE WHEN affiliate_id = '' THEN '' ELSE '1' || ((n * 31 + id) % {AFFILIATES}) END",
        "customer_id": f"'c' || ((n * 17 + id) % {AFFILIATES * 10})",
        "completed_at": _ago(0),
        "recorded_at": _ago(0),
    }


def _postback_values(first: int) -> dict[str, str]:
    new = _new_id("conversion_id", first)
    return {"id": new, "conversion_id": new, "created_at": _ago(0), "settled_at": _ago(2)}


def _new_id(column: str, first: int) -> str:
    """Behind all templates, in the order of rounds."""
    return f"{first} + (n + 1) * 100 + {column} - {first}"


def _ago(later: int) -> str:
    """A moment of round `n`; the rounds are evenly spread. `:rounds` is filled in by `_copy`."""
    seconds = f"({DAYS * 86400}.0 * (:rounds - n) / :rounds - {later})"
    if connection.vendor == "postgresql":
        return f"CURRENT_TIMESTAMP - {seconds} * interval '1 second'"
    return f"strftime('%Y-%m-%d %H:%M:%f', 'now', '-' || {seconds} || ' seconds')"


def _copy(cursor: object, model: type, rounds: int, size: int, own: dict[str, str]) -> None:
    table = model._meta  # type: ignore[attr-defined]
    columns = [field.column for field in table.concrete_fields]
    values = ", ".join(own.get(column, column) for column in columns).replace(":rounds", str(rounds))
    cursor.execute(  # type: ignore[attr-defined]
        f"INSERT INTO {table.db_table} ({', '.join(columns)}) "
        f"WITH RECURSIVE numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < {rounds - 1}) "
        f"SELECT {values} FROM numbers, {table.db_table}"
    )


def _keep_one_in_a_thousand_open(cursor: object) -> None:
    """Most of what needed a person has been seen to; some still waits."""
    cursor.execute(  # type: ignore[attr-defined]
        "UPDATE tracking_postback SET status = 'accepted' "
        "WHERE status IN ('rejected', 'unconfirmed', 'failed') AND id % 1000 > 50"
    )
