"""What a person may decide about postbacks: who may, in which states, what is asked first, what is written down."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from tracking.admin.choosing import chosen_rows, way_back
from tracking.admin.log import last_word
from tracking.models import Postback
from tracking.postbacks import engines, outbox
from tracking.reports.wording import count, money

if TYPE_CHECKING:
    from tracking.admin.postbacks import PostbackAdmin

Status = Postback.Status


class Change(Protocol):
    """One of the outbox's functions for a decision by hand."""

    def __call__(self, postbacks: QuerySet[Postback], *, why: str) -> int:
        """Change those of `postbacks` whose state allows it; return how many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One thing that a person may decide."""

    action: str
    permission: str
    label: str
    done: str
    """Says in messages, and with a name behind it in the log, what was done."""
    change: Change
    allowed: frozenset[Status]
    question: str
    held_question: str = ""
    """What is asked before a postback whose hold has not ended."""
    always_asks: bool = True
    """False: only postbacks that Aspire may have counted already are asked about."""
    marks_doubt: bool = False
    """The page that asks marks those that Aspire may have counted already."""
    takes_tests: bool = True

    def fits(self, postback: Postback) -> bool:
        """Tell whether the postback's state allows this."""
        if self.action == "send_again" and postback.is_called_off:
            return False
        return postback.status in self.allowed and (self.takes_tests or not postback.is_test)


SEND_AGAIN: Final = Decision(
    action="send_again",
    permission="resend",
    label="Send again",
    done="Queued to be sent again",
    change=outbox.send_again,
    allowed=outbox.CAN_BE_SENT_AGAIN,
    question=(
        "Nobody knows whether Aspire has counted the orders marked below. If it has, sending them again credits them "
        "a second time, and the creator can be paid twice. Ask Aspire's support first, with the offer id, the order "
        "number and the amount."
    ),
    held_question=(
        "The orders marked as held are kept back by their offer until a refund is unlikely. Sent now they are paid "
        "for, and Aspire takes no refund back by itself."
    ),
    always_asks=False,
    marks_doubt=True,
    takes_tests=False,
)
MARK_ACCEPTED: Final = Decision(
    action="mark_accepted",
    permission="settle",
    label="Mark as accepted",
    done="Marked as accepted",
    change=outbox.mark_accepted,
    allowed=outbox.CAN_BE_MARKED_ACCEPTED,
    question=(
        "You say with this that Aspire has counted these orders. Nothing is sent, now or later, and it cannot be "
        "undone. Do it when you have seen the orders in Aspire, or its support has told you so."
    ),
)
CANCEL: Final = Decision(
    action="cancel",
    permission="settle",
    label="Cancel",
    done="Cancelled",
    change=outbox.cancel,
    allowed=outbox.CAN_BE_CANCELLED,
    question=(
        "These orders will not be reported to Aspire, and their creators earn nothing for them. It cannot be undone."
    ),
)
GIVE_UP: Final = Decision(
    action="give_up",
    permission="settle",
    label="Give up",
    done="Given up",
    change=outbox.give_up,
    allowed=outbox.CAN_BE_GIVEN_UP,
    question=(
        "Nothing more will be sent for these orders, and their creators earn nothing for them; one marked below "
        "as counted all the same is paid by Aspire without anybody looking. It cannot be undone."
    ),
    marks_doubt=True,
)
DECISIONS: Final = (SEND_AGAIN, MARK_ACCEPTED, CANCEL, GIVE_UP)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A postback as the page that asks lists it."""

    postback_id: int
    order_id: str
    affiliate_id: str
    amount: str
    status: str
    status_label: str
    last_word: str
    is_doubtful: bool
    is_held: bool


def decide(
    decision: Decision, model_admin: "PostbackAdmin", request: HttpRequest, chosen: QuerySet[Postback]
) -> HttpResponse | None:
    """Do what was decided with those of `chosen` that allow it, or return the page that asks first."""
    rows = chosen_rows(model_admin, request, chosen, noun="postbacks")
    if rows is None:
        return None
    fitting = [row for row in rows if decision.fits(row)]
    doubtful = doubtful_ids(fitting) if decision.marks_doubt else set()
    held = held_ids(fitting) if decision.held_question else set()
    if fitting and "confirmed" not in request.POST and (decision.always_asks or doubtful or held):
        return _ask(decision, model_admin, request, fitting, doubtful, held, left=len(rows) - len(fitting))
    changed = _carry_out(decision, model_admin, request, fitting)
    _report(decision, model_admin, request, changed, left=len(rows) - len(changed))
    return way_back(model_admin, request, rows)


# Doubt ------------------------------------------------------------------------------------------------------


def doubtful_ids(rows: Iterable[Postback]) -> set[int]:
    """Those of `rows` that Aspire may have counted already."""
    ids = [row.pk for row in rows]
    return set(Postback.objects.filter(outbox.doubtful(), pk__in=ids).values_list("pk", flat=True))


def held_ids(rows: Iterable[Postback]) -> set[int]:
    """Those of `rows` that their offer's hold keeps back."""
    now = timezone.now()
    return {row.pk for row in rows if row.held_until is not None and row.held_until > now}


