"""The shop's tables."""

from .catalogue import Category, Product
from .orders import Order, OrderLine
from .payments import Payment

__all__ = ["Category", "Order", "OrderLine", "Payment", "Product"]
