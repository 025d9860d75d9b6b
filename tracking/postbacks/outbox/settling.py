"""Settling: results are written down behind a fence; what comes after its lease was taken away changes nothing."""

import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from tracking.models import Attempt, Postback
from tracking.postbacks.outbox.calling_off import cancel_called_off
from tracking.postbacks.outbox.claims import Claim
from tracking.postbacks.outbox.news import announce
from tracking.postbacks.retries import Next
from tracking.postbacks.verdicts import Verdict

logger = logging.getLogger(__name__)

Status = Postback.Status


@dataclass(frozen=True, slots=True)
class Settlement:
    """What becomes of a claimed row, and the attempt to log; None if no connection was tried."""

    claim: Claim
    next: Next
    verdict: Verdict
    attempt: Attempt | None
    is_guess: bool = False
    """Concluded from an expired lease: nothing to log if the claim was settled after all."""


def settle(settlements: Sequence[Settlement], *, now: datetime) -> None:
    """Write results down, each only if its claim still holds, and log every attempt."""
    if not settlements:
        return
    with transaction.atomic():
        held = _held([settlement.claim for settlement in settlements])
        groups: dict[tuple[Next, Verdict, bool], list[int]] = defaultdict(list)
        attempts: list[Attempt | None] = []
        for settlement in settlements:
            claim = settlement.claim
            if claim.postback_id in held:
                attempts.append(settlement.attempt)
                key = (settlement.next, settlement.verdict, settlement.attempt is not None)
                groups[key].append(claim.postback_id)
            elif not settlement.is_guess:
                attempts.append(settlement.attempt)
                _report_late(settlement)
        for (following, verdict, was_tried), ids in groups.items():
            Postback.objects.filter(id__in=ids).update(
                status=following.status,
                detail=following.detail,
                verdict=verdict,
                due_at=following.due_at,
                settled_at=None if following.status == Status.PENDING else now,
                attempts_made=F("attempts_made") + int(was_tried),
                claim_token=None,
                lease_expires_at=None,
            )
            if verdict is Verdict.UNCONFIRMED:
                Postback.objects.filter(id__in=ids).update(is_in_doubt=True)
            if following.status == Status.PENDING:
                cancel_called_off(ids, now)
        _log(attempts)
    announce(settlement.claim.postback_id for settlement in settlements if settlement.claim.postback_id in held)


def _log(attempts: Iterable[Attempt | None]) -> None:
    tried = [attempt for attempt in attempts if attempt]
    for attempt in tried:
        attempt.pk = None  # a transaction that failed before may have left a number that is somebody else's now
    Attempt.objects.bulk_create(tried)


def release(claims: Sequence[Claim]) -> None:
    """Give claims back unsent: pending and due as before, no attempt counted."""
    if not claims:
        return
    with transaction.atomic():
        held = _held(claims)
        Postback.objects.filter(id__in=held).update(status=Status.PENDING, claim_token=None, lease_expires_at=None)
        cancel_called_off(held, timezone.now())


def _held(claims: Sequence[Claim]) -> set[int]:
    """The rows among `claims` that are still claimed by them, locked until the transaction ends."""
    rows = Postback.objects.filter(
        id__in=[claim.postback_id for claim in claims],
        claim_token__in={claim.token for claim in claims},
        status=Status.SENDING,
    )
    if connection.features.has_select_for_update:
        rows = rows.select_for_update()
    rows = rows.order_by("id")  # one order for all who lock
    tokens = {claim.postback_id: claim.token for claim in claims}
    return {pk for pk, token in rows.values_list("id", "claim_token") if tokens[pk] == token}


def _report_late(settlement: Settlement) -> None:
    if settlement.attempt:
        settlement.attempt.is_late = True
    logger.warning(
        "Order %s: an attempt ended as %s after its lease had been taken away; logged, nothing changed.",
        settlement.claim.order_id,
        settlement.verdict,
    )
