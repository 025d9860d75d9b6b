"""Comparing an export, and what came of it."""

from pathlib import Path

from tests.tracking.exports import HEADER, ago, listed, sent, write
from tests.tracking.terminal import Ended, run
from tracking.models import Offer, Postback, Reconciliation
from tracking.reconciliation.findings import Kind


def reconcile(file: Path, *rows: str, options: tuple[str, ...] = (), header: str = HEADER) -> Ended:
    write(file, rows, header=header)
    return run("reconcile_postbacks", str(file), *options)


def counts() -> dict[str, int]:
    """What the last comparison counted, by kind."""
    found = Reconciliation.objects.latest("id").findings
    return {kind: found[kind]["count"] for kind in Kind if found[kind]["count"]}


def state(order_id: str) -> str:
    return Postback.objects.get(conversion__order_id=order_id).status


def around(offer: Offer) -> list[str]:
    """Orders of a week ago and of today that both sides have, and one that was rejected: a file without a filter."""
    sent(offer, "early", at=ago(days=7))
    sent(offer, "late", at=ago(hours=4))
    sent(offer, "refused", at=ago(days=6))
    return [
        listed("early", at=ago(days=7)),
        listed("refused", at=ago(days=6), status="rejected"),
        listed("late", at=ago(hours=4)),
    ]
