"""Leaving out: a person decides that orders whose offer is not set up are not to be reported at all."""

from typing import TYPE_CHECKING, Final

from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from tracking.admin.choosing import chosen_rows, way_back
from tracking.admin.order_questions import Question, ask, fits, tell_left
from tracking.conversions.recording import leave_out
from tracking.models import Conversion
from tracking.reports.wording import count

if TYPE_CHECKING:
    from tracking.admin.conversions import ConversionAdmin

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
    fitting = [row for row in chosen if fits(row)]
    if fitting and "confirmed" not in request.POST:
        return ask(LEAVE_OUT, model_admin, request, fitting, left=len(chosen) - len(fitting))
    done = [row for row in fitting if _settle(model_admin, request, row)]
    if done:
        model_admin.message_user(request, f"Left out: {count(len(done), 'order')}.", messages.SUCCESS)
    tell_left(model_admin, request, len(chosen) - len(done))
    return way_back(model_admin, request, chosen)


def _settle(model_admin: "ConversionAdmin", request: HttpRequest, row: Conversion) -> bool:
    why = f"Left out by {request.user.get_username()}: it is not reported."
    with transaction.atomic():
        if not leave_out(row, why=why):
            return False
        model_admin.log_change(request, row, why)
    return True
