"""Orders: read, searched, sent, cancelled while unpaid, refunded, exported. Their money is never edited by hand."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from payments import PaymentStatus

from store import payments, refunds
from store.models import Order, OrderLine, Payment, Refund
from store.money import format_money
from tracking.standing import Standing, standings

from .order_exports import EXPORTS
from .refunds import refund_order


class ReadOnlyInline:
    """Mixin: rows that are shown as they were written."""

    extra = 0
    can_delete = False
    show_change_link = False

    def has_add_permission(self, request: HttpRequest, obj: Order | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Order | None = None) -> bool:
        return False


class OrderLineInline(ReadOnlyInline, admin.TabularInline):  # type: ignore[type-arg]  # not generic at run time
    model = OrderLine
    fields = ("name", "options", "quantity", "unit_price", "line_total", "interval")
    readonly_fields = fields

    @admin.display(description="total")
    def line_total(self, line: OrderLine) -> Decimal:
        return line.total


class PaymentInline(ReadOnlyInline, admin.TabularInline):  # type: ignore[type-arg]  # not generic at run time
    model = Payment
    fields = (
        "created",
        "variant",
        "status",
        "fraud_status",
        "total",
        "captured_amount",
        "is_surplus",
        "transaction_id",
        "message",
    )
    readonly_fields = fields


class RefundInline(ReadOnlyInline, admin.TabularInline):  # type: ignore[type-arg]  # not generic at run time
    model = Refund
    fields = ("created_at", "amount", "goods", "status", "reason", "by", "detail")
    readonly_fields = fields


class NeedsFilter(admin.SimpleListFilter):
    """What waits for a person."""

    title = "to do"
    parameter_name = "todo"

    def lookups(self, request: HttpRequest, model_admin: "admin.ModelAdmin[Order]") -> list[tuple[str, str]]:
        return [
            ("send", "To be sent"),
            ("invoice", "Invoice not paid yet"),
            ("give_back", "Money to give back"),
            ("refund", "Refund without an answer"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Order]) -> QuerySet[Order]:
        unpaid = Q(status=Order.Status.PLACED, payments__status=PaymentStatus.PREAUTH)
        filters = {
            "send": Q(status=Order.Status.PAID) | (unpaid & Q(fulfilled_at=None)),
            "invoice": unpaid,
            "give_back": Q(payments__is_surplus=True, payments__status=PaymentStatus.CONFIRMED),
            "refund": Q(refunds__status=Refund.Status.ASKED),
        }
        return queryset.filter(chosen).distinct() if (chosen := filters.get(self.value() or "")) else queryset


class OrderList(ChangeList):
    """Each order of the page with its standing, asked for all of them at once."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = list(self.result_list)
        found = standings(order.number for order in self.result_list)
        for order in self.result_list:
            order.standing = found.get(order.number)


