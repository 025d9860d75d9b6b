"""Settling: results are written down behind a fence; what comes after its lease was taken away changes nothing."""

import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Self

from django.db import connection, transaction
from django.utils import timezone

from tracking.models import Attempt, Postback
from tracking.models.rows import insert_all
from tracking.postbacks.outbox import postgresql
from tracking.postbacks.outbox.calling_off import CALLED_OFF, cancel_called_off
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
    is_free: bool = False
    """The attempt does not use up one of the schedule."""
    host_wait: timedelta = timedelta(0)
    """How long the host asked to be left alone, whatever the row."""


class _LeaseLostError(Exception):
    """A claim that was thought to hold does not."""


def settle(settlements: Sequence[Settlement], *, now: datetime) -> None:
    """Write results down, each only if its claim still holds, and log every attempt."""
    if not settlements:
        return
    if connection.vendor == "postgresql":
        settled = _settle_in_one_statement(settlements, now)
    else:
        settled = _settle_in_steps(settlements, now)
    announce(settlement.claim.postback_id for settlement in settled)


def _settle_in_one_statement(settlements: Sequence[Settlement], now: datetime) -> Sequence[Settlement]:
    held = postgresql.settle([_result(settlement, now) for settlement in settlements], called_off=CALLED_OFF, now=now)
    if len(held) == len(settlements):
        return settlements
    settled = []
    for settlement in settlements:
        if (settlement.claim.postback_id, settlement.claim.token) in held:
            settled.append(settlement)
        elif not settlement.is_guess:
            _report_late(settlement)
    return settled


def _result(settlement: Settlement, now: datetime) -> dict[str, Any]:
    claim, following, attempt = settlement.claim, settlement.next, settlement.attempt
    result = {
        "id": claim.postback_id,
        "token": claim.token,
        "status": following.status,
        "detail": following.detail,
        "verdict": settlement.verdict,
        "due_at": following.due_at,
        "settled_at": None if following.status == Status.PENDING else now,
        "tried": int(attempt is not None),
        "free": int(settlement.is_free),
        "is_guess": settlement.is_guess,
    }
    if attempt:
        result |= {
            "started_at": attempt.started_at,
            "duration_ms": attempt.duration_ms,
            "url": attempt.url,
            "http_status": attempt.http_status,
            "reply": attempt.reply,
            "attempt_detail": attempt.detail,
        }
    return result


def _settle_in_steps(settlements: Sequence[Settlement], now: datetime) -> Sequence[Settlement]:
    """All claims are taken to hold; where one does not, everything is undone and done again, looking first."""
    try:
        with transaction.atomic():
            _write(settlements, [], now)
    except _LeaseLostError:
        with transaction.atomic():
            held = _held([settlement.claim for settlement in settlements])
            settled = [settlement for settlement in settlements if settlement.claim.postback_id in held]
            _write(settled, [settlement for settlement in settlements if settlement not in settled], now)
        return settled
    return settlements


def _write(holding: Sequence[Settlement], late: Sequence[Settlement], now: datetime) -> None:
    groups: dict[_Change, list[Claim]] = defaultdict(list)
    for settlement in holding:
        groups[_Change.of(settlement)].append(settlement.claim)
    for change, claims in groups.items():
        if _update(change, claims, now) != len(claims):
            raise _LeaseLostError
        if change.next.status == Status.PENDING:
            cancel_called_off([claim.postback_id for claim in claims], now)
    late = [settlement for settlement in late if not settlement.is_guess]
    for settlement in late:
        _report_late(settlement)
    attempts = [settlement.attempt for settlement in (*holding, *late) if settlement.attempt]
    if attempts:
        insert_all(attempts)


@dataclass(frozen=True, slots=True)
class _Change:
    """What is the same for all rows that one statement settles."""

    next: Next
    verdict: Verdict
    was_tried: bool
    is_free: bool

    @classmethod
    def of(cls, settlement: Settlement) -> Self:
        return cls(settlement.next, settlement.verdict, settlement.attempt is not None, settlement.is_free)


_SETTLE: Final = (
    "UPDATE {table} SET status = %s, detail = %s, verdict = %s, due_at = %s, settled_at = %s, "
    "attempts_made = attempts_made + %s, attempts_before_requeue = attempts_before_requeue + %s, "
    "is_in_doubt = (is_in_doubt OR %s), claim_token = NULL, lease_expires_at = NULL "
    "WHERE status = 'sending' AND id IN ({ids}) AND (id, claim_token) IN ({fences})"
)


def _update(change: _Change, claims: Sequence[Claim], now: datetime) -> int:
    """Settle rows alike, each behind its own fence; returns how many held. By hand: it runs for every postback."""
    following = change.next
    to_time = connection.ops.adapt_datetimefield_value
    token = Postback._meta.get_field("claim_token").get_db_prep_value
    values: list[Any] = [
        str(following.status),
        following.detail,
        str(change.verdict),
        to_time(following.due_at) if following.due_at else None,
        None if following.status == Status.PENDING else to_time(now),
        int(change.was_tried),
        int(change.is_free),
        change.verdict is Verdict.UNCONFIRMED,
        *(claim.postback_id for claim in claims),
    ]
    for claim in claims:
        values += [claim.postback_id, token(claim.token, connection)]
    statement = _SETTLE.format(
        table=connection.ops.quote_name(Postback._meta.db_table),
        ids=", ".join(["%s"] * len(claims)),
        fences=", ".join(["(%s, %s)"] * len(claims)),
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        count: int = cursor.rowcount
    return count


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
