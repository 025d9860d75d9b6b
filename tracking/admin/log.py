"""What the log's pages have in common: nothing can be added, edited or deleted, and no page counts a big table."""

from functools import cached_property, reduce
from operator import or_
from typing import Any, Final

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import ChangeList
from django.db import connection
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import truncatechars
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from tracking.admin.generic import Row, RowAdmin, RowPaginator
from tracking.admin.order_pages import done_by_people, other_pages, rows_of
from tracking.conf import conf
from tracking.models import Conversion, Offer, Postback
from tracking.postbacks import template
from tracking.reports.explain import explain_conversion
from tracking.reports.privacy import OWN_FIELDS, SEES_CUSTOMERS
from tracking.reports.story import OrderStory
from tracking.reports.timeline import in_order

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


class ListAlone(ReadOnlyLog[Row]):
    """One page where other models have their list: it has no rows of its own, so no row has a page or a history."""

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Row | None:
        return None


class OrderLog(ReadOnlyLog[Row]):
    """A log with a row for an order, whose page tells the order's story.

    `conversion_path` leads from a row to its conversion, in a query: "" for the conversion itself.
    """

    conversion_path = ""
    change_form_template = "admin/tracking/order.html"
    search_fields = ["order_id"]  # shows the box; `get_search_results` does the search
    search_help_text = "An order number, or its beginning, or an affiliate's id."
    search_help_text_with_customers = (
        "An order number, or its beginning; or the id of an affiliate, a customer or a subscription."
    )
    fieldsets = [(None, {"fields": ()})]
    ordering = ["-id"]

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        shown = super().get_changelist_instance(request)
        if sees_customers(request):
            shown.search_help_text = self.search_help_text_with_customers
        return shown

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Let nobody guess a customer by filters typed into the address who may not see customers."""
        own = lookup.removeprefix(self.conversion_path)
        if own.startswith(OWN_FIELDS) and not (request and sees_customers(request)):
            return False
        return super().lookup_allowed(lookup, value, request)  # type: ignore[arg-type]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Row], search_term: str
    ) -> tuple[QuerySet[Row], bool]:
        """Look for the exact id, which the indexes answer; only where nothing has it, for the beginning of one."""
        term = search_term.strip()
        if not term:
            return queryset, False
        path = self.conversion_path
        fields = ["order_id", "affiliate_id", *(["customer_id", "subscription_id"] if sees_customers(request) else [])]
        exact = queryset.filter(reduce(or_, (Q(**{f"{path}{field}": term}) for field in fields)))
        if exact.exists():
            return exact, False
        return queryset.filter(begins_with(f"{path}order_id", term)), False

    def conversion_id(self, row: Row) -> int:
        """The primary key of a row's conversion."""
        raise NotImplementedError

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        row = self.get_object(request, unquote(object_id))
        context = dict(extra_context or {})
        if row is not None and self.has_view_permission(request, row):
            story = explain_conversion(
                self.conversion_id(row), now=timezone.now(), shows_customer=sees_customers(request)
            )
            context |= {"title": story_title(story), "subtitle": None, "story": story}
            context |= self._beside(request, row, story)
            context |= self.story_context(request, row)
        return super().change_view(request, object_id, form_url, context)

    def _beside(self, request: HttpRequest, row: Row, story: OrderStory) -> dict[str, Any]:
        """The order's other pages, and the story's timeline with what people did here."""
        rows = rows_of(self.conversion_id(row))
        done = done_by_people(rows, {event.text for event in story.timeline})
        return {
            "related": other_pages(self.admin_site, request, rows, but=str(self.opts.model_name)),
            "events": in_order([*story.timeline, *done]),
        }

    def story_context(self, request: HttpRequest, row: Row) -> dict[str, Any]:
        """What the page of `row` shows beside the story."""
        return {}


def sees_customers(request: HttpRequest) -> bool:
    """Tell whether this person may see customers and subscriptions."""
    return request.user.has_perm(SEES_CUSTOMERS)


def begins_with(field: str, beginning: str) -> Q:
    """The condition that an index answers: by a pattern on PostgreSQL, elsewhere by the order of the letters."""
    if connection.vendor == "postgresql":
        return Q(**{f"{field}__startswith": beginning})
    return Q(**{f"{field}__gte": beginning, f"{field}__lt": f"{beginning}{chr(0x10FFFF)}"})


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
