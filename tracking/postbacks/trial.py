"""A test postback: one real GET through the same code as live ones, logged, outside all totals."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import uuid4

from django.db import IntegrityError, transaction
from django.utils import timezone

from tracking.models import Conversion, Offer, Postback
from tracking.postbacks import delivery, outbox
from tracking.postbacks.delivery import BuiltUrl
from tracking.postbacks.outbox import Claim


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A made-up sale. Aspire's own test link sends affiliate id 1 (6425578)."""

    offer: Offer
    order_id: str
    amount: Decimal
    affiliate_id: str = "1"
    transaction_id: str = ""


def new_order_id(now: datetime) -> str:
    """An order id that no test has used, and no shop uses."""
    return f"TEST-{now:%Y%m%d-%H%M%S-%f}"


class OrderIdUsedError(Exception):
    """A test with this order id has been fired before."""


def preview(trial: Trial) -> BuiltUrl:
    """The URL that `fire` would send. Raises TemplateError when it cannot be built."""
    now = timezone.now()
    return delivery.build_url(
        Claim(
            row_id=0,
            token=uuid4(),
            lease_expires_at=now + outbox.LEASE,
            attempts_made=0,
            attempts_before_requeue=0,
            order_id=trial.order_id,
            affiliate_id=trial.affiliate_id,
            transaction_id=trial.transaction_id,
            amount=None if trial.offer.kind == Offer.Kind.LEAD else trial.amount,
            currency=trial.offer.currency,
            offer_currency=trial.offer.currency,
            offer=trial.offer,
            is_in_doubt=False,
            is_test=True,
        )
    )


def fire(trial: Trial) -> Postback:
    """Send it once, whatever comes back, and return the settled row.

    Raises OrderIdUsedError for an order id that a test has used; must not run inside a transaction.
    """
    claim = outbox.claim_test(_enqueue(trial), now=timezone.now())
    assert claim is not None  # noqa: S101 - no drain takes tests
    transport = delivery.open_transport()
    try:
        delivery.settle([delivery.send(claim, transport)])
    finally:
        transport.close()
    return Postback.objects.select_related("conversion", "offer").get(pk=claim.row_id)


def _enqueue(trial: Trial) -> Postback:
    now = timezone.now()
    conversion = Conversion(
        order_id=trial.order_id,
        outcome=Conversion.Outcome.CREDITED,
        reason="A test by hand: no sale.",
        source=Conversion.Source.TEST,
        affiliate_id=trial.affiliate_id,
        transaction_id=trial.transaction_id,
        clicked_at=now,
        offer=trial.offer,
        currency=trial.offer.currency,
        items_total=trial.amount,
        is_test=True,
        completed_at=now,
        recorded_at=now,
    )
    try:
        with transaction.atomic():
            conversion.save(force_insert=True)
            return outbox.enqueue(conversion, now=now)
    except IntegrityError:
        raise OrderIdUsedError(trial.order_id) from None
