"""What a person chose in a list, or on one row's own page: at most so many at once, and the way back."""

from collections.abc import Sequence
from typing import Any, Final, TypeVar

from django.contrib import messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse

from tracking.admin.generic import RowAdmin

MOST_AT_ONCE: Final = 500  # rows; they are listed, and sent back, by the page that asks

Row = TypeVar("Row", bound=Model)


def chosen_rows(
    model_admin: RowAdmin[Any], request: HttpRequest, queryset: QuerySet[Row], *, noun: str
) -> list[Row] | None:
    """The rows of `queryset`; None if they are too many, and then the person is told so."""
    rows = list(queryset[: MOST_AT_ONCE + 1])
    if len(rows) > MOST_AT_ONCE:
        told = f"Choose at most {MOST_AT_ONCE} {noun} at once; nothing was changed."
        model_admin.message_user(request, told, messages.ERROR)
        return None
    return rows


def way_back(model_admin: RowAdmin[Any], request: HttpRequest, rows: Sequence[Model]) -> HttpResponseRedirect | None:
    """Back to the row's own page, where the choice was made there; None leads back to the list."""
    if request.POST.get("from") != "page" or len(rows) != 1:
        return None
    name = f"admin:{model_admin.opts.app_label}_{model_admin.opts.model_name}_change"
    return HttpResponseRedirect(reverse(name, args=[rows[0].pk], current_app=model_admin.admin_site.name))
