"""Erasing what is known of a customer, or of an order's click, on somebody's wish. The ledger stays whole.

What stays: the order's number and amounts, the outcome, which affiliate it was credited to and what Aspire answered.
"""

from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from tracking.models import Attempt, Conversion, CustomerClicks, Offer, Postback, RememberedClick
from tracking.postbacks import outbox

Status = Postback.Status

ERASED = "erased"
# The postback may still be sent, and cannot be without the click.
_OPEN = (Status.PENDING, Status.SENDING, Status.UNCONFIRMED)


@dataclass(slots=True)
class Erased:
    """What was erased, or would be."""

    orders: list[str] = field(default_factory=list)
    customers_clicks: int = 0
    left: list[str] = field(default_factory=list)
    """Orders that are still to be reported."""


def erase_customer(customer_id: str, *, dry_run: bool = False) -> Erased:
    """Erase the clicks kept with a customer, and the customer and the click of each of the customer's orders."""
    kept = CustomerClicks.objects.filter(customer_id=customer_id)
    orders = Conversion.objects.filter(customer_id=customer_id)
    erased = _erase(list(orders.values_list("order_id", flat=True)), dry_run=dry_run)
    erased.customers_clicks = kept.count()
    if not dry_run:
        kept.delete()
    return erased


def erase_order(order_id: str, *, dry_run: bool = False) -> Erased:
    """Erase the click of one order, completed or only placed, and who its customer is."""
    return _erase([order_id], dry_run=dry_run)


def _erase(order_ids: list[str], *, dry_run: bool) -> Erased:
    erased = Erased()
    for order_id in dict.fromkeys(order_ids):
        with transaction.atomic():
            conversions = Conversion.objects.filter(order_id=order_id, is_test=False)
            remembered = RememberedClick.objects.filter(order_id=order_id)
            # Locked, so that nothing is owed, claimed or sent again for it meanwhile.
            rows = list(conversions.select_for_update())
            owed = list(Postback.objects.select_for_update().filter(conversion__in=rows))
            if any(postback.status in _OPEN for postback in owed):
                erased.left.append(order_id)
            elif rows or remembered.exists():
                erased.orders.append(order_id)
                if not dry_run:
                    _erase_order(rows, remembered)
    return erased


def _erase_order(rows: list[Conversion], remembered: QuerySet[RememberedClick]) -> None:
    now = timezone.now()
    for row in rows:
        _mask_attempts(row)
    # What was given up on could otherwise be sent again, with an id that is no longer there.
    needs_click = Postback.objects.filter(conversion__in=rows, offer__protocol=Offer.Protocol.TRANSACTION_ID)
    outbox.call_off(needs_click)
    waiting = Conversion.objects.waiting().filter(pk__in=[row.pk for row in rows])
    waiting.update(
        outcome=Conversion.Outcome.EXCLUDED,
        reason="The click was erased before its offer was set up.",
        cause=Conversion.Cause.ERASED,
    )
    Conversion.objects.filter(pk__in=[row.pk for row in rows]).update(
        transaction_id="", click_offer_id="", clicked_at=None, customer_id="", considered=[], erased_at=now
    )
    nothing: dict[str, Any] = {
        "affiliate_id": "",
        "offer_id": "",
        "transaction_id": "",
        "clicked_at": None,
        "considered": [],
    }
    remembered.update(**nothing, lacks_consent=False, erased_at=now)


def _mask_attempts(conversion: Conversion) -> None:
    """Take the click's own id out of the requests and answers in the log; Aspire knows it all the same."""
    secret = conversion.transaction_id
    if not secret:
        return
    holding = Q(url__contains=secret) | Q(reply__contains=secret) | Q(detail__contains=secret)
    for attempt in Attempt.objects.filter(holding, postback__conversion=conversion):
        texts = {name: getattr(attempt, name).replace(secret, ERASED) for name in ("url", "reply", "detail")}
        Attempt.objects.filter(pk=attempt.pk).update(**texts)
    for postback in Postback.objects.filter(conversion=conversion, detail__contains=secret):
        Postback.objects.filter(pk=postback.pk).update(detail=postback.detail.replace(secret, ERASED))
