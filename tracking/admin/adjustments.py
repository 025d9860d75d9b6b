"""Adjustments: the worklist of orders that came back after they were reported, with what to do about each in Aspire."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html

from tracking.admin.choosing import chosen_rows
from tracking.admin.log import OrderLog, badge, order_number
from tracking.models import Adjustment, Postback
from tracking.reports import worklist
from tracking.reports.wording import clock, count

LONGEST_NOTE = 500  # characters


class StateFilter(admin.SimpleListFilter):
    """What waits for a person, unless something else is asked for."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("done", "Done"), ("all", "All")]

    def choices(self, changelist: Any) -> Any:
        """The usual three, the first of them called what it is."""
        first, *others = super().choices(changelist)
        yield {**first, "display": "Open"}
        yield from others

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[Any]:
        chosen: QuerySet[Any] = queryset.done() if self.value() == "done" else queryset.open()
        return chosen | queryset.done() if self.value() == "all" else chosen


@admin.register(Adjustment)
class AdjustmentAdmin(OrderLog[Adjustment]):
    """Who may view sees the list and takes the file; who may change marks lines as done."""

    conversion_path = "postback__conversion__"
    change_list_template = "admin/tracking/adjustments.html"
    list_display = ["order", "aspire_offer", "affiliate", "sent", "should_stand", "reason_badge"]
    list_filter = [StateFilter, "reason", "postback__offer"]
    list_select_related = ["postback__offer", "postback__conversion"]
    sortable_by = ()
    actions = ["mark_done", "undo"]

    def get_urls(self) -> list[URLPattern]:
        """The list's own addresses, and that of its file."""
        view = self.admin_site.admin_view(self.export_view)
        return [path("export/", view, name="tracking_adjustment_export"), *super().get_urls()]

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """What waits the longest first; of what is done, the latest."""
        orders = {"done": ("-done_at", "-id"), "all": ("-since", "-id")}
        return orders.get(request.GET.get("state", ""), ("since", "id"))

    # The list -----------------------------------------------------------------------------------------------

    @admin.display(description="order")
    def order(self, adjustment: Adjustment) -> str:
        return order_number(adjustment.postback.conversion)

    @admin.display(description="offer")
    def aspire_offer(self, adjustment: Adjustment) -> str:
        return adjustment.postback.offer.offer_id

    @admin.display(description="affiliate")
    def affiliate(self, adjustment: Adjustment) -> str | None:
        return adjustment.postback.conversion.affiliate_id or None

    @admin.display(description="sent")
    def sent(self, adjustment: Adjustment) -> str:
        return worklist.amount_words(adjustment.amount_sent, adjustment)

    @admin.display(description="should stand")
    def should_stand(self, adjustment: Adjustment) -> str:
        return worklist.amount_words(adjustment.amount_due, adjustment)

    @admin.display(description="why and since when")
    def reason_badge(self, adjustment: Adjustment) -> str:
        """Why and since when; beneath it what a person does about it, or who has done it."""
        why = badge("unconfirmed" if adjustment.done_at is None else "accepted", adjustment.get_reason_display())
        since = f"Since {clock(adjustment.since, now=timezone.now())}."
        words = _done_words(adjustment) if adjustment.done_at else worklist.what_to_do(adjustment)
        return format_html('{} <span class="tracking-last-word">{} {}</span>', why, since, words)

    # The file -----------------------------------------------------------------------------------------------

    def export_view(self, request: HttpRequest) -> HttpResponseBase:
        """The list as it is filtered, all pages of it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            rows = self.get_changelist_instance(request).get_queryset(request).select_related(*worklist.RELATED)
        except IncorrectLookupParameters:
            told = "The address names a filter that there is not: choose one here, and export again."
            self.message_user(request, told, messages.ERROR)
            return HttpResponseRedirect(
                reverse("admin:tracking_adjustment_changelist", current_app=self.admin_site.name)
            )
        lines = worklist.csv_lines(rows.iterator(chunk_size=worklist.CHUNK))
        response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="adjustments-{timezone.localdate():%Y-%m-%d}.csv"'
        return response

    # The page -----------------------------------------------------------------------------------------------

    def conversion_id(self, row: Adjustment) -> int:
        return row.postback.conversion_id

    def story_context(self, request: HttpRequest, row: Adjustment) -> dict[str, Any]:
        """What this person may do about it."""
        may = self.has_see_to_permission(request)
        action = {"action": "undo", "label": "Not done after all"} if row.done_at else _MARK
        return {"decisions": [action] if may else [], "list_query": "?state=all"}

    # The actions --------------------------------------------------------------------------------------------

    def has_see_to_permission(self, request: HttpRequest) -> bool:
        """Tell whether this person may mark adjustments as done."""
        return request.user.has_perm("tracking.change_adjustment")

    @admin.action(description="Mark as done", permissions=["see_to"])
    def mark_done(self, request: HttpRequest, queryset: QuerySet[Adjustment]) -> HttpResponse | None:
        """Show what is to be done and take a note; then note who has done it, with the figures that were shown."""
        rows = self._chosen(request, queryset.filter(done_at=None))
        if rows is None:
            return None
        if rows and "confirmed" not in request.POST:
            return self._ask(request, rows)
        note = request.POST.get("note", "").strip()[:LONGEST_NOTE]
        marked = [row for row in rows if self._mark(request, row, note)]
        self._report(request, "Marked as done", marked, left=len(rows) - len(marked))
        return self._back(request)

    @admin.action(description="Not done after all", permissions=["see_to"])
    def undo(self, request: HttpRequest, queryset: QuerySet[Adjustment]) -> HttpResponse | None:
        """Put what was marked as done back on the list; the page's history keeps who said what."""
        rows = self._chosen(request, queryset.filter(done_at__isnull=False))
        if rows is None:
            return None
        for row in rows:
            with transaction.atomic():
                Adjustment.objects.filter(pk=row.pk).update(done_at=None, done_by=None, done_by_name="")
                self.log_change(request, row, f"Opened again by {request.user.get_username()}.")
        self._report(request, "Opened again", rows, left=0)
        return self._back(request)

    def _chosen(self, request: HttpRequest, queryset: QuerySet[Adjustment]) -> list[Adjustment] | None:
        return chosen_rows(self, request, queryset.select_related(*worklist.RELATED), noun="adjustments")

    def _ask(self, request: HttpRequest, rows: Iterable[Adjustment]) -> TemplateResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": "Mark as done",
            "opts": self.opts,
            "media": self.media,
            "lines": [
                {
                    "row": row,
                    "order": row.postback.conversion.order_id,
                    "affiliate": row.postback.conversion.affiliate_id,
                    "offer": row.postback.offer.offer_id,
                    "sent": self.sent(row),
                    "due": self.should_stand(row),
                    "seen": f"{row.amount_due:f}",
                    "what_to_do": worklist.what_to_do(row),
                }
                for row in rows
            ],
            "longest_note": LONGEST_NOTE,
            "came_from": request.POST.get("from", ""),
            "way_back": request.get_full_path(),
            "checkbox_name": ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "admin/tracking/mark_done.html", context)

    def _mark(self, request: HttpRequest, row: Adjustment, note: str) -> bool:
        """Mark one, unless more came back since the page was made: then what was done is not what is due."""
        if request.POST.get(f"seen_{row.pk}") != f"{row.amount_due:f}":
            return False
        name = request.user.get_username()
        with transaction.atomic():
            # Locked, so that a refund that is told now waits, finds it done and opens it again.
            if Postback.objects.select_for_update().get(pk=row.postback_id).amount_left != row.postback.amount_left:
                return False
            values: dict[str, Any] = {"done_at": timezone.now(), "done_by": request.user, "done_by_name": name}
            if note:
                values["note"] = f"{row.note}\n{note}".strip()
            if not Adjustment.objects.filter(pk=row.pk, done_at=None).update(**values):
                return False
            due = worklist.amount_words(row.amount_due, row)
            told = f"Marked as done by {name}: {self.sent(row)} was sent, {due} should stand."
            self.log_change(request, row, f"{told} {note}".strip())
        return True

    def _report(self, request: HttpRequest, done: str, rows: Sequence[Adjustment], *, left: int) -> None:
        if rows:
            self.message_user(request, f"{done}: {count(len(rows), 'adjustment')}.", messages.SUCCESS)
        if left:
            told = (
                f"Left open, because more came back meanwhile: {count(left, 'adjustment')}. Look at the figures again."
            )
            self.message_user(request, told, messages.WARNING)

    def _back(self, request: HttpRequest) -> HttpResponse | None:
        """To the page of the one that the button was on; else to the list."""
        if request.POST.get("from") != "page":
            return None
        chosen = request.POST.getlist(ACTION_CHECKBOX_NAME)[:1]
        return HttpResponseRedirect(
            reverse("admin:tracking_adjustment_change", args=chosen, current_app=self.admin_site.name)
        )


_MARK = {"action": "mark_done", "label": "Mark as done"}


def _done_words(adjustment: Adjustment) -> str:
    assert adjustment.done_at is not None  # noqa: S101
    done = f"Done by {adjustment.done_by_name}, {clock(adjustment.done_at, now=timezone.now())}."
    return f"{done} {adjustment.note}".strip()
