"""One delivery: a claim becomes a URL, a GET, a verdict, and what follows from it. Order details go by a door of their
own, `details_delivery`."""

import time
from dataclasses import dataclass, replace
from datetime import timedelta
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from django.utils import timezone

from tracking.conf import conf
from tracking.conversions.amounts import to_text
from tracking.models import Attempt, Offer, OrderDetailsAttempt
from tracking.postbacks import details_delivery, outbox, template
from tracking.postbacks.exchanges import Timeouts
from tracking.postbacks.outbox import Claim, Settlement
from tracking.postbacks.retries import LONGEST_RETRY_AFTER, Next, decide_next, in_doubt
from tracking.postbacks.transport import Transport
from tracking.postbacks.verdicts import Judgement, NoReply, Reply, Verdict, judge

KEPT_REPLY: Final = 1024  # characters of a reply that the log keeps
KEPT_DETAIL: Final = 500  # characters of Aspire's words, or of what went wrong

SWEPT_AT_ONCE: Final = 100  # rows

# A request leaves only while its lease outlasts the longest exchange, so that nobody else can be sending it too.
SEND_MARGIN: Final = timedelta(seconds=25)


AnyAttempt = Attempt | OrderDetailsAttempt | None


@dataclass(frozen=True, slots=True)
class BuiltUrl:
    """The URL to send, and the same fit to be seen."""

    url: str
    host: str
    masked: str
    secrets: tuple[str, ...]


def open_transport(timeouts: Timeouts | None = None) -> Transport:
    """A transport that goes by this project's settings."""
    try:
        number = version("django-aspire-tracking")
    except PackageNotFoundError:  # running from a checkout
        number = "dev"
    return Transport(
        user_agent=f"django-aspire-tracking/{number}",
        is_private_allowed=lambda host: host in conf.private_hosts,
        timeouts=timeouts,
    )


def host_of(offer: Offer) -> str:
    """The host that an offer's postbacks go to; empty for a URL that names none."""
    try:
        return template.parse(offer.postback_url).host
    except template.TemplateError:
        return ""


def lane_of(claim: Claim) -> str:
    """What a claim shares its manners and its pauses with: all that goes to its host, order details apart."""
    return details_lane() if claim.kind is outbox.ORDER_DETAILS else host_of(claim.offer)


def details_lane() -> str:
    """The lane of order details. Their failures pause no postbacks, should both go to one host."""
    return f"{conf.order_details_host} (order details)"


def check_settings() -> None:
    """Read what sending needs, so that a setting that is wrong is told before anything is claimed.

    Raises ImproperlyConfigured.
    """
    _ = (conf.postback_hosts, conf.private_hosts, conf.security_token)
    _ = (conf.order_details_url, conf.order_details_secret, conf.order_value_key)


def build_url(claim: Claim) -> BuiltUrl:
    """Fill the offer's template for a claim. Raises TemplateError when that cannot be done."""
    offer = claim.offer
    token = offer.pasted_security_token or conf.security_token
    secrets = (token, conf.security_token)
    parsed = template.parse(offer.postback_url)
    template.check_host(parsed, conf.postback_hosts)
    if "SECURITY_TOKEN" in parsed.macros and not token:
        raise template.TemplateError("The URL has the macro SECURITY_TOKEN, but TRACKING_SECURITY_TOKEN is not set.")
    url = parsed.fill(
        {
            "AFFILIATE_ID": claim.affiliate_id,
            "TRANSACTION_ID": claim.transaction_id,
            "OFFER_ID": offer.offer_id,
            "ORDER_ID": claim.order_id,
            "AMOUNT": to_text(claim.amount) if claim.amount is not None else None,
            "SECURITY_TOKEN": token,
        }
    )
    return BuiltUrl(url, parsed.host, template.mask(url, *secrets), secrets)


def send(claim: Claim, transport: Transport) -> Settlement:
    """Send a claimed message and say what follows. Touches no database, so any thread may run it."""
    if claim.kind is outbox.ORDER_DETAILS:
        return details_delivery.send(
            claim, transport, kept_reply=KEPT_REPLY, kept_detail=KEPT_DETAIL, margin=SEND_MARGIN
        )
    if held_back := _hold_back(claim):
        return held_back
    try:
        built = build_url(claim)
    except template.TemplateError as error:
        return _settlement(claim, Judgement(Verdict.FAILED, str(error)), attempt=None)
    started_at, began = timezone.now(), time.monotonic()
    outcome = transport.get(
        built.url, host=built.host, send_before=claim.lease_expires_at - SEND_MARGIN, secrets=built.secrets
    )
    judgement = judge(outcome)
    # Aspire may quote the token. Masked before it is cut, so that no half of a secret is left at the end.
    judgement = replace(judgement, detail=template.mask(judgement.detail, *built.secrets)[:KEPT_DETAIL])
    attempt = Attempt(
        postback_id=claim.row_id,
        started_at=started_at,
        duration_ms=round((time.monotonic() - began) * 1000),
        url=built.masked,
        http_status=outcome.http_status if isinstance(outcome, Reply) else None,
        reply=template.mask(outcome.body, *built.secrets)[:KEPT_REPLY] if isinstance(outcome, Reply) else "",
        verdict=judgement.verdict,
        detail=judgement.detail,
    )
    is_too_late = isinstance(outcome, NoReply) and outcome.is_too_late
    return replace(_settlement(claim, judgement, attempt=attempt), tells_of_host=not is_too_late)


