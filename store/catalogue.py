"""What the catalogue pages show, each in one query."""

from .models import Product
from .models.catalogue import ProductQuerySet

PAGE_SIZE = 24
_FEATURED = 8
_RELATED = 4


def featured_products(currency: str) -> ProductQuerySet:
    return Product.objects.listed_in(currency).filter(is_featured=True)[:_FEATURED]


def related_products(product: Product, currency: str) -> ProductQuerySet:
    """Others of the same category."""
    return Product.objects.listed_in(currency).filter(category=product.category_id).exclude(pk=product.pk)[:_RELATED]
