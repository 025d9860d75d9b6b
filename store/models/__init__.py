"""The shop's tables."""

from .addresses import Address
from .catalogue import Category, Product, ProductPicture
from .orders import Order, OrderLine
from .payments import Payment
from .refunds import Refund
from .selling import Coupon, ShippingMethod, ShippingPrice, TaxRate
from .subscriptions import Subscription
from .variants import Price, Variant

__all__ = [
    "Address",
    "Category",
    "Coupon",
    "Order",
    "OrderLine",
    "Payment",
    "Price",
    "Product",
    "ProductPicture",
    "Refund",
    "ShippingMethod",
    "ShippingPrice",
    "Subscription",
    "TaxRate",
    "Variant",
]