@admin.register(Order)
class OrderAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not generic at run time
    list_display = ["order_number", "placed", "state", "amount", "earner", "postback", "shopper"]
    list_filter = [NeedsFilter, "status", "placed_at", "currency", "is_renewal"]
    search_fields = ["number", "email", "name", "coupon_code", "lines__name"]
    date_hierarchy = "placed_at"
    show_full_result_count = False
    inlines = [OrderLineInline, PaymentInline, RefundInline]
    actions = ["mark_sent", "mark_invoice_paid", "cancel_orders", "ask_refunds_again", *EXPORTS]
    fieldsets = [
        (
            None,
            {"fields": ["number", "state", "page", "placed_at", "paid_at", "fulfilled_at", "cancelled_at"]},
        ),
        ("Affiliate", {"fields": ["earner", "reason", "postback"]}),
        (
            "Shopper",
            {
                "fields": [
                    "customer", "email", "name", "address1", "address2", "city", "region", "postcode", "country",
                ],
            },
        ),
        (
            "Money",
            {
                "fields": [
                    "currency", "subtotal", "coupon_code", "discount", "items_total", "shipping_name", "shipping",
                    "tax", "is_tax_included", "total", "refunded", "payment_variant", "subscription", "is_renewal",
                ],
            },
        ),
    ]  # fmt: skip
    readonly_fields = [
        "number", "state", "page", "placed_at", "paid_at", "fulfilled_at", "cancelled_at", "earner", "reason",
        "postback", "customer", "currency", "subtotal", "coupon_code", "discount", "items_total", "shipping_name",
        "shipping", "tax", "is_tax_included", "total", "refunded", "payment_variant", "subscription", "is_renewal",
    ]  # fmt: skip

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return OrderList

    def get_urls(self) -> list[URLPattern]:
        refund = path("<int:pk>/refund/", self.admin_site.admin_view(refund_order), name="store_order_refund")
        return [refund, *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        extra = {**(extra_context or {}), "may_refund": request.user.has_perm("store.refund_order")}
        return super().change_view(request, object_id, form_url, extra)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Order | None = None) -> bool:
        return False

    # Columns and fields -------------------------------------------------------------------------------------

    @admin.display(description="status", ordering="status")
    def state(self, order: Order) -> str:
        return order.status_words

    @admin.display(description="order", ordering="number")
    def order_number(self, order: Order) -> SafeString:
        return format_html('<span style="white-space: nowrap">{}</span>', order.number)

    @admin.display(description="placed", ordering="placed_at")
    def placed(self, order: Order) -> str:
        return f"{timezone.localtime(order.placed_at):%Y-%m-%d %H:%M}"

    @admin.display(description="total", ordering="total")
    def amount(self, order: Order) -> str:
        total = format_money(order.total, order.currency)
        return f"{total}, {format_money(order.refunded, order.currency)} given back" if order.refunded else total

    @admin.display(description="shopper", ordering="email")
    def shopper(self, order: Order) -> SafeString:
        return format_html("{}<br>{}", order.name, order.email)

    @admin.display(description="affiliate")
    def earner(self, order: Order) -> str | None:
        standing = _standing_of(order)
        return " ".join(filter(None, [standing.outcome_label, standing.affiliate_id])) if standing else None

    @admin.display(description="why")
    def reason(self, order: Order) -> str | None:
        standing = _standing_of(order)
        return standing.reason if standing else None

    @admin.display(description="postback")
    def postback(self, order: Order) -> str | SafeString | None:
        standing = _standing_of(order)
        if standing is None:
            return None
        label = standing.postback_label or "none owed"
        return format_html('<a href="{}">{}</a>', standing.url, label) if standing.url else label

    @admin.display(description="goods at full price")
    def subtotal(self, order: Order) -> Decimal:
        return order.subtotal

    @admin.display(description="shopper's page")
    def page(self, order: Order) -> str:
        return format_html('<a href="{}">Open</a>', order.get_absolute_url())

    # Actions ------------------------------------------------------------------------------------------------

    @admin.action(description="Cancel unpaid orders and put their goods back", permissions=["change"])
    def cancel_orders(self, request: HttpRequest, queryset: QuerySet[Order]) -> None:
        refused = "paid or cancelled already; a paid one is refunded"
        self._change_each(request, queryset, payments.call_off, done="cancelled", refused=refused)

    @admin.action(description="Mark as sent, and tell the shopper", permissions=["change"])
    def mark_sent(self, request: HttpRequest, queryset: QuerySet[Order]) -> None:
        self._change_each(request, queryset, payments.send, done="marked as sent", refused="not paid, or sent already")

    @admin.action(description="Mark invoices as paid", permissions=["change"])
    def mark_invoice_paid(self, request: HttpRequest, queryset: QuerySet[Order]) -> None:
        self._change_each(
            request, queryset, payments.confirm_invoice, done="marked as paid", refused="not an open invoice"
        )

    @admin.action(description="Ask again for refunds that had no answer", permissions=["change"])
    def ask_refunds_again(self, request: HttpRequest, queryset: QuerySet[Order]) -> None:
        for refund in Refund.objects.filter(order__in=queryset, status=Refund.Status.ASKED).select_related("order"):
            try:
                refunds.ask_again(refund)
            except refunds.RefundError as error:
                self.message_user(request, f"{refund.order.number}: {error}", messages.ERROR)
            else:
                self.message_user(request, f"{refund} went back.", messages.SUCCESS)

    def _change_each(
        self,
        request: HttpRequest,
        queryset: QuerySet[Order],
        change: Callable[[Order], bool],
        *,
        done: str,
        refused: str,
    ) -> None:
        chosen = list(queryset)
        left = [order.number for order in chosen if not change(order)]
        if len(left) < len(chosen):
            self.message_user(request, f"{len(chosen) - len(left)} of {len(chosen)} {done}.", messages.SUCCESS)
        if left:
            self.message_user(request, f"Left as they are ({refused}): {', '.join(left)}.", messages.WARNING)


def _standing_of(order: Order) -> Standing | None:
    """As the list found it for all its orders; on an order's own page asked for once."""
    if not hasattr(order, "standing"):
        order.standing = standings([order.number]).get(order.number)  # type: ignore[attr-defined]
    return order.standing  # type: ignore[attr-defined, no-any-return]
