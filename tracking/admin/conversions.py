"""Conversions: every completed order with the decision on it, to read."""

from django.contrib import admin
from django.utils import timezone

from tracking.admin.log import OrderLog, badge, offer_number, order_number
from tracking.models import Conversion
from tracking.reports.wording import clock, money


@admin.register(Conversion)
class ConversionAdmin(OrderLog[Conversion]):
    """Who earns which order, and why."""

    list_display = ["order", "outcome_badge", "affiliate", "aspire_offer", "amount", "postback_badge", "completed"]
    list_filter = ["outcome", "offer", "completed_at", "is_test", "is_renewal"]
    list_select_related = ["offer", "postback"]
    sortable_by = ["completed"]

    def conversion_id(self, row: Conversion) -> int:
        return row.pk

    @admin.display(description="order")
    def order(self, conversion: Conversion) -> str:
        return order_number(conversion)

    @admin.display(description="outcome")
    def outcome_badge(self, conversion: Conversion) -> str:
        return badge(conversion.outcome, conversion.get_outcome_display())

    @admin.display(description="affiliate")
    def affiliate(self, conversion: Conversion) -> str | None:
        return conversion.affiliate_id or None

    @admin.display(description="offer")
    def aspire_offer(self, conversion: Conversion) -> str | None:
        return offer_number(conversion.offer)

    @admin.display(description="goods")
    def amount(self, conversion: Conversion) -> str:
        return money(conversion.items_total, conversion.currency)

    @admin.display(description="postback")
    def postback_badge(self, conversion: Conversion) -> str | None:
        postback = getattr(conversion, "postback", None)
        return badge(postback.status, postback.get_status_display()) if postback else None

    @admin.display(description="completed", ordering="completed_at")
    def completed(self, conversion: Conversion) -> str:
        return clock(conversion.completed_at, now=timezone.now())
