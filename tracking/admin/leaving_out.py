"""Leaving out: a person decides that orders whose offer is not set up are not to be reported at all."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from tracking.admin.choosing import chosen_rows, way_back
from tracking.admin.decisions import Line
from tracking.conversions.recording import leave_out
from tracking.models import Conversion
from tracking.reports.wording import count, money

if TYPE_CHECKING:
    from tracking.admin.conversions import ConversionAdmin


@dataclass(frozen=True, slots=True)
class Question:
    """What the page that asks says."""

    action: str
    label: str
    question: str


LEAVE_OUT: Final = Question(
    action="leave_out",
    label="Leave out",
    question=(
        "These orders will not be reported, also when their offer is set up later, and their creators earn nothing for "
        "them. It cannot be undone."
    ),
)


def leave_orders_out(
    model_admin: "ConversionAdmin", request: HttpRequest, queryset: QuerySet[Conversion]
) -> HttpResponse | None:
    """Do it with those of `queryset` that wait for their offer, or return the page that asks first."""
    chosen = chosen_rows(model_admin, request, queryset.order_by("id"), noun="orders")
    if chosen is None:
        return None
    fitting = [row for row in chosen if row.outcome == Conversion.Outcome.UNKNOWN_OFFER and not row.is_test]
    if fitting and "confirmed" not in request.POST:
        return _ask(model_admin, request, fitting, left=len(chosen) - len(fitting))
    done = [row for row in fitting if _settle(model_admin, request, row)]
    if done:
        model_admin.message_user(request, f"Left out: {count(len(done), 'order')}.", messages.SUCCESS)
    if left := len(chosen) - len(done):
        told = f"Left as they are, because they do not wait for an offer: {count(left, 'order')}."
        model_admin.message_user(request, told, messages.WARNING)
    return way_back(model_admin, request, chosen)


def _settle(model_admin: "ConversionAdmin", request: HttpRequest, row: Conversion) -> bool:
    why = f"Left out by {request.user.get_username()}: it is not reported."
    with transaction.atomic():
        if not leave_out(row, why=why):
            return False
        model_admin.log_change(request, row, why)
    return True


def _ask(
    model_admin: "ConversionAdmin", request: HttpRequest, rows: list[Conversion], *, left: int
) -> TemplateResponse:
    context = {
        **model_admin.admin_site.each_context(request),
        "title": f"{LEAVE_OUT.label}: {count(len(rows), 'order')}",
        "opts": model_admin.opts,
        "media": model_admin.media,
        "decision": LEAVE_OUT,
        "questions": [LEAVE_OUT.question],
        "lines": [_line(row) for row in rows],
        "left": f"{count(left, 'order')} of your choice left out, which do not wait for an offer." if left else "",
        "came_from": request.POST.get("from", ""),
        "way_back": request.get_full_path(),
        "checkbox_name": ACTION_CHECKBOX_NAME,
    }
    return TemplateResponse(request, "admin/tracking/confirm.html", context)


def _line(row: Conversion) -> Line:
    return Line(
        postback_id=row.pk,
        order_id=row.order_id,
        affiliate_id=row.affiliate_id,
        amount=money(row.items_total, row.currency),
        status=row.outcome,
        status_label=row.get_outcome_display(),
        last_word=row.reason,
        is_doubtful=False,
        is_held=False,
    )
