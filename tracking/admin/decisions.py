"""What a person may decide about postbacks: who may, in which states, what is asked first, what is written down."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from tracking.admin.log import last_word
from tracking.models import Postback
from tracking.postbacks import engines, outbox
from tracking.reports.wording import count, money

if TYPE_CHECKING:
    from tracking.admin.postbacks import PostbackAdmin

Status = Postback.Status

MOST_AT_ONCE: Final = 500  # rows; they are listed, and sent back, by the page that asks


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
    always_asks: bool
    """False: only postbacks that Aspire may have counted already are asked about."""
    takes_tests: bool
    question: str

    def fits(self, postback: Postback) -> bool:
        """Tell whether the postback's state allows this."""
        if self.action == "send_again" and postback.is_called_off:
            return False
        return postback.status in self.allowed and (self.takes_tests or not postback.is_test)


SEND_AGAIN: Final = Decision(
    action="send_again",
    permission="resend",
    label="Send again",
    done="Sent again",
    change=outbox.send_again,
    allowed=outbox.CAN_BE_SENT_AGAIN,
    always_asks=False,
    takes_tests=False,
    question=(
        "Nobody knows whether Aspire has counted the orders marked below. If it has, sending them again credits them "
        "a second time, and the creator can be paid twice. Ask Aspire's support first, with the offer id, the order "
        "number and the amount."
    ),
)
MARK_ACCEPTED: Final = Decision(
    action="mark_accepted",
    permission="settle",
    label="Mark as accepted",
    done="Marked as accepted",
    change=outbox.mark_accepted,
    allowed=outbox.CAN_BE_MARKED_ACCEPTED,
    always_asks=True,
    takes_tests=True,
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
    always_asks=True,
    takes_tests=True,
    question=(
        "These orders will not be reported to Aspire, and their creators earn nothing for them. It cannot be undone."
    ),
)
DECISIONS: Final = (SEND_AGAIN, MARK_ACCEPTED, CANCEL)


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


def decide(
    decision: Decision, model_admin: "PostbackAdmin", request: HttpRequest, chosen: QuerySet[Postback]
) -> HttpResponse | None:
    """Do what was decided with those of `chosen` that allow it, or return the page that asks first."""
    rows = list(chosen[: MOST_AT_ONCE + 1])
    if len(rows) > MOST_AT_ONCE:
        told = f"Choose at most {MOST_AT_ONCE} postbacks at once; nothing was changed."
        model_admin.message_user(request, told, messages.ERROR)
        return None
    fitting = [row for row in rows if decision.fits(row)]
    doubtful = set() if decision.always_asks else doubtful_ids(fitting)
    if fitting and "confirmed" not in request.POST and (decision.always_asks or doubtful):
        return _ask(decision, model_admin, request, fitting, doubtful, left=len(rows) - len(fitting))
    changed = _carry_out(decision, model_admin, request, fitting)
    _report(decision, model_admin, request, changed, left=len(rows) - len(changed))
    if request.POST.get("from") == "page" and len(rows) == 1:
        return HttpResponseRedirect(
            reverse("admin:tracking_postback_change", args=[rows[0].pk], current_app=model_admin.admin_site.name)
        )
    return None


# Doubt ------------------------------------------------------------------------------------------------------


def doubtful_ids(rows: Iterable[Postback]) -> set[int]:
    """Those of `rows` that Aspire may have counted already."""
    ids = [row.pk for row in rows]
    return set(Postback.objects.filter(outbox.doubtful(), pk__in=ids).values_list("pk", flat=True))


# Asking -----------------------------------------------------------------------------------------------------


def _ask(
    decision: Decision,
    model_admin: "PostbackAdmin",
    request: HttpRequest,
    fitting: Sequence[Postback],
    doubtful: set[int],
    *,
    left: int,
) -> TemplateResponse:
    context = {
        **model_admin.admin_site.each_context(request),
        "title": f"{decision.label}: {count(len(fitting), 'postback')}",
        "opts": model_admin.opts,
        "media": model_admin.media,
        "decision": decision,
        "lines": [_line(row, is_doubtful=row.pk in doubtful) for row in fitting],
        "doubtful": ",".join(str(pk) for pk in sorted(doubtful)),
        "left": f"{count(left, 'postback')} of your choice left out, whose state does not allow it." if left else "",
        "came_from": request.POST.get("from", ""),
        "checkbox_name": ACTION_CHECKBOX_NAME,
    }
    return TemplateResponse(request, "admin/tracking/confirm.html", context)


def _line(row: Postback, *, is_doubtful: bool) -> Line:
    return Line(
        postback_id=row.pk,
        order_id=row.conversion.order_id,
        affiliate_id=row.conversion.affiliate_id,
        amount=money(row.amount, row.offer.currency) if row.amount is not None else "-",
        status=row.status,
        status_label=row.get_status_display(),
        last_word=last_word(row),
        is_doubtful=is_doubtful,
    )


# Doing ------------------------------------------------------------------------------------------------------


def _carry_out(
    decision: Decision, model_admin: "PostbackAdmin", request: HttpRequest, fitting: Sequence[Postback]
) -> list[int]:
    """Change row by row, each with its log entry, in short transactions: the shop's checkout waits for none of them."""
    why = f"{decision.done} by {request.user.get_username()}."
    asked_about = _asked_about(request)
    changed = []
    for row in fitting:
        still = Postback.objects.filter(pk=row.pk)
        if not decision.always_asks and row.pk not in asked_about:
            still = still.exclude(outbox.doubtful())  # it may have become so since it was looked at
        with transaction.atomic():
            if decision.change(still, why=why):
                model_admin.log_change(request, row, why)
                changed.append(row.pk)
    if changed and decision is SEND_AGAIN:
        transaction.on_commit(engines.kick, robust=True)
    return changed


def _asked_about(request: HttpRequest) -> set[int]:
    """The postbacks that the page which asked showed as doubtful."""
    return {int(part) for part in request.POST.get("doubtful", "").split(",") if part.isascii() and part.isdigit()}


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
