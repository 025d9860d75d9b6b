"""Things in the shop, made for tests."""

from decimal import Decimal
from typing import Any
from uuid import uuid4

import factory
from factory.django import DjangoModelFactory

from store.models import (
    Category,
    Coupon,
    Order,
    OrderLine,
    Payment,
    Price,
    Product,
    ProductPicture,
    ShippingMethod,
    ShippingPrice,
    Variant,
)


class CategoryFactory(DjangoModelFactory[Category]):
    class Meta:
        model = Category

    name = factory.Sequence("Shelf {}".format)
    slug = factory.Sequence("shelf-{}".format)


class ProductFactory(DjangoModelFactory[Product]):
    """A product with one variant, `product.variants.get()`, of the stock and price given; `stock=None`: without one."""

    class Meta:
        model = Product

    category = factory.SubFactory(CategoryFactory)
    name = factory.Sequence("Thing {}".format)
    slug = factory.Sequence("thing-{}".format)
    summary = "A thing."

    @classmethod
    def _create(cls, model_class: type[Product], *args: Any, **values: Any) -> Product:
        one = {"stock": values.pop("stock", 10), "price": values.pop("price", Decimal("20.00"))}
        eur = values.pop("eur", None)
        product = super()._create(model_class, *args, **values)
        if one["stock"] is not None:
            VariantFactory(product=product, eur=eur, **one)
        return product


class VariantFactory(DjangoModelFactory[Variant]):
    """A variant with a price in USD, and one in EUR where `eur` is given."""

    class Meta:
        model = Variant

    product = factory.SubFactory(ProductFactory, stock=None)
    sku = factory.Sequence("SKU-{}".format)
    stock = 10

    @classmethod
    def _create(cls, model_class: type[Variant], *args: Any, **values: Any) -> Variant:
        amounts = {"USD": values.pop("price", Decimal("20.00")), "EUR": values.pop("eur", None)}
        variant = super()._create(model_class, *args, **values)
        for currency, amount in amounts.items():
            if amount is not None:
                Price.objects.create(variant=variant, currency=currency, amount=Decimal(amount))
        return variant


class ProductPictureFactory(DjangoModelFactory[ProductPicture]):
    class Meta:
        model = ProductPicture

    product = factory.SubFactory(ProductFactory)
    picture = "mug"
    alt = "A mug."


class ShippingMethodFactory(DjangoModelFactory[ShippingMethod]):
    """A way of delivery with a price in USD; `free_from=None`: never free."""

    class Meta:
        model = ShippingMethod

    name = factory.Sequence("Way {}".format)

    @classmethod
    def _create(cls, model_class: type[ShippingMethod], *args: Any, **values: Any) -> ShippingMethod:
        amount, free_from = Decimal(values.pop("price", "6.00")), values.pop("free_from", None)
        method = super()._create(model_class, *args, **values)
        free_from = None if free_from is None else Decimal(free_from)
        ShippingPrice.objects.create(method=method, currency="USD", amount=amount, free_from=free_from)
        return method


class CouponFactory(DjangoModelFactory[Coupon]):
    """Ten percent off everything, unless told otherwise."""

    class Meta:
        model = Coupon

    code = factory.Sequence("CODE{}".format)
    percent = Decimal(10)


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
    variant = factory.LazyAttribute(lambda line: line.product.variants.get())
    name = factory.SelfAttribute("product.name")
    unit_price = factory.LazyAttribute(lambda line: line.variant.prices.get(currency="USD").amount)
    quantity = 2


class PaymentFactory(DjangoModelFactory[Payment]):
    class Meta:
        model = Payment

    order = factory.SubFactory(OrderFactory)
    variant = "default"
    status = "input"
    currency = "USD"
    total = factory.SelfAttribute("order.total")
