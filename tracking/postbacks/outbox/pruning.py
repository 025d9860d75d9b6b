"""Pruning: what has been at rest for long is deleted, page by page. What may need a person stays, with its attempts.

Conversions stay for ever: an order that completes again finds its first record and is not reported again.
"""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Exists, OuterRef, Q, QuerySet

from tracking.models import Adjustment, Attempt, EarlyRefund, OrderDetails, OrderDetailsAttempt, Postback

Status = Postback.Status

KEPT_POSTBACKS: Final = timedelta(days=400)
KEPT_ATTEMPTS: Final = timedelta(days=90)
KEPT_EARLY_REFUNDS: Final = timedelta(days=90)
PAGE: Final = 1000  # rows that one statement reads or deletes at most

# Nothing leads out of these states. In every other the attempts answer whether sending again could pay twice, and a
# person, or a comparison with Aspire's export, has yet to ask.
AT_REST: Final = frozenset({Status.ACCEPTED, Status.CANCELLED})


@dataclass(frozen=True, slots=True)
class Pruned:
    """How many rows were deleted, or would be."""

    postbacks: int
    attempts: int
    order_details: int = 0


def prune(*, now: datetime, keep: timedelta = KEPT_POSTBACKS, dry_run: bool = False) -> Pruned:
    """Delete postbacks at rest for longer than `keep`, and the attempts of those at rest for longer than 90 days.

    No attempt outlives its postback. With `dry_run` nothing is deleted, only counted.
    """
    postbacks_before = now - keep
    attempts_before = now - min(keep, KEPT_ATTEMPTS)
    attempts = Attempt.objects.filter(
        postback__status__in=AT_REST, postback__settled_at__lt=attempts_before, started_at__lt=attempts_before
    )
    postbacks = Postback.objects.filter(status__in=AT_REST, settled_at__lt=postbacks_before)
    # What a person has yet to see to in Aspire stays, and so does what was seen to lately.
    waiting = Adjustment.objects.open().filter(postback=OuterRef("pk"))
    # Their attempts stay too: they tell whether there is anything to see to.
    attempts = attempts.exclude(Exists(Adjustment.objects.filter(done_at=None, postback=OuterRef("postback_id"))))
    lately = Adjustment.objects.filter(postback=OuterRef("pk"), done_at__gte=postbacks_before)
    postbacks = postbacks.exclude(Exists(waiting)).exclude(Exists(lately))
    early = EarlyRefund.objects.filter(told_at__lt=now - KEPT_EARLY_REFUNDS)
    _prune(early, Q(told_at__lt=now - KEPT_EARLY_REFUNDS), dry_run=dry_run)
    details_attempts = OrderDetailsAttempt.objects.filter(
        order_details__status__in=AT_REST, order_details__settled_at__lt=attempts_before, started_at__lt=attempts_before
    )
    details = OrderDetails.objects.filter(status__in=AT_REST, settled_at__lt=postbacks_before)
    return Pruned(
        # Attempts first, a page at a time: a postback would take all that it has along in one statement.
        attempts=_prune(attempts, Q(started_at__lt=attempts_before), dry_run=dry_run)
        + _prune(details_attempts, Q(started_at__lt=attempts_before), dry_run=dry_run),
        postbacks=_prune(postbacks, Q(created_at__lt=postbacks_before), dry_run=dry_run),
        order_details=_prune(details, Q(created_at__lt=postbacks_before), dry_run=dry_run),
    )


def _prune(rows: QuerySet[Any], is_old: Q, *, dry_run: bool) -> int:
    """Walk the table in the order in which its rows were made, until a page holds nothing old."""
    table = rows.model._default_manager.order_by("pk")
    count = last = 0
    while page := list(table.filter(pk__gt=last).values_list("pk", flat=True)[:PAGE]):
        on_page = Q(pk__gt=last, pk__lte=page[-1])
        if not table.filter(on_page, is_old).exists():
            break
        found = rows.filter(on_page)
        began = time.monotonic()
        count += found.count() if dry_run else found.delete()[1].get(rows.model._meta.label, 0)
        time.sleep(time.monotonic() - began)  # the shop writes too: on SQLite it waits for this statement's lock
        last = page[-1]
    return count
