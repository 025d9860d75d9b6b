"""The shop in Django admin."""

from .catalogue import CategoryAdmin, ProductAdmin, VariantAdmin
from .orders import OrderAdmin

__all__ = ["CategoryAdmin", "OrderAdmin", "ProductAdmin", "VariantAdmin"]