def broke_down(claim: Claim, error: Exception) -> Settlement:
    """What follows when `send` itself failed in a way nobody foresaw: the request may have left, or not."""
    why = f"sending it failed in a way nobody foresaw ({type(error).__name__})"
    judgement = Judgement(Verdict.UNCONFIRMED, why)
    if claim.kind is outbox.ORDER_DETAILS:
        return replace(details_delivery.abandoned(claim, judgement), is_guess=False, tells_of_host=False)
    attempt = Attempt(
        postback_id=claim.row_id,
        started_at=timezone.now(),
        url=template.mask(claim.offer.postback_url),
        verdict=judgement.verdict,
        detail=judgement.detail,
    )
    return replace(_settlement(claim, judgement, attempt=attempt), tells_of_host=False)


def _hold_back(claim: Claim) -> Settlement | None:
    """What follows for a claim that must not be sent, because its offer was changed since it was owed."""
    if claim.is_in_doubt and not claim.offer.deduplicates:
        why = "an earlier attempt may have been counted, and the offer no longer says that Aspire drops repeats"
        return Settlement(claim, Next("unconfirmed", why), Verdict.UNCONFIRMED, attempt=None)
    if claim.amount is None and claim.offer.kind == Offer.Kind.SALE:  # Aspire would book it as 0.00
        why = f"The order was recorded for leads, and {claim.offer} is now for sales: its amount is to be worked out."
        return Settlement(claim, Next("pending", why), Verdict.NOT_SENT, attempt=None)
    mismatch = outbox.wrong_currency(outbox.amount_currency(claim.currency, claim.offer_currency), claim.offer)
    if mismatch and claim.amount is not None:
        return Settlement(claim, Next("pending", mismatch), Verdict.NOT_SENT, attempt=None)
    return None


def settle(settlements: list[Settlement]) -> None:
    """Write results down, in the light of earlier attempts.

    "Duplicate" is accepted only where one of them may be what Aspire has, and nothing has failed while one of them may
    have been counted.
    """
    outbox.settle([_with_history(settlement) for settlement in settlements], now=timezone.now())


def sweep() -> int:
    """Settle what a process left behind when it ended while sending; returns how many rows.

    Also makes due what waited for something that is there by now.
    """
    outbox.release_waiting(now=timezone.now())
    return sum(_sweep(kind) for kind in outbox.KINDS)


def _sweep(kind: outbox.Kind) -> int:
    count = 0
    while claims := outbox.expired(now=timezone.now(), limit=SWEPT_AT_ONCE, kind=kind):
        outbox.settle([_abandoned(claim) for claim in claims], now=timezone.now())
        count += len(claims)
        if len(claims) < SWEPT_AT_ONCE:
            break
    return count


def _settlement(claim: Claim, judgement: Judgement, *, attempt: AnyAttempt, is_repeat: bool = False) -> Settlement:
    following = decide_next(
        judgement,
        attempt=claim.scheduled_attempt,
        now=timezone.now(),
        deduplicates=claim.offer.deduplicates,
        is_repeat=is_repeat,
        may_retry=not claim.is_test,
    )
    host_wait = min(judgement.retry_after, LONGEST_RETRY_AFTER)
    return Settlement(claim, following, judgement.verdict, attempt, host_wait=host_wait)


def _with_history(settlement: Settlement) -> Settlement:
    claim, attempt = settlement.claim, settlement.attempt
    if claim.kind is not outbox.POSTBACK:
        return settlement
    if settlement.verdict is Verdict.DUPLICATE and outbox.may_have_been_counted(claim):
        judgement = Judgement(settlement.verdict, attempt.detail if attempt else "")
        return _settlement(claim, judgement, attempt=attempt, is_repeat=True)
    if settlement.next.status == outbox.Status.FAILED and outbox.has_unknown_attempt(claim):
        return replace(settlement, next=in_doubt(settlement.next))
    return settlement


def _abandoned(claim: Claim) -> Settlement:
    judgement = Judgement(
        Verdict.UNCONFIRMED,
        "the process that was sending it ended, or hung, before an answer was written down",
    )
    if claim.kind is outbox.ORDER_DETAILS:
        return details_delivery.abandoned(claim, judgement)
    try:
        masked = build_url(claim).masked
    except template.TemplateError:
        masked = template.mask(claim.offer.postback_url)
    attempt = Attempt(
        postback_id=claim.row_id,
        started_at=claim.lease_expires_at - outbox.LEASE,
        url=masked,
        verdict=judgement.verdict,
        detail=judgement.detail,
    )
    return replace(_settlement(claim, judgement, attempt=attempt), is_guess=True)
