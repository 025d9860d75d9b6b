"""Orders: read, searched, cancelled while unpaid, marked as sent when paid. Their money is never edited."""

from collections.abc import Callable
from decimal import Decimal

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html

from store import orders
from store.models import Order, OrderLine, Payment
from store.money import format_money


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
    fields = ("name", "quantity", "unit_price", "line_total")
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
        "transaction_id",
        "message",
    )
    readonly_fields = fields


@admin.register(Order)
class OrderAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not generic at run time
    list_display = ["number", "placed_at", "status", "name", "email", "country", "amount"]
    list_filter = ["status", "placed_at", "country"]
    search_fields = ["number", "email", "name", "lines__name"]
    date_hierarchy = "placed_at"
    show_full_result_count = False
    inlines = [OrderLineInline, PaymentInline]
    actions = ["cancel_orders", "mark_sent"]
    fieldsets = [
        (
            None,
            {"fields": ["number", "status", "page", "placed_at", "paid_at", "fulfilled_at", "cancelled_at"]},
        ),
        (
            "Shopper",
            {"fields": ["email", "name", "address1", "address2", "city", "region", "postcode", "country"]},
        ),
        (
            "Money",
            {"fields": ["currency", "subtotal", "discount", "items_total", "shipping", "tax", "total"]},
        ),
    ]
    readonly_fields = [
        "number", "status", "page", "placed_at", "paid_at", "fulfilled_at", "cancelled_at",
        "currency", "subtotal", "discount", "items_total", "shipping", "tax", "total",
    ]  # fmt: skip

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Order | None = None) -> bool:
        return False

    @admin.display(description="total", ordering="total")
    def amount(self, order: Order) -> str:
        return format_money(order.total, order.currency)

    @admin.display(description="goods at full price")
    def subtotal(self, order: Order) -> Decimal:
        return order.subtotal

    @admin.display(description="shopper's page")
    def page(self, order: Order) -> str:
        return format_html('<a href="{}">Open</a>', order.get_absolute_url())

    @admin.action(description="Cancel unpaid orders and put their goods back", permissions=["change"])
    def cancel_orders(self, request: HttpRequest, queryset: QuerySet[Order]) -> None:
        self._change_each(request, queryset, orders.cancel, done="cancelled", refused="paid or cancelled already")

    @admin.action(description="Mark paid orders as sent", permissions=["change"])
    def mark_sent(self, request: HttpRequest, queryset: QuerySet[Order]) -> None:
        self._change_each(request, queryset, orders.fulfil, done="marked as sent", refused="not paid, or sent already")

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
