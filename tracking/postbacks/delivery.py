"""One delivery: a claim becomes a URL, a GET, a verdict, and what follows from it."""

import time
from dataclasses import dataclass, replace
from datetime import timedelta
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from django.utils import timezone

from tracking.conf import conf
from tracking.conversions.amounts import to_text
from tracking.models import Attempt, Offer
from tracking.postbacks import outbox, template
from tracking.postbacks.exchanges import Timeouts
from tracking.postbacks.outbox import Claim, Settlement
from tracking.postbacks.retries import LONGEST_RETRY_AFTER, Next, decide_next, in_doubt
from tracking.postbacks.transport import Transport
from tracking.postbacks.verdicts import Judgement, Reply, Verdict, judge

KEPT_REPLY: Final = 1024  # characters of a reply that the log keeps
KEPT_DETAIL: Final = 500  # characters of Aspire's words, or of what went wrong

SWEPT_AT_ONCE: Final = 100  # rows

# A request leaves only while its lease outlasts the longest exchange, so that nobody else can be sending it too.
SEND_MARGIN: Final = timedelta(seconds=25)


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


def check_settings() -> None:
    """Read what sending needs, so that a setting that is wrong is told before anything is claimed.

    Raises ImproperlyConfigured.
    """
    _ = (conf.postback_hosts, conf.private_hosts, conf.security_token)


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
    """Send a claimed postback and say what follows. Touches no database, so any thread may run it."""
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
        postback_id=claim.postback_id,
        started_at=started_at,
        duration_ms=round((time.monotonic() - began) * 1000),
        url=built.masked,
        http_status=outcome.http_status if isinstance(outcome, Reply) else None,
        reply=template.mask(outcome.body, *built.secrets)[:KEPT_REPLY] if isinstance(outcome, Reply) else "",
        verdict=judgement.verdict,
        detail=judgement.detail,
    )
    return _settlement(claim, judgement, attempt=attempt)


def _hold_back(claim: Claim) -> Settlement | None:
    """What follows for a claim that must not be sent, because its offer was changed since it was owed."""
    if claim.is_in_doubt and not claim.offer.deduplicates:
        why = "an earlier attempt may have been counted, and the offer no longer says that Aspire drops repeats"
        return Settlement(claim, Next("unconfirmed", why), Verdict.UNCONFIRMED, attempt=None)
    mismatch = outbox.currency_mismatch(claim.currency, claim.offer)
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
    """Settle what a process left behind when it ended while sending; returns how many rows."""
    count = 0
    while claims := outbox.expired(now=timezone.now(), limit=SWEPT_AT_ONCE):
        outbox.settle([_abandoned(claim) for claim in claims], now=timezone.now())
        count += len(claims)
        if len(claims) < SWEPT_AT_ONCE:
            break
    return count


def _settlement(claim: Claim, judgement: Judgement, *, attempt: Attempt | None, is_repeat: bool = False) -> Settlement:
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
    try:
        masked = build_url(claim).masked
    except template.TemplateError:
        masked = template.mask(claim.offer.postback_url)
    attempt = Attempt(
        postback_id=claim.postback_id,
        started_at=claim.lease_expires_at - outbox.LEASE,
        url=masked,
        verdict=judgement.verdict,
        detail=judgement.detail,
    )
    return replace(_settlement(claim, judgement, attempt=attempt), is_guess=True)
