"""Questions about orders whose offer was unknown: the page that asks before something final is done with them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.http import HttpRequest
from django.template.response import TemplateResponse

from tracking.admin.decisions import Line
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


def fits(row: Conversion) -> bool:
    """Tell whether the order waits for its offer."""
    return row.outcome == Conversion.Outcome.UNKNOWN_OFFER and not row.is_test


def ask(
    question: Question,
    model_admin: "ConversionAdmin",
    request: HttpRequest,
    fitting: Sequence[Conversion],
    *,
    left: int,
) -> TemplateResponse:
    """Show the page. `left`: how many of those chosen do not fit."""
    context = {
        **model_admin.admin_site.each_context(request),
        "title": f"{question.label}: {count(len(fitting), 'order')}",
        "opts": model_admin.opts,
        "media": model_admin.media,
        "decision": question,
        "questions": [question.question],
        "lines": [_line(row) for row in fitting],
        "left": f"{count(left, 'order')} of your choice left out, which do not wait for an offer." if left else "",
        "came_from": request.POST.get("from", ""),
        "way_back": request.get_full_path(),
        "checkbox_name": ACTION_CHECKBOX_NAME,
    }
    return TemplateResponse(request, "admin/tracking/confirm.html", context)


def tell_left(model_admin: "ConversionAdmin", request: HttpRequest, left: int) -> None:
    """Say that nothing was done with so many of those chosen."""
    if left:
        told = f"Left as they are, because they do not wait for an offer: {count(left, 'order')}."
        model_admin.message_user(request, told, messages.WARNING)


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
