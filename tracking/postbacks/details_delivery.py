"""One delivery of order details: a claim becomes a JSON message, a POST, a verdict, and what follows from it."""

import time
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from django.utils import timezone

from tracking.conf import conf
from tracking.conversions.amounts import to_text
from tracking.models import OrderDetailsAttempt
from tracking.postbacks import order_details, outbox, template
from tracking.postbacks.outbox import Claim, Settlement
from tracking.postbacks.retries import LONGEST_RETRY_AFTER, Next
from tracking.postbacks.transport import Transport
from tracking.postbacks.verdicts import Judgement, NoReply, Reply, Verdict

SECRET_HEADER: Final = "x-client-secret"  # noqa: S105 - its name (Aspire 11182653)


@dataclass(frozen=True, slots=True)
class Message:
    """What is posted where; the same fit to be seen."""

    url: str
    host: str
    masked_url: str
    body: str


def build(claim: Claim) -> Message:
    """Write the message of a claim. Raises TemplateError where its postback's URL does not give the order's id."""
    offer = claim.offer
    reference = order_details.order_reference(
        offer.postback_url,
        {
            "AFFILIATE_ID": claim.affiliate_id,
            "TRANSACTION_ID": claim.transaction_id,
            "OFFER_ID": offer.offer_id,
            "ORDER_ID": claim.order_id,
            "AMOUNT": to_text(claim.amount) if claim.amount is not None else None,
            "SECURITY_TOKEN": None,
        },
        order_id=claim.order_id,
    )
    assert claim.amount is not None  # noqa: S101 - the table says the same
    text = order_details.body(
        order_id=reference,
        value=claim.amount,
        value_key=conf.order_value_key,
        currency=claim.currency,
        lines=claim.lines,
    )
    url = conf.order_details_url
    return Message(url, conf.order_details_host, template.mask(url, conf.order_details_secret), text)


def send(claim: Claim, transport: Transport, *, kept_reply: int, kept_detail: int, margin: timedelta) -> Settlement:
    """Send claimed order details and say what follows. Touches no database, so any thread may run it."""
    secret = conf.order_details_secret
    if not secret:
        return Settlement(claim, Next("pending", outbox.WAITS_FOR_KEY), Verdict.NOT_SENT, attempt=None)
    try:
        message = build(claim)
    except template.TemplateError as error:
        return settlement(claim, Judgement(Verdict.FAILED, str(error)), attempt=None)
    started_at, began = timezone.now(), time.monotonic()
    outcome = transport.post(
        message.url,
        message.body.encode(),
        host=message.host,
        headers={"Content-Type": "application/json", SECRET_HEADER: secret},
        send_before=claim.lease_expires_at - margin,
        secrets=(secret,),
    )
    judgement = order_details.judge(outcome)
    judgement = replace(judgement, detail=template.mask(judgement.detail, secret)[:kept_detail])
    attempt = OrderDetailsAttempt(
        order_details_id=claim.row_id,
        started_at=started_at,
        duration_ms=round((time.monotonic() - began) * 1000),
        url=message.masked_url,
        http_status=outcome.http_status if isinstance(outcome, Reply) else None,
        reply=template.mask(outcome.body, secret)[:kept_reply] if isinstance(outcome, Reply) else "",
        verdict=judgement.verdict,
        detail=judgement.detail,
    )
    is_too_late = isinstance(outcome, NoReply) and outcome.is_too_late
    return replace(settlement(claim, judgement, attempt=attempt), tells_of_host=not is_too_late)


def settlement(claim: Claim, judgement: Judgement, *, attempt: OrderDetailsAttempt | None) -> Settlement:
    """What follows from a judgement. Nothing here can pay anybody twice, so nothing is ever left in doubt."""
    following = order_details.after(judgement, attempt=claim.scheduled_attempt, now=timezone.now())
    host_wait = min(judgement.retry_after, LONGEST_RETRY_AFTER)
    return Settlement(claim, following, judgement.verdict, attempt, host_wait=host_wait)


def abandoned(claim: Claim, judgement: Judgement) -> Settlement:
    """What follows for a claim whose process ended, or hangs."""
    attempt = OrderDetailsAttempt(
        order_details_id=claim.row_id,
        started_at=claim.lease_expires_at - outbox.LEASE,
        url=template.mask(conf.order_details_url, conf.order_details_secret),
        verdict=judgement.verdict,
        detail=judgement.detail,
    )
    return replace(settlement(claim, judgement, attempt=attempt), is_guess=True)
