"""Rows of hosts, and one process that takes them and ends them."""

from collections import Counter
from datetime import timedelta
from typing import Any

from django.utils import timezone

from tests.factories import OfferFactory, PostbackFactory
from tracking.models import Attempt, HostPause, Offer, Postback
from tracking.postbacks import outbox
from tracking.postbacks.intake import Intake
from tracking.postbacks.outbox import Claim, Settlement
from tracking.postbacks.retries import decide_next
from tracking.postbacks.verdicts import Judgement, Verdict

QUERY = "aff_id=AFFILIATE_ID&amount=AMOUNT&adv_unique1=ORDER_ID"
ONE, OTHER = "one.go2cloud.org", "other.go2cloud.org"


def offer_at(host: str, **values: Any) -> Offer:
    number = Offer.objects.count()
    return OfferFactory(
        offer_id=str(number), is_default=not number, postback_url=f"https://{host}/aff_lsr?{QUERY}", **values
    )


def owe(offer: Offer, count: int, **values: Any) -> list[Postback]:
    """Rows that have been due for a while, each for longer than the next."""
    began = timezone.now() - timedelta(hours=1)
    return [
        PostbackFactory(offer=offer, **{"due_at": began + timedelta(seconds=number), **values})
        for number in range(count)
    ]


def states() -> Counter[str]:
    return Counter(Postback.objects.values_list("status", flat=True))


def ended(claim: Claim, verdict: Verdict, *, asked: int = 0) -> Settlement:
    """The end of an attempt; `asked`: seconds that the host asked to wait."""
    judgement = Judgement(verdict, "its words", timedelta(seconds=asked))
    following = decide_next(
        judgement,
        attempt=claim.scheduled_attempt,
        now=timezone.now(),
        deduplicates=claim.offer.deduplicates,
        is_repeat=False,
    )
    attempt = Attempt(
        postback_id=claim.postback_id, started_at=timezone.now(), url="", verdict=verdict, detail="its words"
    )
    return Settlement(claim, following, verdict, attempt, host_wait=judgement.retry_after)


def begin(intake: Intake, room: int = 32) -> list[Claim]:
    claims = intake.take(room)
    intake.began(claims)
    return claims


def end(intake: Intake, claims: list[Claim], verdict: Verdict, *, asked: int = 0) -> None:
    settlements = [intake.ended(ended(claim, verdict, asked=asked)) for claim in claims]
    intake.tell()
    outbox.settle(settlements, now=timezone.now())


def break_circuit(intake: Intake, offer: Offer) -> None:
    """Let the host fail until nothing more is sent there."""
    while claims := begin(intake):
        end(intake, claims, Verdict.NOT_SENT)
    assert not HostPause.objects.get(host=offer.postback_url.split("/")[2]).paused_until < timezone.now()


def let_pauses_go_by() -> None:
    HostPause.objects.update(paused_until=timezone.now() - timedelta(seconds=1))


def by_host(claims: list[Claim]) -> Counter[str]:
    return Counter(claim.offer.postback_url.split("/")[2] for claim in claims)
