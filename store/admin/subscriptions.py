"""Subscriptions: read, searched, paused, resumed and cancelled. What they send and when is never edited."""

from collections.abc import Callable

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html

from store import subscriptions
from store.models import Subscription


@admin.register(Subscription)
class SubscriptionAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not generic at run time
    list_display = ["first_order", "status", "name", "email", "started_at", "renews_at", "charge_at", "periods"]
    list_filter = ["status", "renews_at"]
    list_select_related = ["first_order"]
    search_fields = ["email", "name", "first_order__number"]
    date_hierarchy = "started_at"
    show_full_result_count = False
    actions = ["pause", "resume", "cancel"]
    fieldsets = [
        (None, {"fields": ["first_order", "status", "page", "customer", "email"]}),
        ("Renewals", {"fields": ["started_at", "renews_at", "periods", "charge_at", "charges", "ended_at"]}),
        ("Goes to", {"fields": ["name", "address1", "address2", "city", "region", "postcode", "country"]}),
    ]
    readonly_fields = [
        "first_order", "status", "page", "customer",
        "started_at", "renews_at", "periods", "charge_at", "charges", "ended_at",
    ]  # fmt: skip

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Subscription | None = None) -> bool:
        return False

    @admin.display(description="shopper's page")
    def page(self, subscription: Subscription) -> str:
        return format_html('<a href="{}">Open</a>', subscription.get_absolute_url())

    @admin.action(description="Pause", permissions=["change"])
    def pause(self, request: HttpRequest, queryset: QuerySet[Subscription]) -> None:
        self._change_each(request, queryset, subscriptions.pause, "paused")

    @admin.action(description="Resume", permissions=["change"])
    def resume(self, request: HttpRequest, queryset: QuerySet[Subscription]) -> None:
        self._change_each(request, queryset, subscriptions.resume, "resumed")

    @admin.action(description="Cancel for good", permissions=["change"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Subscription]) -> None:
        self._change_each(request, queryset, subscriptions.cancel, "cancelled")

    def _change_each(
        self, request: HttpRequest, queryset: QuerySet[Subscription], change: Callable[[Subscription], bool], done: str
    ) -> None:
        chosen = list(queryset)
        changed = sum(change(subscription) for subscription in chosen)
        level = messages.SUCCESS if changed == len(chosen) else messages.WARNING
        self.message_user(request, f"{changed} of {len(chosen)} {done}.", level)
