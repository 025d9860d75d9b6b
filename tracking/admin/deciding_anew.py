"""Deciding anew: a person has orders whose offer was unknown credited, now that it is set up, and so reported."""

from typing import TYPE_CHECKING, Final

from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from tracking.admin.choosing import chosen_rows, way_back
from tracking.admin.order_questions import Question, ask, fits, tell_left
from tracking.conversions.recording import decide_again
from tracking.models import Conversion
from tracking.postbacks import engines
from tracking.reports.wording import count

if TYPE_CHECKING:
    from tracking.admin.conversions import ConversionAdmin

DECIDE_ANEW: Final = Question(
    action="decide_anew",
    label="Decide anew",
    question=(
        "Those of these orders whose offer is set up now are decided by its terms. The ones that earn are reported to "
        "Aspire, which pays their creators and takes nothing back by itself. The others stay as they are, or are told "
        "why they earn nothing."
    ),
)


def decide_orders_anew(
    model_admin: "ConversionAdmin", request: HttpRequest, queryset: QuerySet[Conversion]
) -> HttpResponse | None:
    """Do it with those of `queryset` that wait for their offer, or return the page that asks first."""
    chosen = chosen_rows(model_admin, request, queryset.order_by("id"), noun="orders")
    if chosen is None:
        return None
    fitting = [row for row in chosen if fits(row)]
    left = len(chosen) - len(fitting)
    if fitting and "confirmed" not in request.POST:
        return ask(DECIDE_ANEW, model_admin, request, fitting, left=left)
    credited = [row for row in fitting if _decide(model_admin, request, row)]
    if credited:
        transaction.on_commit(engines.kick, robust=True)
    if fitting:
        told = f"Decided anew: {count(len(fitting), 'order')}, newly credited: {len(credited)}."
        level = messages.SUCCESS if credited else messages.WARNING
        model_admin.message_user(request, told if credited else f"{told} Each order's page says why.", level)
    tell_left(model_admin, request, left)
    return way_back(model_admin, request, chosen)


def _decide(model_admin: "ConversionAdmin", request: HttpRequest, row: Conversion) -> bool:
    with transaction.atomic():
        if not decide_again(row):
            return False
        model_admin.log_change(request, row, f"Decided anew by {request.user.get_username()}: credited.")
    return True
