"""Conversions: every completed order with the decision on it, to read, or to decide anew on an unknown offer."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone

from tracking.admin import ledger
from tracking.admin.deciding_anew import DECIDE_ANEW, decide_orders_anew
from tracking.admin.leaving_out import LEAVE_OUT, leave_orders_out
from tracking.admin.log import OrderLog, badge, offer_number, order_number, sees_customers
from tracking.models import Conversion
from tracking.reports.wording import clock, money


@admin.register(Conversion)
class ConversionAdmin(OrderLog[Conversion]):
    """Who earns which order, and why."""

    list_display = ["order", "outcome_badge", "affiliate", "aspire_offer", "amount", "postback_badge", "completed"]
    list_filter = ["outcome", "offer", "completed_at", "is_test", "is_renewal"]
    list_select_related = ["offer", "postback"]
    sortable_by = ["completed"]
    actions = ["decide_anew", "leave_out"]
    change_list_template = "admin/tracking/conversions.html"

    def get_urls(self) -> list[URLPattern]:
        """The list's own addresses, and that of the export."""
        export = self.admin_site.admin_view(self.export_view)
        return [path("export/", export, name="tracking_conversion_export"), *super().get_urls()]

    def export_view(self, request: HttpRequest) -> HttpResponseBase:
        """Export the ledger of a period for whoever may see its orders."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        form = ledger.form_of(request)
        if form.is_bound and form.is_valid():
            return ledger.download(form)
        shared = {**self.admin_site.each_context(request), "opts": self.opts, "media": self.media}
        shown = {**shared, "title": "Export", "form": form}
        return TemplateResponse(request, "admin/tracking/export_conversions.html", shown)

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        """The customer stands behind the order, for who may see customers."""
        order, *others = super().get_list_display(request)
        return [order, "customer", *others] if sees_customers(request) else [order, *others]

    def conversion_id(self, row: Conversion) -> int:
        return row.pk

    @admin.display(description="order")
    def order(self, conversion: Conversion) -> str:
        return order_number(conversion)

    @admin.display(description="customer")
    def customer(self, conversion: Conversion) -> str | None:
        return conversion.customer_id or None

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

    # The action ---------------------------------------------------------------------------------------------

    def has_resend_permission(self, request: HttpRequest) -> bool:
        """Tell whether this person may have postbacks sent."""
        return request.user.has_perm("tracking.resend_postback")

    def has_settle_permission(self, request: HttpRequest) -> bool:
        """Tell whether this person may decide that an order is not reported."""
        return request.user.has_perm("tracking.settle_postback")

    def story_context(self, request: HttpRequest, row: Conversion) -> dict[str, Any]:
        """The decisions that this person may ask for."""
        found = []
        if row.outcome == Conversion.Outcome.UNKNOWN_OFFER and not row.is_test:
            if self.has_resend_permission(request):
                found.append({"action": "decide_anew", "label": DECIDE_ANEW.label})
            if self.has_settle_permission(request):
                found.append({"action": "leave_out", "label": LEAVE_OUT.label})
        return {"decisions": found}

    @admin.action(description="Decide anew on orders whose offer was unknown", permissions=["resend"])
    def decide_anew(self, request: HttpRequest, queryset: QuerySet[Conversion]) -> HttpResponse | None:
        """Ask first, then decide again on those that wait for their offer; others stay as they are."""
        return decide_orders_anew(self, request, queryset)

    @admin.action(description="Leave out orders whose offer was unknown", permissions=["settle"])
    def leave_out(self, request: HttpRequest, queryset: QuerySet[Conversion]) -> HttpResponse | None:
        """Ask first, then settle those that wait for their offer as not reported; others stay as they are."""
        return leave_orders_out(self, request, queryset)
