"""Refunds: what should stand is noted on the row, and what has not been sent yet is sent with it.

A repeat of an attempt that Aspire may have counted keeps its amount, so that there is one number in question.
"""

from collections.abc import Collection
from decimal import Decimal

from django.db.models import Case, DecimalField, F, Q, Value, When

from tracking.models import Postback
from tracking.postbacks.outbox.doubt import in_question

Status = Postback.Status

_MAY_BE_LOWERED = Q(status=Status.PENDING, amount__isnull=False) & ~in_question()


def lower(postback: Postback, amount_left: Decimal) -> None:
    """Note that `amount_left`, above 0, should stand for a row that the caller has locked."""
    lowered = Value(amount_left, output_field=DecimalField(max_digits=13, decimal_places=2))
    Postback.objects.filter(pk=postback.pk).update(
        amount_left=amount_left, amount=Case(When(_MAY_BE_LOWERED, then=lowered), default=F("amount"))
    )


def lower_refunded(ids: Collection[int]) -> None:
    """Give those of the rows that came back as pending the amount that should stand."""
    refunded = Postback.objects.filter(_MAY_BE_LOWERED, id__in=ids, amount_left__gt=0, amount_left__lt=F("amount"))
    refunded.update(amount=F("amount_left"))
