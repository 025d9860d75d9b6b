"""Postbacks: what is owed to Aspire and what became of it, to read, with what a person may decide."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html

from tracking.admin.decisions import CANCEL, DECISIONS, GIVE_UP, MARK_ACCEPTED, SEND_AGAIN, Decision, decide
from tracking.admin.log import OrderLog, badge, last_word, offer_number, order_number
from tracking.models import Postback
from tracking.reports.wording import clock, money


@admin.register(Postback)
class PostbackAdmin(OrderLog[Postback]):
    """Viewing, sending again and settling are three permissions."""

    conversion_path = "conversion__"
    list_display = ["order", "affiliate", "state", "reported_amount", "when"]
    list_filter = [
        "status",
        "verdict",
        "offer",
        ("conversion__completed_at", admin.DateFieldListFilter),
        "is_test",
    ]
    list_select_related = ["conversion", "offer"]
    sortable_by = ["state"]
    actions = ["send_again", "mark_accepted", "cancel", "give_up"]

    # The list -----------------------------------------------------------------------------------------------

    @admin.display(description="order")
    def order(self, postback: Postback) -> str:
        return order_number(postback.conversion)

    @admin.display(description="affiliate and offer")
    def affiliate(self, postback: Postback) -> str:
        """Who earns it, and beneath it under which offer."""
        offer = offer_number(postback.offer)
        return format_html(
            '{} <span class="tracking-last-word">offer {}</span>', postback.conversion.affiliate_id or "-", offer
        )

    @admin.display(description="state and last word", ordering="status")
    def state(self, postback: Postback) -> str:
        """The state; beneath it the last verdict, and Aspire's own words or what went wrong."""
        state = badge(postback.status, postback.get_status_display())
        tries = f"({postback.attempts_made} attempts)" if postback.attempts_made > 1 else ""
        words = " ".join(filter(None, (last_word(postback), tries)))
        return format_html('{} <span class="tracking-last-word">{}</span>', state, words) if words else state

    @admin.display(description="amount")
    def reported_amount(self, postback: Postback) -> str | None:
        return money(postback.amount, postback.currency) if postback.amount is not None else None

    @admin.display(description="due or settled")
    def when(self, postback: Postback) -> str | None:
        now = timezone.now()
        if postback.settled_at:
            return clock(postback.settled_at, now=now)
        if postback.status == Postback.Status.PENDING:
            is_held = postback.due_at and postback.held_until and postback.held_until > now
            word = "held until" if is_held else "due"
            return f"{word} {clock(postback.due_at, now=now)}" if postback.due_at else "waits"
        return None

    # The page -----------------------------------------------------------------------------------------------

    def conversion_id(self, row: Postback) -> int:
        return row.conversion_id

    def story_context(self, request: HttpRequest, row: Postback) -> dict[str, Any]:
        """The decisions that this person may take on this postback."""
        allowed = [decision for decision in DECISIONS if self._may(request, decision) and decision.fits(row)]
        return {"decisions": allowed}

    def _may(self, request: HttpRequest, decision: Decision) -> bool:
        return request.user.has_perm(f"tracking.{decision.permission}_postback")

    # The actions --------------------------------------------------------------------------------------------

    def has_resend_permission(self, request: HttpRequest) -> bool:
        """Tell whether this person may send postbacks again."""
        return self._may(request, SEND_AGAIN)

    def has_settle_permission(self, request: HttpRequest) -> bool:
        """Tell whether this person may mark postbacks as accepted, or cancel them."""
        return self._may(request, MARK_ACCEPTED)

    @admin.action(description="Send again", permissions=["resend"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[Postback]) -> HttpResponse | None:
        return decide(SEND_AGAIN, self, request, queryset)

    @admin.action(description="Mark as accepted", permissions=["settle"])
    def mark_accepted(self, request: HttpRequest, queryset: QuerySet[Postback]) -> HttpResponse | None:
        return decide(MARK_ACCEPTED, self, request, queryset)

    @admin.action(description="Cancel", permissions=["settle"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Postback]) -> HttpResponse | None:
        return decide(CANCEL, self, request, queryset)

    @admin.action(description="Give up", permissions=["settle"])
    def give_up(self, request: HttpRequest, queryset: QuerySet[Postback]) -> HttpResponse | None:
        return decide(GIVE_UP, self, request, queryset)
