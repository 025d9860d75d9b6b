"""Things in the shop, made for tests."""

from decimal import Decimal
from uuid import uuid4

import factory
from factory.django import DjangoModelFactory

from store.models import Category, Order, OrderLine, Payment, Product


class CategoryFactory(DjangoModelFactory[Category]):
    class Meta:
        model = Category

    name = factory.Sequence("Shelf {}".format)
    slug = factory.Sequence("shelf-{}".format)


class ProductFactory(DjangoModelFactory[Product]):
    class Meta:
        model = Product

    category = factory.SubFactory(CategoryFactory)
    name = factory.Sequence("Thing {}".format)
    slug = factory.Sequence("thing-{}".format)
    summary = "A thing."
    price = Decimal("20.00")
    stock = 10


class OrderFactory(DjangoModelFactory[Order]):
    class Meta:
        model = Order

    checkout_token = factory.LazyFunction(uuid4)
    email = "ada@example.com"
    name = "Ada Lovelace"
    address1 = "12 St James's Square"
    city = "London"
    postcode = "SW1Y 4JH"
    country = "GB"
    currency = "USD"
    items_total = Decimal("40.00")
    shipping = Decimal("6.00")
    tax = Decimal("4.00")
    total = Decimal("50.00")


class OrderLineFactory(DjangoModelFactory[OrderLine]):
    class Meta:
        model = OrderLine

    order = factory.SubFactory(OrderFactory)
    product = factory.SubFactory(ProductFactory)
    name = factory.SelfAttribute("product.name")
    unit_price = factory.SelfAttribute("product.price")
    quantity = 2


class PaymentFactory(DjangoModelFactory[Payment]):
    class Meta:
        model = Payment

    order = factory.SubFactory(OrderFactory)
    variant = "default"
    status = "input"
    currency = "USD"
    total = factory.SelfAttribute("order.total")
