"""What the log's pages have in common: nothing can be added, edited or deleted, and no page counts a big table."""

from functools import cached_property
from typing import Any, Final

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import truncatechars
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from tracking.admin.generic import Row, RowAdmin, RowPaginator
from tracking.conf import conf
from tracking.models import Conversion, Offer, Postback
from tracking.postbacks import template
from tracking.reports.explain import explain_conversion
from tracking.reports.story import OrderStory

MOST_COUNTED: Final = 10_000  # rows


class CappedPaginator(RowPaginator):
    """Counts up to MOST_COUNTED rows and no further: filters and search reach what lies beyond."""

    @cached_property
    def _counted(self) -> int:
        rows: QuerySet[Any] = self.object_list  # type: ignore[assignment]
        return rows.order_by()[: MOST_COUNTED + 1].count()

    @cached_property
    def count(self) -> int:
        return min(self._counted, MOST_COUNTED)

    @property
    def is_capped(self) -> bool:
        """Tell whether there are more rows than are counted."""
        return self._counted > MOST_COUNTED


class ReadOnlyLog(RowAdmin[Row]):
    """A list and a page to read. Superusers, too, only read."""

    paginator = CappedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    save_as = False

    class Media:
        css = {"all": ["tracking/admin.css"]}

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Row | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Row | None = None) -> bool:
        return False


class OrderLog(ReadOnlyLog[Row]):
    """A log with a row for an order, whose page tells the order's story.

    `conversion_path` leads from a row to its conversion, in a query: "" for the conversion itself.
    """

    conversion_path = ""
    change_form_template = "admin/tracking/order.html"
    search_fields = ["order_id"]  # shows the box; `get_search_results` does the search
    search_help_text = "An order number, or its beginning, or an affiliate's id."
    fieldsets = [(None, {"fields": ()})]
    ordering = ["-id"]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Row], search_term: str
    ) -> tuple[QuerySet[Row], bool]:
        """Look for the exact id, which the indexes answer; only where nothing has it, for the beginning of one."""
        term = search_term.strip()
        if not term:
            return queryset, False
        path = self.conversion_path
        exact = queryset.filter(Q(**{f"{path}order_id": term}) | Q(**{f"{path}affiliate_id": term}))
        if exact.exists():
            return exact, False
        return queryset.filter(**{f"{path}order_id__startswith": term}), False

    def conversion_id(self, row: Row) -> int:
        """The primary key of a row's conversion."""
        raise NotImplementedError

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        row = self.get_object(request, unquote(object_id))
        context = dict(extra_context or {})
        if row is not None and self.has_view_permission(request, row):
            story = explain_conversion(self.conversion_id(row), now=timezone.now())
            context |= {"title": story_title(story), "subtitle": None, "story": story}
            context |= self.story_context(request, row)
        return super().change_view(request, object_id, form_url, context)

    def story_context(self, request: HttpRequest, row: Row) -> dict[str, Any]:
        """What the page of `row` shows beside the story."""
        return {}


def story_title(story: OrderStory) -> str:
    """The heading of an order's page."""
    return f"{'Test' if story.is_test else 'Order'} {story.order_id}"


def order_number(conversion: Conversion) -> str:
    """An order as the lists show it: a test says that it is one."""
    if not conversion.is_test:
        return conversion.order_id
    return format_html('{} <span class="tracking-badge">Test</span>', conversion.order_id)


def offer_number(offer: Offer | None) -> str | None:
    """An offer as the lists show it: short, as Aspire numbers it."""
    return offer.offer_id if offer else None


def badge(kind: str, label: str) -> SafeString:
    """A state as text; the stylesheet adds its sign and its colour."""
    return format_html('<span class="tracking-badge tracking-badge--{}">{}</span>', kind, label)


def last_word(postback: Postback) -> str:
    """The last verdict, where the state does not say it, and Aspire's own words or what went wrong: one short line."""
    verdict = postback.get_verdict_display() if postback.verdict and postback.verdict != postback.status else ""
    words = template.mask(postback.detail, postback.offer.pasted_security_token, conf.security_token)
    return truncatechars(": ".join(filter(None, (verdict, words))), 90)
