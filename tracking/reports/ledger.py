"""The ledger of conversions as CSV: every completed order, who earned it, for which amount, and what became of it.

The command and the admin write the same bytes. Tests are left out; the ids of customers and
subscriptions only come along when asked for.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import Q, QuerySet

from tracking.models import Conversion, Postback
from tracking.reports.privacy import without_ids
from tracking.reports.spreadsheets import line

PAGE: Final = 1000  # rows that one query reads: what is in memory at most

# The heading, and where the value comes from.
_COLUMNS: Final = (
    ("order", "order_id"),
    ("completed", "completed_at"),
    ("outcome", "outcome"),
    ("reason", "reason"),
    ("offer", "offer__offer_id"),
    ("affiliate", "affiliate_id"),
    ("transaction", "transaction_id"),
    ("renewal", "is_renewal"),
    ("currency", "currency"),
    ("goods", "items_total"),
    ("discount", "discount"),
    ("shipping", "shipping"),
    ("tax", "tax"),
    ("total", ""),
    ("basis", "amount_basis"),
    ("amount by basis", "base_amount"),
    ("rate", "rate"),
    ("rate date", "rate_date"),
    ("rate source", "rate_source"),
    ("amount sent", "postback__amount"),
    ("sent in", "offer_currency"),
    ("amount that should stand", "postback__amount_left"),
    ("goods left after refunds", "items_left"),
    ("refunded", "refunded_at"),
    ("postback", "postback__status"),
    ("last verdict", "postback__verdict"),
    ("attempts", "postback__attempts_made"),
    ("settled", "postback__settled_at"),
)
_CUSTOMERS: Final = (("customer", "customer_id"), ("subscription", "subscription_id"))
_MAY_KNOW: Final = frozenset({Postback.Status.SENDING, Postback.Status.UNCONFIRMED, Postback.Status.ACCEPTED})
_FIELDS: Final = ("id", *(field for _, field in (*_COLUMNS, *_CUSTOMERS) if field))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which orders: completed from `since` until before `until`, and what else they have to be."""

    since: datetime | None = None
    until: datetime | None = None
    offer_id: str = ""
    outcome: str = ""
    state: str = ""
    with_customers: bool = False


def ledger(wanted: Wanted) -> Iterator[str]:
    """The file, a line at a time, the oldest order first."""
    columns = (*_COLUMNS, *_CUSTOMERS) if wanted.with_customers else _COLUMNS
    yield line([heading for heading, _ in columns])
    for row in _rows(wanted):
        if not _was_sent(row):
            row["postback__amount"] = None
        if not wanted.with_customers:
            row["reason"] = without_ids(row["reason"], row["customer_id"], row["subscription_id"])
        total = row["items_total"] + row["shipping"] + row["tax"]
        yield line([row[field] if field else total for _, field in columns])


def _was_sent(row: dict[str, Any]) -> bool:
    """Tell whether Aspire may have been told the amount: by a try, or by other ways where a person says so."""
    return bool(row["postback__attempts_made"]) or row["postback__status"] in _MAY_KNOW


def _rows(wanted: Wanted) -> Iterator[dict[str, Any]]:
    rows = _chosen(wanted).order_by("completed_at", "id").values(*_FIELDS)
    page = list(rows[:PAGE])
    while page:
        yield from page
        at, last = page[-1]["completed_at"], page[-1]["id"]
        # The first condition is what the index by time answers.
        page = list(rows.filter(completed_at__gte=at).filter(Q(completed_at__gt=at) | Q(id__gt=last))[:PAGE])


def _chosen(wanted: Wanted) -> QuerySet[Conversion]:
    rows = Conversion.objects.filter(is_test=False)
    if wanted.since:
        rows = rows.filter(completed_at__gte=wanted.since)
    if wanted.until:
        rows = rows.filter(completed_at__lt=wanted.until)
    if wanted.offer_id:
        rows = rows.filter(offer__offer_id=wanted.offer_id)
    if wanted.outcome:
        rows = rows.filter(outcome=wanted.outcome)
    if wanted.state:
        rows = rows.filter(postback__status=wanted.state)
    return rows
