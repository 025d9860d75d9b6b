"""Settling: results are written down behind a fence; what comes after its lease was taken away changes nothing."""

import logging
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Self

from django.db import connection, transaction
from django.utils import timezone

from tracking.models import Attempt, OrderDetailsAttempt, Postback
from tracking.models.rows import insert_all
from tracking.postbacks.outbox import postgresql
from tracking.postbacks.outbox.calling_off import CALLED_OFF, cancel_called_off
from tracking.postbacks.outbox.claims import Claim
from tracking.postbacks.outbox.kinds import KINDS, POSTBACK, Kind
from tracking.postbacks.outbox.news import announce
from tracking.postbacks.outbox.refunding import lower_refunded
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
    attempt: Attempt | OrderDetailsAttempt | None
    is_guess: bool = False
    """Concluded from an expired lease: nothing to log if the claim was settled after all."""
    is_free: bool = False
    """The attempt does not use up one of the schedule."""
    tells_of_host: bool = True
    """False: what went wrong is no sign of how the host is."""
    host_wait: timedelta = timedelta(0)
    """How long the host asked to be left alone, whatever the row."""


class _LeaseLostError(Exception):
    """A claim that was thought to hold does not."""


def settle(settlements: Sequence[Settlement], *, now: datetime) -> None:
    """Write results down, each only if its claim still holds, and log every attempt."""
    settled: list[Settlement] = []
    for kind, alike in _by_kind(settlements):
        if connection.vendor == "postgresql":
            settled += _settle_in_one_statement(kind, alike, now)
        else:
            settled += _settle_in_steps(kind, alike, now)
    if settled and logger.isEnabledFor(logging.INFO):
        transaction.on_commit(lambda: _log(settled))  # nobody waits for a log with a lock in hand
    announce(settlement.claim.row_id for settlement in settled if settlement.claim.kind is POSTBACK)


def written(settlements: Sequence[Settlement]) -> list[Settlement]:
    """Those that the log has: committed by a statement whose answer was lost with its connection."""
    found: list[Settlement] = []
    for kind, alike in _by_kind(settlements):
        rows = kind.attempt.objects.filter(**{f"{kind.link}__in": [settlement.claim.row_id for settlement in alike]})
        logged = set(rows.values_list(kind.link, "started_at"))
        found += [each for each in alike if each.attempt and (each.claim.row_id, each.attempt.started_at) in logged]
    return found


def _log(settled: Sequence[Settlement]) -> None:
    for settlement in settled:
        kind = settlement.claim.kind
        what = "" if kind is POSTBACK else f"{kind} "
        logger.info(
            "Order %s: %s%s.", settlement.claim.order_id, what, settlement.next.status, extra=_about(settlement)
        )


def _about(settlement: Settlement) -> dict[str, Any]:
    """What a log line's reader may look for."""
    claim, attempt = settlement.claim, settlement.attempt
    return {
        "kind": str(claim.kind),
        "order_id": claim.order_id,
        "postback_id" if claim.kind is POSTBACK else "order_details_id": claim.row_id,
        "status": str(settlement.next.status),
        "verdict": str(settlement.verdict),
        "attempt": claim.attempts_made + (attempt is not None),
        "http_status": attempt.http_status if attempt else None,
        "duration_ms": attempt.duration_ms if attempt else None,
    }


def _by_kind(settlements: Sequence[Settlement]) -> Iterator[tuple[Kind, Sequence[Settlement]]]:
    for kind in KINDS:
        alike = [settlement for settlement in settlements if settlement.claim.kind is kind]
        if alike:
            yield kind, alike


def _settle_in_one_statement(kind: Kind, settlements: Sequence[Settlement], now: datetime) -> Sequence[Settlement]:
    results = [_result(settlement, now) for settlement in settlements]
    held = postgresql.settle(kind, results, called_off=CALLED_OFF, now=now)
    if len(held) == len(settlements):
        return settlements
    settled = []
    for settlement in settlements:
        if (settlement.claim.row_id, settlement.claim.token) in held:
            settled.append(settlement)
        elif not settlement.is_guess:
            _report_late(settlement)
    return settled


