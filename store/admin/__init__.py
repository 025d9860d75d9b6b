"""The shop in Django admin."""

from .catalogue import CategoryAdmin, ProductAdmin
from .orders import OrderAdmin

__all__ = ["CategoryAdmin", "OrderAdmin", "ProductAdmin"]
