"""The report in full, as CSV: every order with what stands on both sides."""

from typing import Final

from tracking.reconciliation.findings import Finding

HEADER: Final = (
    "finding", "order", "offer", "affiliate", "currency", "amount here", "amount at Aspire", "state here",
    "status at Aspire", "settled here", "recorded at Aspire", "rows in the file", "follows", "remark",
)  # fmt: skip


def cells(finding: Finding) -> tuple[object, ...]:
    """A finding as a row of the report."""
    return (
        finding.kind.label,
        finding.order_id,
        finding.offer_id,
        finding.affiliate_id,
        finding.currency,
        finding.amount_here,
        finding.amount_there,
        finding.status_here,
        finding.status_there,
        finding.reported_at,
        finding.recorded_there,
        " ".join(str(row) for row in finding.rows),
        finding.action.label,
        finding.remark,
    )
