"""`manage.py seed_store`: the shop's opening assortment."""

from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from store.assortment import CATEGORIES, PRODUCTS
from store.models import Category, Product


class Command(BaseCommand):
    help = "Add the opening assortment. What is there already keeps the merchant's prices, stock and words."

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        new_categories = sum(self._add_category(position) for position in range(len(CATEGORIES)))
        new_products = sum(self._add_product(position) for position in range(len(PRODUCTS)))
        self.stdout.write(
            f"Added {new_categories} categories and {new_products} products; "
            f"the shop has {Category.objects.count()} and {Product.objects.count()}."
        )

    def _add_category(self, position: int) -> bool:
        seed = CATEGORIES[position]
        _, is_new = Category.objects.get_or_create(
            slug=seed.slug,
            defaults={
                "name": seed.name,
                "summary": seed.summary,
                "picture": seed.picture,
                "position": position,
            },
        )
        return is_new

    def _add_product(self, position: int) -> bool:
        seed = PRODUCTS[position]
        _, is_new = Product.objects.get_or_create(
            slug=seed.slug,
            defaults={
                "category": Category.objects.get(slug=seed.category),
                "name": seed.name,
                "summary": seed.summary,
                "description": seed.description,
                "details": "\n".join(seed.details),
                "price": seed.price,
                "stock": seed.stock,
                "picture": seed.picture,
                "is_featured": seed.is_featured,
                "position": position,
            },
        )
        return is_new
