"""Waiting: orders in another currency, for which there was no rate. When there is one they fall due by themselves."""

import logging
from collections.abc import Iterator
from datetime import date, datetime
from itertools import islice
from typing import Final

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from tracking.conversions import receipts
from tracking.conversions.currency import NoRate, find_rate
from tracking.currency import ExchangeRate
from tracking.models import Conversion, Postback
from tracking.postbacks.outbox.details import cancel_details
from tracking.postbacks.outbox.news import announce
from tracking.postbacks.outbox.owing import WRONG_CURRENCY, due_after_hold, work_out
from tracking.postbacks.wakeups import notify

logger = logging.getLogger(__name__)

Status = Postback.Status

PAGE: Final = 1000  # rows read at once
BATCH: Final = 100  # rows written in one transaction


def waiting_for_rate() -> QuerySet[Postback]:
    """Rows that are not sent because their amount is not known in the offer's currency.

    Where the offer has come to pay for leads meanwhile, they need none and go as they are.
    """
    is_other = ~Q(conversion__offer_currency="") & ~Q(conversion__offer_currency=F("offer__currency"))
    waits = Q(amount=None) | is_other | Q(detail__startswith=WRONG_CURRENCY)
    pending = Postback.objects.filter(status=Status.PENDING, due_at=None, is_test=False, is_called_off=False)
    return pending.filter(waits)


class Rates:
    """The rates of one pass: the converter is asked once for a pair and a day."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._found: dict[tuple[str, str, date], ExchangeRate | NoRate] = {}

    def __call__(self, conversion: Conversion, target: str) -> ExchangeRate | NoRate:
        completed_at = min(conversion.completed_at, self._now)
        key = (conversion.currency, target, timezone.localdate(completed_at))
        if key not in self._found:
            self._found[key] = find_rate(conversion.currency, target, completed_at=completed_at, now=self._now)
        return self._found[key]


def work_out_waiting(*, now: datetime) -> int:
    """Work waiting amounts out anew; returns how many rows fall due with that, now or when their hold ends.

    An amount that comes to nothing is cancelled. Where there is no rate yet, the reason is kept up to date.
    """
    rates, count = Rates(now), 0
    changed = (row for row in _pages() if _changes(row, rates, now))
    while batch := list(islice(changed, BATCH)):
        count += _work_out([row.pk for row in batch], rates, now)
    if count:
        logger.info("Amounts worked out for %d postbacks that waited for an exchange rate.", count)
        notify()
    return count


def _pages() -> Iterator[Postback]:
    rows = waiting_for_rate().select_related("conversion", "offer").order_by("pk")
    page = list(rows[:PAGE])
    while page:
        yield from page
        page = list(rows.filter(pk__gt=page[-1].pk)[:PAGE]) if len(page) == PAGE else []


def _changes(row: Postback, rates: Rates, now: datetime) -> bool:
    """Tell whether there is anything to write down, without a lock on the row."""
    return receipts.make(row.conversion, row.offer, now=now, rates=rates).waits_for != row.detail


def _work_out(ids: list[int], rates: Rates, now: datetime) -> int:
    """Work rows out on what they are now: a refund may have come in between."""
    count, cancelled = 0, []
    with transaction.atomic():
        for row in waiting_for_rate().filter(pk__in=ids).select_related("offer").order_by("conversion_id"):
            receipt = work_out(row, now, rates)
            conversion = row.conversion
            values: dict[str, object] = {"detail": receipt.waits_for}
            if receipt.is_nothing:
                values |= {"status": Status.CANCELLED, "settled_at": now}
                conversion.outcome, conversion.cause = Conversion.Outcome.EXCLUDED, Conversion.Cause.NO_AMOUNT
                conversion.reason = receipt.waits_for
            else:  # while it waits, too: the receipt is in the offer's currency now, an earlier amount is not
                values |= {"amount": receipt.amount, "amount_left": receipt.amount_left}
            if not receipt.waits_for:
                values["due_at"] = due_after_hold(row.held_until, now)
            still = Postback.objects.filter(pk=row.pk, status=Status.PENDING, due_at=None, is_called_off=False)
            if still.filter(attempts_made=row.attempts_made).update(**values):
                conversion.save(update_fields=[*receipts.FIELDS, "outcome", "cause", "reason"])
                if receipt.is_nothing:
                    cancelled.append(row.pk)
                    cancel_details([row.conversion_id], why=receipt.waits_for)
                count += "due_at" in values
    if cancelled:
        transaction.on_commit(lambda: announce(cancelled), robust=True)
    return count
