"""The shop in Django admin."""

from .catalogue import CategoryAdmin, ProductAdmin, VariantAdmin
from .orders import OrderAdmin
from .subscriptions import SubscriptionAdmin
from .terms import CouponAdmin, ShippingMethodAdmin, TaxRateAdmin

__all__ = [
    "CategoryAdmin",
    "CouponAdmin",
    "OrderAdmin",
    "ProductAdmin",
    "ShippingMethodAdmin",
    "SubscriptionAdmin",
    "TaxRateAdmin",
    "VariantAdmin",
]
