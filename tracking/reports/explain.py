"""Telling the whole story of an order: from the click to what happens next."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final

from django.db.models import QuerySet

from tracking.conf import conf
from tracking.models import Attempt, Conversion, Offer, Postback, RememberedClick
from tracking.postbacks import delivery, pauses, template
from tracking.postbacks.hints import hint_for, hint_for_adjustment, waits_for_rate
from tracking.postbacks.verdicts import Verdict
from tracking.reports import next_step
from tracking.reports.details_story import tell_details
from tracking.reports.facts import click_facts, decision_facts, facts, note_on, placed_facts
from tracking.reports.privacy import hide_customer
from tracking.reports.receipt import receipt_facts, receipt_lines
from tracking.reports.refund_facts import NEXT, early_note, is_open, refund_facts
from tracking.reports.sources import source_facts
from tracking.reports.story import AttemptStory, MessageStory, OrderStory, Story
from tracking.reports.timeline import timeline
from tracking.reports.wording import count, moment, took

Mask = Callable[[str], str]

_VERDICT_MEANING: Final = {
    Verdict.ACCEPTED: "Aspire counted it.",
    Verdict.DUPLICATE: "Aspire has this order already.",
    Verdict.REJECTED: "Aspire refused it.",
    Verdict.UNCONFIRMED: "It may have been counted; the answer does not tell.",
    Verdict.BUSY: "Not counted: the other side asked to come back later.",
    Verdict.NOT_SENT: "Not counted: nothing of the request left.",
    Verdict.FAILED: "Not counted, and repeating it as it is cannot help.",
}


def explain(order_id: str, *, now: datetime) -> Story:
    """Tell everything known of an order. Costs three queries, and one for each postback that waits to be sent.

    Where order details are owed, one or two more.
    """
    conversions = list(_conversions().filter(order_id=order_id).order_by("is_test"))
    remembered = RememberedClick.objects.filter(order_id=order_id).first()
    note = note_on(order_id, conversions, remembered)
    return Story(
        order_id=order_id,
        orders=_tell(conversions, remembered, now),
        remembered=placed_facts(remembered),
        note=f"{note} {early_note(order_id)}".strip() if note else "",
    )


def explain_conversion(conversion_id: int, *, now: datetime, shows_customer: bool = True) -> OrderStory:
    """Tell the story of one conversion. Raises Conversion.DoesNotExist. Costs four queries at most, six with order
    details.
    """
    conversion = _conversions().get(pk=conversion_id)
    if not shows_customer:
        conversion = hide_customer(conversion)
    remembered = RememberedClick.objects.filter(order_id=conversion.order_id).first()
    return _tell([conversion], remembered, now)[0]


def _conversions() -> QuerySet[Conversion]:
    return Conversion.objects.select_related("offer", "order_details", "postback__offer", "postback__adjustment")


def _tell(conversions: list[Conversion], remembered: RememberedClick | None, now: datetime) -> tuple[OrderStory, ...]:
    postbacks = [postback for conversion in conversions if (postback := _postback_of(conversion))]
    attempts = list(Attempt.objects.filter(postback__in=postbacks).order_by("started_at", "id")) if postbacks else []
    details = tell_details(conversions)
    return tuple(
        _order(
            conversion,
            details=details.get(conversion.pk),
            remembered=None if conversion.is_test else remembered,
            attempts=[attempt for attempt in attempts if attempt.postback_id == _postback_id(conversion)],
            now=now,
        )
        for conversion in conversions
    )


def _postback_of(conversion: Conversion) -> Postback | None:
    return getattr(conversion, "postback", None)


def _postback_id(conversion: Conversion) -> int | None:
    postback = _postback_of(conversion)
    return postback.pk if postback else None


def _order(
    conversion: Conversion,
    *,
    remembered: RememberedClick | None,
    attempts: Iterable[Attempt],
    details: MessageStory | None,
    now: datetime,
) -> OrderStory:
    postback = _postback_of(conversion)
    for_a_person = is_open(postback)
    tried = list(attempts)
    told = _postback(postback, tried, now, for_a_person=for_a_person) if postback else None
    return OrderStory(
        order_id=conversion.order_id,
        is_test=conversion.is_test,
        outcome=conversion.outcome,
        outcome_label=conversion.get_outcome_display(),
        click=click_facts(conversion, remembered),
        decision=decision_facts(conversion),
        looked_at=source_facts(conversion.considered, conversion.outcome),
        amount=receipt_facts(conversion, postback),
        receipt=receipt_lines(conversion, postback),
        refunds=refund_facts(conversion, postback, is_open=for_a_person),
        postback=told,
        next_step=NEXT if for_a_person else _next_step(postback, now, conversion.outcome),
        details=details,
        timeline=timeline(
            conversion,
            remembered=remembered,
            attempts=zip(tried, told.attempts if told else (), strict=True),
            reason=_masker(postback.offer)(postback.detail) if postback else "",
        ),
    )


def _postback(postback: Postback, attempts: Iterable[Attempt], now: datetime, *, for_a_person: bool) -> MessageStory:
    mask = _masker(postback.offer)
    waits = postback.status == Postback.Status.PENDING and postback.due_at is None
    told = list(attempts)
    pruned = max(postback.attempts_made - sum(not attempt.is_late for attempt in told), 0)
    return MessageStory(
        status=postback.status,
        status_label=postback.get_status_display(),
        facts=facts(
            ("State", postback.get_status_display()),
            ("Waits for" if waits else "Reason", mask(postback.detail)),
            ("Last verdict", postback.get_verdict_display() if postback.verdict else ""),
            ("Attempts", count(postback.attempts_made, "attempt") if postback.attempts_made else "none"),
            ("Pruned", f"{count(pruned, 'older attempt')}, no longer in the log" if pruned else ""),
            ("Held until", moment(postback.held_until) if _is_held(postback, now) and postback.held_until else ""),
            ("Due", moment(postback.due_at) if postback.due_at and postback.settled_at is None else ""),
            ("Settled", moment(postback.settled_at) if postback.settled_at else ""),
        ),
        attempts=tuple(_attempt(number, attempt, mask) for number, attempt in enumerate(told, pruned + 1)),
        hint=hint_for_adjustment(is_whole=not postback.amount_left)
        if for_a_person
        else _hint(postback, told, mask(postback.detail), waits=waits, now=now),
    )


def _is_held(postback: Postback, now: datetime) -> bool:
    """Tell whether the offer's hold still keeps it from being sent."""
    is_waiting = postback.status == Postback.Status.PENDING
    return is_waiting and postback.held_until is not None and postback.held_until > now


