"""`manage.py seed_store`: the shop's opening assortment and terms."""

from decimal import Decimal
from typing import Any

from django.db import transaction

from store.assortment import CATEGORIES, PRODUCTS, SeedProduct
from store.management.base import StoreCommand
from store.models import Category, Price, Product, ProductPicture, Variant
from store.terms import add_terms


class Command(StoreCommand):
    help = "Add the opening assortment. What is there already keeps the merchant's prices, stock and words."

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        new_categories = sum(_add_category(position) for position in range(len(CATEGORIES)))
        new_products = [seed for position, seed in enumerate(PRODUCTS) if _add_product(seed, position)]
        for seed in new_products:
            Product.objects.get(slug=seed.slug).related.set(Product.objects.filter(slug__in=seed.related))
        add_terms()
        self.stdout.write(
            f"Added {new_categories} categories and {len(new_products)} products; "
            f"the shop has {Category.objects.count()} and {Product.objects.count()}."
        )


def _add_category(position: int) -> bool:
    seed = CATEGORIES[position]
    values = {"name": seed.name, "summary": seed.summary, "picture": seed.picture, "position": position}
    return Category.objects.get_or_create(slug=seed.slug, defaults=values)[1]


def _add_product(seed: SeedProduct, position: int) -> bool:
    product, is_new = Product.objects.get_or_create(
        slug=seed.slug,
        defaults={
            "category": Category.objects.get(slug=seed.category),
            "name": seed.name,
            "summary": seed.summary,
            "description": seed.description,
            "details": "\n".join(seed.details),
            "subscription_interval": seed.subscription_interval,
            "is_featured": seed.is_featured,
            "position": position,
        },
    )
    if is_new:
        _add_variants(product, seed)
        _add_pictures(product, seed)
    return is_new


def _add_variants(product: Product, seed: SeedProduct) -> None:
    for position, each in enumerate(seed.variants):
        variant = Variant.objects.create(
            product=product, sku=each.sku, size=each.size, colour=each.colour, stock=each.stock, position=position
        )
        for currency, amount in (("USD", each.usd), ("EUR", each.eur)):
            Price.objects.create(variant=variant, currency=currency, amount=Decimal(amount))


def _add_pictures(product: Product, seed: SeedProduct) -> None:
    ProductPicture.objects.bulk_create(
        ProductPicture(product=product, picture=each.picture, alt=each.alt, colour=each.colour, position=position)
        for position, each in enumerate(seed.pictures)
    )
