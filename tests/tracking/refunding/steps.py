"""An order that comes back, and what is known of it."""

from decimal import Decimal
from typing import Any

from django.utils import timezone

from tests.factories import completed_order, visit_from
from tracking.models import Adjustment, Attempt, Postback
from tracking.postbacks import outbox
from tracking.postbacks.outbox import Claim, Settlement
from tracking.postbacks.retries import Next
from tracking.postbacks.verdicts import Verdict
from tracking.signals import order_cancelled, order_completed, order_refunded


def complete(**values: Any) -> None:
    """An order of 49.99 USD that affiliate 77 won."""
    order_completed.send(sender=None, order=completed_order(**values), request=visit_from("77"))


def refund(left: str, **parts: Any) -> None:
    """Say what is left of the order."""
    parts = {name: Decimal(value) for name, value in parts.items()}
    order_refunded.send(sender=None, order_id="1001", items_total=Decimal(left), **parts)


def cancel() -> None:
    order_cancelled.send(sender=None, order_id="1001")


def postback(**values: Any) -> Postback:
    """The order's postback, in the state given."""
    Postback.objects.update(**values)
    return Postback.objects.get()


def claimed() -> Claim:
    (claim,) = outbox.claim(1, now=timezone.now())
    return claim


def settle(claim: Claim, status: str, verdict: Verdict) -> None:
    now = timezone.now()
    attempt = Attempt(postback_id=claim.postback_id, started_at=now, url="https://x/", verdict=verdict)
    due_at = now if status == "pending" else None
    outbox.settle([Settlement(claim, Next(status, "", due_at), verdict, attempt)], now=now)


def figures() -> tuple[str, Decimal | None, Decimal | None]:
    row = Postback.objects.get()
    return row.status, row.amount, row.amount_left


def open_adjustments() -> list[tuple[str, Decimal | None, Decimal]]:
    return [(row.reason, row.amount_sent, row.amount_due) for row in Adjustment.objects.open()]
