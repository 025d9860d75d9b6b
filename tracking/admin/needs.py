"""What needs me: all that waits for a person in one list, with the reason, the likely cause and what can be done."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from tracking.admin.log import ListAlone
from tracking.admin.needs_actions import ACTS, Act, acts_on, carry_out, may_see
from tracking.models import Conversion, NeedsMe, Offer, Postback
from tracking.reports import needs
from tracking.reports.needs import MOST_COUNTED, SOURCES, Need, Place, Source
from tracking.reports.wording import clock, span

SHOWN: Final = 50  # rows of a page


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    """A kind of rows to look at alone."""

    label: str
    number: str
    query: str
    is_current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A row as the page shows it."""

    need: Need
    choice: str
    url: str
    since: str
    age: str
    acts: Sequence[Act]
    elsewhere: str
    """The page where something else can be done about it."""
    elsewhere_label: str


@admin.register(NeedsMe)
class NeedsMeAdmin(ListAlone[NeedsMe]):
    """A list alone. Who may see the rows of a source sees them here; who may act on them acts here."""

    class Media:
        css = {"all": ["tracking/needs.css"]}

    def has_view_permission(self, request: HttpRequest, obj: NeedsMe | None = None) -> bool:
        """Whoever may see one of the sources sees the list."""
        return any(may_see(request, source) for source in SOURCES)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show the list, or do what was asked of it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            answer = carry_out(self.admin_site, request)
            return answer or HttpResponseRedirect(request.get_full_path())
        return TemplateResponse(request, "admin/tracking/needs.html", self._context(request))

    def _context(self, request: HttpRequest) -> dict[str, Any]:
        seen = [source for source in SOURCES if may_see(request, source)]
        only = request.GET.get("only", "")
        shown = [source for source in seen if source.key == only] or seen
        after = Place.read(request.GET.get("after", ""))
        if request.GET.get("after") and after is None:
            messages.warning(request, "The address names no place in the list: this is its beginning.")
        page = needs.page(shown, after=after, size=SHOWN)
        lines = [self._line(request, need) for need in page.needs]
        return {
            **self.admin_site.each_context(request),
            "title": "What needs me",
            "opts": self.opts,
            "media": self.media,
            "tabs": _tabs(seen, only if len(shown) < len(seen) else "", needs.counts(seen)),
            "lines": lines,
            "bulk": [act for act in ACTS if any(act in line.acts for line in lines)],
            "is_beginning": after is None,
            "beginning": _query(only=only),
            "next": _query(only=only, after=str(page.next)) if page.next else "",
        }

    def _line(self, request: HttpRequest, need: Need) -> Line:
        now = timezone.now()
        elsewhere, label = self._elsewhere(request, need)
        return Line(
            need=need,
            choice=f"{need.row._meta.model_name}-{need.row.pk}",
            url=self._address(f"{need.row._meta.model_name}_change", need.row.pk),
            since=clock(need.moment, now=now),
            age=span(now - need.moment),
            acts=acts_on(request, need),
            elsewhere=elsewhere,
            elsewhere_label=label,
        )

    def _elsewhere(self, request: HttpRequest, need: Need) -> tuple[str, str]:
        """Where Aspire's export tells what arrived, or a missing offer is set up, for who may do so."""
        row = need.row
        if isinstance(row, Postback) and row.status == Postback.Status.UNCONFIRMED:
            if not request.user.has_perm("tracking.add_reconciliation"):
                return "", ""
            return self._address("reconciliation_add"), "Compare with Aspire's export"
        if not isinstance(row, Conversion) or not request.user.has_perm("tracking.change_offer"):
            return "", ""
        if row.cause == Conversion.Cause.NOT_SET_UP and request.user.has_perm("tracking.add_offer"):
            return f"{self._address('offer_add')}?{urlencode({'offer_id': row.click_offer_id})}", "Set the offer up"
        if row.cause == Conversion.Cause.CLOSED and row.click_offer_id:
            query = urlencode({"q": row.click_offer_id})
            return f"{self._address('offer_changelist')}?{query}", "Look at the offer"
        return self._address("offer_changelist"), "Look at the offers"

    def _address(self, name: str, *args: object) -> str:
        model = Offer._meta.app_label
        return reverse(f"admin:{model}_{name}", args=args, current_app=self.admin_site.name)


def _tabs(seen: Sequence[Source], only: str, numbers: dict[str, int]) -> list[Tab]:
    total = sum(min(number, MOST_COUNTED) for number in numbers.values())
    is_capped = any(number > MOST_COUNTED for number in numbers.values())
    everything = Tab(label="All", number=f"{total}{'+' if is_capped else ''}", query=_query(), is_current=not only)
    return [
        everything,
        *(
            Tab(
                label=source.label,
                number=f"{MOST_COUNTED}+" if numbers[source.key] > MOST_COUNTED else str(numbers[source.key]),
                query=_query(only=source.key),
                is_current=source.key == only,
            )
            for source in seen
            if numbers[source.key] or source.key == only
        ),
    ]


def _query(**values: str) -> str:
    return f"?{urlencode({name: value for name, value in values.items() if value})}"