def _result(settlement: Settlement, now: datetime) -> dict[str, Any]:
    claim, following, attempt = settlement.claim, settlement.next, settlement.attempt
    result = {
        "id": claim.row_id,
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


def _settle_in_steps(kind: Kind, settlements: Sequence[Settlement], now: datetime) -> Sequence[Settlement]:
    """All claims are taken to hold; where one does not, everything is undone and done again, looking first."""
    try:
        with transaction.atomic():
            _write(kind, settlements, [], now)
    except _LeaseLostError:
        with transaction.atomic():
            held = _held(kind, [settlement.claim for settlement in settlements])
            settled = [settlement for settlement in settlements if settlement.claim.row_id in held]
            _write(kind, settled, [settlement for settlement in settlements if settlement not in settled], now)
        return settled
    return settlements


def _write(kind: Kind, holding: Sequence[Settlement], late: Sequence[Settlement], now: datetime) -> None:
    groups: dict[_Change, list[Claim]] = defaultdict(list)
    for settlement in holding:
        groups[_Change.of(settlement)].append(settlement.claim)
    for change, claims in groups.items():
        if _update(kind, change, claims, now) != len(claims):
            raise _LeaseLostError
        if change.next.status == Status.PENDING:
            _make_right([claim.row_id for claim in claims], now, kind)
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
    "{doubt}claim_token = NULL, lease_expires_at = NULL "
    "WHERE status = 'sending' AND id IN ({ids}) AND (id, claim_token) IN ({fences})"
)


def _update(kind: Kind, change: _Change, claims: Sequence[Claim], now: datetime) -> int:
    """Settle rows alike, each behind its own fence; returns how many held. By hand: it runs for every postback."""
    following = change.next
    to_time = connection.ops.adapt_datetimefield_value
    token = kind.model._meta.get_field("claim_token").get_db_prep_value
    values: list[Any] = [
        str(following.status),
        following.detail,
        str(change.verdict),
        to_time(following.due_at) if following.due_at else None,
        None if following.status == Status.PENDING else to_time(now),
        int(change.was_tried),
        int(change.is_free),
        *([change.verdict is Verdict.UNCONFIRMED] if kind.keeps_doubt else []),
        *(claim.row_id for claim in claims),
    ]
    for claim in claims:
        values += [claim.row_id, token(claim.token, connection)]
    statement = _SETTLE.format(
        table=connection.ops.quote_name(kind.table),
        doubt="is_in_doubt = (is_in_doubt OR %s), " if kind.keeps_doubt else "",
        ids=", ".join(["%s"] * len(claims)),
        fences=", ".join(["(%s, %s)"] * len(claims)),
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        count: int = cursor.rowcount
    return count


def release(claims: Sequence[Claim]) -> None:
    """Give claims back unsent: pending and due as before, no attempt counted."""
    for kind in KINDS:
        alike = [claim for claim in claims if claim.kind is kind]
        if alike:
            _release(kind, alike)


def _release(kind: Kind, claims: Sequence[Claim]) -> None:
    with transaction.atomic():
        held = _held(kind, claims)
        kind.model.objects.filter(id__in=held).update(status=Status.PENDING, claim_token=None, lease_expires_at=None)
        _make_right(held, timezone.now(), kind)


def _make_right(ids: Collection[int], now: datetime, kind: Kind) -> None:
    """Let rows that are pending again follow what became of their orders meanwhile."""
    cancel_called_off(ids, now, kind=kind)
    if kind is POSTBACK:
        lower_refunded(ids)


def _held(kind: Kind, claims: Sequence[Claim]) -> set[int]:
    """The rows among `claims` that are still claimed by them, locked until the transaction ends."""
    rows = kind.model.objects.filter(
        id__in=[claim.row_id for claim in claims],
        claim_token__in={claim.token for claim in claims},
        status=Status.SENDING,
    )
    if connection.features.has_select_for_update:
        rows = rows.select_for_update()
    rows = rows.order_by("id")  # one order for all who lock
    tokens = {claim.row_id: claim.token for claim in claims}
    return {pk for pk, token in rows.values_list("id", "claim_token") if tokens[pk] == token}


def _report_late(settlement: Settlement) -> None:
    if settlement.attempt:
        settlement.attempt.is_late = True
    logger.warning(
        "Order %s: an attempt to send its %s ended as %s after its lease had been taken away; logged, nothing changed.",
        settlement.claim.order_id,
        settlement.claim.kind,
        settlement.verdict,
        extra=_about(settlement),
    )