def _hint(postback: Postback, attempts: Iterable[Attempt], detail: str, *, waits: bool, now: datetime) -> str:
    if postback.is_test and postback.status not in {Postback.Status.REJECTED, Postback.Status.FAILED}:
        return ""
    if postback.status == Postback.Status.UNCONFIRMED and any(
        attempt.is_late and attempt.verdict == Verdict.ACCEPTED for attempt in attempts
    ):
        return "Mark it as accepted: an answer that came too late to count says that Aspire has counted it."
    # A row that is due and was never tried waits for nothing: its detail is no reason to mend.
    return hint_for(
        postback.status,
        verdict=postback.verdict,
        detail=detail,
        is_due=not waits,
        has_lease_expired=postback.lease_expires_at is not None and postback.lease_expires_at < now,
    )


def _attempt(number: int, attempt: Attempt, mask: Mask) -> AttemptStory:
    reply, detail = mask(attempt.reply).strip(), mask(attempt.detail)
    return AttemptStory(
        number=number,
        when=moment(attempt.started_at),
        url=mask(attempt.url),
        http_status=attempt.http_status,
        reply=reply,
        detail="" if detail in reply else detail,
        verdict=attempt.verdict,
        verdict_label=attempt.get_verdict_display(),
        meaning=_VERDICT_MEANING[Verdict(attempt.verdict)],
        took=took(attempt.duration_ms) if attempt.duration_ms is not None else "",
        is_late=attempt.is_late,
    )


def _next_step(postback: Postback | None, now: datetime, outcome: str) -> str:
    if postback is None:
        return next_step.after_outcome(outcome)
    return next_step.after_status(
        postback.status,
        now=now,
        due_at=postback.due_at,
        lease_expires_at=postback.lease_expires_at,
        attempts_made=postback.attempts_made,
        deduplicates=postback.offer.deduplicates,
        is_test=postback.is_test,
        held_until=postback.held_until,
        waits_for_rate=waits_for_rate(postback.detail),
        pause=_pause(postback) if postback.status == Postback.Status.PENDING and postback.due_at else None,
    )


def _pause(postback: Postback) -> next_step.Pause | None:
    host = delivery.host_of(postback.offer)
    pause = pauses.of(host)
    return next_step.Pause(host, pause.paused_until, pause.reason, pause.is_broken) if pause else None


def _masker(offer: Offer) -> Mask:
    return lambda text: template.mask(text, offer.pasted_security_token, conf.security_token)
