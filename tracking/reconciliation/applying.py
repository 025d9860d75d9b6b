"""Applying: unconfirmed postbacks are settled by what the comparison found, each behind a condition and each logged."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from tracking.models import Reconciliation, ReconciliationChange
from tracking.postbacks import outbox
from tracking.reconciliation.findings import Action, Finding

BATCH: Final = 100  # rows in one transaction: the shop's checkout waits for no more

Became = ReconciliationChange.Became


@dataclass(slots=True)
class Applied:
    """How many postbacks were settled."""

    accepted: int = 0
    sent_again: int = 0


def apply(findings: Sequence[Finding], reconciliation: Reconciliation) -> Applied:
    """Settle what the findings say, in one transaction. What has changed since it was compared stays as it is."""
    applied, changes = Applied(), []
    now = timezone.now()
    with transaction.atomic():
        for finding in findings:
            why = reason(finding, reconciliation)
            if finding.postback_id is None or not _settle(finding, why):
                continue
            accepts = finding.action is Action.ACCEPT
            applied.accepted += accepts
            applied.sent_again += not accepts
            changes.append(
                ReconciliationChange(
                    reconciliation=reconciliation,
                    order_id=finding.order_id,
                    became=Became.ACCEPTED if accepts else Became.PENDING,
                    why=why,
                    changed_at=now,
                )
            )
        ReconciliationChange.objects.bulk_create(changes)
        Reconciliation.objects.filter(pk=reconciliation.pk).update(
            accepted=F("accepted") + applied.accepted, sent_again=F("sent_again") + applied.sent_again
        )
    return applied


def reason(finding: Finding, reconciliation: Reconciliation) -> str:
    """What the log says of a change: the file by its name and hash, and where in it."""
    file = f"{reconciliation.file_name} (SHA-256 {reconciliation.sha256})"
    if finding.action is Action.ACCEPT:
        return f"Aspire's export lists it: {file}, row {finding.rows[0]}. Reconciled by {reconciliation.run_by}."
    return f"Sent again: Aspire's export covers its time and does not list it: {file}. By {reconciliation.run_by}."


def _settle(finding: Finding, why: str) -> bool:
    assert finding.postback_id is not None  # noqa: S101 - an action is for a postback
    settle = outbox.confirm if finding.action is Action.ACCEPT else outbox.send_absent
    return settle(finding.postback_id, attempts_made=finding.attempts_made, why=why)
