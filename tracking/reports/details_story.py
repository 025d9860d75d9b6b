"""The part of an order's story that its details for Aspire's own API have in it."""

from collections.abc import Iterable, Sequence
from typing import Final

from tracking.conf import conf
from tracking.models import Conversion, OrderDetails, OrderDetailsAttempt
from tracking.postbacks import delivery, pauses, template
from tracking.postbacks.verdicts import Verdict
from tracking.reports.facts import facts
from tracking.reports.story import AttemptStory, MessageStory
from tracking.reports.wording import count, moment, money, took

Status = OrderDetails.Status

_VERDICT_MEANING: Final = {
    Verdict.ACCEPTED: "Aspire took them.",
    Verdict.UNCONFIRMED: "They may have arrived; sending them again does no harm.",
    Verdict.BUSY: "Not taken: the other side asked to come back later.",
    Verdict.NOT_SENT: "Not taken: nothing of the request left.",
    Verdict.FAILED: "Not taken, and repeating it as it is cannot help.",
}
_HINTS: Final = {
    Status.PENDING: "",
    Status.SENDING: "",
    Status.ACCEPTED: "",
    Status.FAILED: "Mend what the reason names, then send them again (manage.py requeue_order_details).",
    Status.CANCELLED: "",
}


def tell_details(conversions: Sequence[Conversion]) -> dict[int, MessageStory]:
    """The stories of the details that these orders have, by the conversion's key. One query, where there are any."""
    owed = [found for conversion in conversions if (found := getattr(conversion, "order_details", None))]
    if not owed:
        return {}
    attempts = list(OrderDetailsAttempt.objects.filter(order_details__in=owed).order_by("started_at", "id"))
    return {
        row.conversion_id: _tell(row, [attempt for attempt in attempts if attempt.order_details_id == row.pk])
        for row in owed
    }


def hint(row: OrderDetails) -> str:
    """What a person should do about them; empty if nothing."""
    if row.status == Status.PENDING and row.due_at is None:
        return "They wait for what the reason names; once that is there they are sent by themselves."
    return _HINTS[Status(row.status)]


def _tell(row: OrderDetails, attempts: Iterable[OrderDetailsAttempt]) -> MessageStory:
    waits = row.status == Status.PENDING and row.due_at is None
    pieces = sum(line["quantity"] for line in row.lines)
    return MessageStory(
        status=row.status,
        status_label=row.get_status_display(),
        facts=facts(
            ("State", row.get_status_display()),
            ("Waits for" if waits else "Reason", mask(row.detail)),
            ("Order value", money(row.amount, row.conversion.currency)),
            ("Lines", f"{count(len(row.lines), 'line')}, {count(pieces, 'piece')}" if row.lines else "none were given"),
            ("Attempts", count(row.attempts_made, "attempt") if row.attempts_made else "none"),
            ("Due", moment(row.due_at) if row.due_at and row.settled_at is None else ""),
            ("Paused", _pause() if row.status == Status.PENDING and row.due_at else ""),
            ("Settled", moment(row.settled_at) if row.settled_at else ""),
        ),
        attempts=tuple(_attempt(number, attempt) for number, attempt in enumerate(attempts, 1)),
        hint=hint(row),
    )


def _attempt(number: int, attempt: OrderDetailsAttempt) -> AttemptStory:
    return AttemptStory(
        number=number,
        when=moment(attempt.started_at),
        url=mask(attempt.url),
        http_status=attempt.http_status,
        reply=mask(attempt.reply).strip(),
        detail=mask(attempt.detail),
        verdict=attempt.verdict,
        verdict_label=attempt.get_verdict_display(),
        meaning=_VERDICT_MEANING.get(Verdict(attempt.verdict), ""),
        took=took(attempt.duration_ms) if attempt.duration_ms is not None else "",
        is_late=attempt.is_late,
    )


def _pause() -> str:
    pause = pauses.of(delivery.details_lane())
    return (
        f"{conf.order_details_host} is left alone until {moment(pause.paused_until)}: {pause.reason}" if pause else ""
    )


def mask(text: str) -> str:
    """Hide the secret, should anything have quoted it."""
    return template.mask(text, conf.order_details_secret)
