"""What may be done with a row of the list of needs: each act belongs to the admin of the row's own table."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse

from tracking.admin.decisions import DECISIONS, SEND_AGAIN, Decision
from tracking.models import Adjustment, Conversion, OrderDetails, Postback
from tracking.reports.needs import Need, Source
from tracking.reports.wording import count


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Something to do with rows of one table: the action of that name in the table's admin does it."""

    name: str
    label: str
    model: type[Model]
    permission: str
    """The one that a person needs, with the app's name."""
    is_usual: bool = False
    """Where it can be done, it is what most rows need."""

    def may(self, request: HttpRequest) -> bool:
        """Tell whether this person may do it, and see the rows."""
        return request.user.has_perm(self.permission) and _may_see(request, self.model)

    @property
    def value(self) -> str:
        """What a button of the page sends."""
        return f"{self.model._meta.model_name}.{self.name}"


def _act_of(decision: Decision) -> Act:
    permission = f"tracking.{decision.permission}_postback"
    return Act(
        name=decision.action,
        label=decision.label,
        model=Postback,
        permission=permission,
        is_usual=decision is SEND_AGAIN,
    )


DECIDE_ANEW: Final = Act(
    name="decide_anew",
    label="Decide anew",
    model=Conversion,
    permission="tracking.resend_postback",
    is_usual=True,
)
LEAVE_OUT: Final = Act(name="leave_out", label="Leave out", model=Conversion, permission="tracking.settle_postback")
DETAILS_AGAIN: Final = Act(
    name="send_again",
    label="Send the details again",
    model=OrderDetails,
    permission="tracking.resend_orderdetails",
    is_usual=True,
)
MARK_DONE: Final = Act(
    name="mark_done",
    label="Mark as done",
    model=Adjustment,
    permission="tracking.change_adjustment",
    is_usual=True,
)
_DECIDED: Final = {decision.action: _act_of(decision) for decision in DECISIONS}
ACTS: Final = (*_DECIDED.values(), DECIDE_ANEW, LEAVE_OUT, MARK_DONE, DETAILS_AGAIN)
_BY_VALUE: Final = {act.value: act for act in ACTS}


def may_see(request: HttpRequest, source: Source) -> bool:
    """Tell whether this person may see the rows of a source."""
    return _may_see(request, source.model)


def _may_see(request: HttpRequest, model: type[Model]) -> bool:
    return request.user.has_perm(f"tracking.view_{model._meta.model_name}")


def acts_on(request: HttpRequest, need: Need) -> Sequence[Act]:
    """What this person may do with one row."""
    row = need.row
    if isinstance(row, Postback):
        fitting: Iterable[Act] = (_DECIDED[decision.action] for decision in DECISIONS if decision.fits(row))
    else:
        fitting = (act for act in ACTS if isinstance(row, act.model))
    return [act for act in fitting if act.may(request)]


def carry_out(site: AdminSite, request: HttpRequest) -> HttpResponse | None:
    """Do with the rows chosen what was asked, or return the page that asks first.

    A button beside a row names the row as well; the page that asks posts the rows' keys as the admin's lists do.
    """
    asked, _, row = (request.POST.get("one") or request.POST.get("act") or "").partition(":")
    act = _BY_VALUE.get(asked) or next((each for each in ACTS if each.name == request.POST.get("action")), None)
    if act is None:
        messages.warning(request, "Choose what to do with the rows you marked; nothing was changed.")
        return None
    if not act.may(request):
        raise PermissionDenied
    chosen = _chosen(act, request, row)
    keys = chosen.pop(str(act.model._meta.model_name), [])
    if left := sum(map(len, chosen.values())):
        messages.warning(request, f"Left as they are, because “{act.label}” is not for them: {count(left, 'row')}.")
    if not keys:
        if not left:
            messages.warning(request, "Mark the rows first; nothing was changed.")
        return None
    model_admin: Any = site.get_model_admin(act.model)
    queryset = model_admin.get_queryset(request).filter(pk__in=keys)
    answer: HttpResponse | None = getattr(model_admin, act.name)(request, queryset)
    return answer


def _chosen(act: Act, request: HttpRequest, row: str) -> dict[str, list[int]]:
    """The rows chosen, by the name of their model."""
    posted = [row] if row else request.POST.getlist("chosen")
    model_name = act.model._meta.model_name
    posted += [f"{model_name}-{key}" for key in request.POST.getlist(ACTION_CHECKBOX_NAME)]
    found = defaultdict(list)
    for text in posted:
        name, _, key = text.partition("-")
        if key.isascii() and key.isdigit() and len(key) < 19:  # more is no key, and too much for a database
            found[name].append(int(key))
    return found
