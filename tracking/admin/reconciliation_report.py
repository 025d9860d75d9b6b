"""What a reconciliation's page shows: its findings in the order in which they matter, and what may be done."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from tracking.models import ExportUpload, Reconciliation
from tracking.reconciliation.columns import Role
from tracking.reconciliation.findings import Action, Kind
from tracking.reports.wording import moment, money

CHANGES_SHOWN: Final = 100


@dataclass(frozen=True, slots=True)
class Line:
    """One kind of finding."""

    kind: str
    label: str
    count: int
    sums: str
    advice: str
    examples: tuple[dict[str, Any], ...]


def lines(record: Reconciliation) -> Iterator[Line]:
    """The findings by kind; an order that nobody can judge is only named where there is one."""
    for kind in Kind:
        entry = record.findings.get(kind.value, {})
        count = entry.get("count", 0)
        if not count and kind in {Kind.OPEN, Kind.UNCLEAR, Kind.UNEXPECTED}:
            continue
        sums = ", ".join(_money(amount, currency) for currency, amount in sorted(entry.get("sums", {}).items()))
        examples = () if kind is Kind.CONFIRMED else tuple(map(_example, entry.get("examples", ())))
        yield Line(kind.value, kind.label, count, sums, kind.advice, examples)


def to_settle(record: Reconciliation) -> list[dict[str, Any]]:
    """The first of the postbacks that applying settles."""
    return [
        _example(entry) | {"action": Action(entry["action"]).label} for entry in record.findings.get("to_settle", ())
    ]


def context(record: Reconciliation, upload: ExportUpload | None) -> dict[str, Any]:
    """What the template needs."""
    names = record.options.get("columns", {})
    return {
        "lines": list(lines(record)),
        "left": sorted(record.left.items(), key=lambda pair: -pair[1]),
        "columns": [(role.label, names.get(role.value, "")) for role in Role],
        "compared": moment(record.started_at),
        "applied": moment(record.applied_at) if record.applied_at else "",
        "changes": list(record.changes.order_by("id")[:CHANGES_SHOWN]),
        "more_changes": max(record.accepted + record.sent_again - CHANGES_SHOWN, 0),
        "upload": upload,
    }


def _example(entry: dict[str, Any]) -> dict[str, Any]:
    return entry | {"sum": _money(entry["amount"], entry["currency"])}


def _money(amount: str, currency: str) -> str:
    return money(Decimal(amount), currency).strip()
