"""Order details: what is owed to Aspire's own API and what became of it, to read, and to send again."""

from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import truncatechars
from django.utils import timezone
from django.utils.html import format_html

from tracking.admin.choosing import chosen_rows, way_back
from tracking.admin.log import OrderLog, badge, offer_number, order_number
from tracking.models import OrderDetails
from tracking.postbacks import engines, outbox
from tracking.reports.details_story import mask
from tracking.reports.wording import clock, count, money


@admin.register(OrderDetails)
class OrderDetailsAdmin(OrderLog[OrderDetails]):
    """Viewing and sending again are two permissions. Nothing is asked first: a repeat does no harm here."""

    conversion_path = "conversion__"
    list_display = ["order", "state", "order_value", "lines_given", "when", "aspire_offer", "attempts_made"]
    list_filter = ["status", "verdict", "offer"]
    list_select_related = ["conversion", "offer"]
    sortable_by = ["state"]
    actions = ["send_again"]

    @admin.display(description="order")
    def order(self, details: OrderDetails) -> str:
        return order_number(details.conversion)

    @admin.display(description="state and last word", ordering="status")
    def state(self, details: OrderDetails) -> str:
        state = badge(details.status, details.get_status_display())
        words = truncatechars(mask(details.detail), 90)
        return format_html('{} <span class="tracking-last-word">{}</span>', state, words) if words else state

    @admin.display(description="value")
    def order_value(self, details: OrderDetails) -> str:
        return money(details.amount, details.conversion.currency)

    @admin.display(description="lines")
    def lines_given(self, details: OrderDetails) -> int:
        return len(details.lines)

    @admin.display(description="offer")
    def aspire_offer(self, details: OrderDetails) -> str | None:
        return offer_number(details.offer)

    @admin.display(description="due or settled")
    def when(self, details: OrderDetails) -> str | None:
        now = timezone.now()
        if details.settled_at:
            return clock(details.settled_at, now=now)
        if details.status == OrderDetails.Status.PENDING:
            return f"due {clock(details.due_at, now=now)}" if details.due_at else "waits"
        return None

    def conversion_id(self, row: OrderDetails) -> int:
        return row.conversion_id

    def story_context(self, request: HttpRequest, row: OrderDetails) -> dict[str, Any]:
        """The decision that this person may take."""
        can_be = row.status in outbox.DETAILS_CAN_BE_SENT_AGAIN and not row.is_called_off
        may = self.has_resend_permission(request) and can_be
        return {"decisions": [{"action": "send_again", "label": "Send the details again"}] if may else []}

    def has_resend_permission(self, request: HttpRequest) -> bool:
        """Tell whether this person may send order details again."""
        return request.user.has_perm("tracking.resend_orderdetails")

    @admin.action(description="Send again", permissions=["resend"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[OrderDetails]) -> HttpResponse | None:
        """Make them due now, each with its log entry."""
        chosen = chosen_rows(self, request, queryset, noun="orders")
        if chosen is None:
            return None
        queued = [row for row in chosen if self._queue(request, row)]
        if queued:
            transaction.on_commit(lambda: engines.kick(), robust=True)
            told = f"Queued to be sent again: the details of {count(len(queued), 'order')}."
            if not outbox.has_secret():
                told += " They cannot be sent yet: TRACKING_ORDER_DETAILS_SECRET is not set."
            self.message_user(request, told, messages.SUCCESS if outbox.has_secret() else messages.WARNING)
        if left := len(chosen) - len(queued):
            told = f"Left as they are, because their state does not allow it: the details of {count(left, 'order')}."
            self.message_user(request, told, messages.WARNING)
        return way_back(self, request, chosen)

    def _queue(self, request: HttpRequest, row: OrderDetails) -> bool:
        why = f"Details queued to be sent again by {request.user.get_username()}."
        with transaction.atomic():
            if not outbox.send_details_again(OrderDetails.objects.filter(pk=row.pk), why=why):
                return False
            self.log_change(request, row, why)
        return True
