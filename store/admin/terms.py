"""What is added and taken off: delivery, tax, coupons."""

from decimal import Decimal

from django.contrib import admin

from store.models import Coupon, ShippingMethod, ShippingPrice, TaxRate

from .exports import export_action


class ShippingPriceInline(admin.TabularInline):  # type: ignore[type-arg]  # not generic at run time
    model = ShippingPrice
    extra = 1


@admin.register(ShippingMethod)
class ShippingMethodAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not generic at run time
    list_display = ["name", "summary", "countries", "is_active", "position"]
    list_editable = ["is_active", "position"]
    inlines = [ShippingPriceInline]


@admin.register(TaxRate)
class TaxRateAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not generic at run time
    list_display = ["country", "region", "percent"]
    list_editable = ["percent"]
    search_fields = ["country", "region"]


@admin.register(Coupon)
class CouponAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not generic at run time
    list_display = ["code", "takes_off", "minimum", "starts_at", "ends_at", "is_active", "times_used", "max_uses"]
    list_filter = ["is_active", "kind", "currency"]
    search_fields = ["code"]
    filter_horizontal = ["categories"]
    readonly_fields = ["times_used"]
    actions = [
        export_action(
            "coupons",
            {
                "code": lambda coupon: coupon.code,
                "percent": lambda coupon: coupon.percent,
                "amount": lambda coupon: coupon.amount,
                "currency": lambda coupon: coupon.currency,
                "used": lambda coupon: coupon.times_used,
                "uses in all": lambda coupon: coupon.max_uses,
                "starts": lambda coupon: coupon.starts_at,
                "ends": lambda coupon: coupon.ends_at,
            },
            lambda queryset: queryset.iterator(),
        )
    ]

    @admin.display(description="takes off")
    def takes_off(self, coupon: Coupon) -> str:
        if coupon.kind == Coupon.Kind.PERCENT:
            return f"{Decimal(coupon.percent or 0).normalize():f} %"
        return f"{coupon.amount} {coupon.currency}"