# Asking -----------------------------------------------------------------------------------------------------


def _ask(
    decision: Decision,
    model_admin: "PostbackAdmin",
    request: HttpRequest,
    fitting: Sequence[Postback],
    doubtful: set[int],
    held: set[int],
    *,
    left: int,
) -> TemplateResponse:
    context = {
        **model_admin.admin_site.each_context(request),
        "title": f"{decision.label}: {count(len(fitting), 'postback')}",
        "opts": model_admin.opts,
        "media": model_admin.media,
        "decision": decision,
        "questions": _questions(decision, doubtful, held),
        "lines": [_line(row, is_doubtful=row.pk in doubtful, is_held=row.pk in held) for row in fitting],
        "doubtful": ",".join(str(pk) for pk in sorted(doubtful)),
        "held": ",".join(str(pk) for pk in sorted(held)),
        "left": f"{count(left, 'postback')} of your choice left out, whose state does not allow it." if left else "",
        "came_from": request.POST.get("from", ""),
        "way_back": request.get_full_path(),
        "checkbox_name": ACTION_CHECKBOX_NAME,
    }
    return TemplateResponse(request, "admin/tracking/confirm.html", context)


def _questions(decision: Decision, doubtful: set[int], held: set[int]) -> list[str]:
    asks = decision.always_asks or doubtful
    return [*([decision.question] if asks else []), *([decision.held_question] if held else [])]


def _line(row: Postback, *, is_doubtful: bool, is_held: bool) -> Line:
    return Line(
        postback_id=row.pk,
        order_id=row.conversion.order_id,
        affiliate_id=row.conversion.affiliate_id,
        amount=money(row.amount, row.currency) if row.amount is not None else "-",
        status=row.status,
        status_label=row.get_status_display(),
        last_word=last_word(row),
        is_doubtful=is_doubtful,
        is_held=is_held,
    )


# Doing ------------------------------------------------------------------------------------------------------


def _carry_out(
    decision: Decision, model_admin: "PostbackAdmin", request: HttpRequest, fitting: Sequence[Postback]
) -> list[int]:
    """Change row by row, each with its log entry, in short transactions: the shop's checkout waits for none of them."""
    why = f"{decision.done} by {request.user.get_username()}."
    asked_about, asked_about_hold = _asked_about(request, "doubtful"), _asked_about(request, "held")
    changed = []
    for row in fitting:
        still = Postback.objects.filter(pk=row.pk)
        if not decision.always_asks and row.pk not in asked_about:
            still = still.exclude(outbox.doubtful())  # it may have become so since it was looked at
        change = decision.change
        if decision is SEND_AGAIN and row.pk in asked_about_hold:
            change = _send_despite_hold
        with transaction.atomic():
            if change(still, why=why):
                model_admin.log_change(request, row, why)
                changed.append(row.pk)
    if changed and decision is SEND_AGAIN:
        transaction.on_commit(engines.kick, robust=True)
    return changed


def _send_despite_hold(postbacks: QuerySet[Postback], *, why: str) -> int:
    return outbox.send_again(postbacks, why=f"{why} Its hold was ended with that.", despite_hold=True)


def _asked_about(request: HttpRequest, name: str) -> set[int]:
    """The postbacks that the page which asked showed as doubtful, or as held."""
    parts = request.POST.get(name, "").split(",")
    return {int(part) for part in parts if part.isascii() and part.isdigit() and len(part) < 19}


def _report(
    decision: Decision, model_admin: "PostbackAdmin", request: HttpRequest, changed: Sequence[int], *, left: int
) -> None:
    if changed:
        waiting = Postback.objects.filter(pk__in=changed, status=Status.PENDING, due_at=None).count()
        told = f"{decision.done}: {count(len(changed), 'postback')}."
        if waiting:
            told += f" {waiting} of them still cannot be sent: see what they wait for."
        model_admin.message_user(request, told, messages.WARNING if waiting else messages.SUCCESS)
    if left:
        told = f"Left as they are, because their state does not allow it: {count(left, 'postback')}."
        model_admin.message_user(request, told, messages.WARNING)
