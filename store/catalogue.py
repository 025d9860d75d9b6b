"""What the catalogue pages show besides lists, each in one query."""

from django.db.models import Case, Q, Value, When

from .models import Product
from .models.catalogue import ProductQuerySet

PAGE_SIZE = 24
_FEATURED = 8
_RELATED = 4


def featured_products(currency: str) -> ProductQuerySet:
    return Product.objects.listed_in(currency).filter(is_featured=True, subscription_interval="")[:_FEATURED]


def featured_subscription(currency: str) -> Product | None:
    return Product.objects.listed_in(currency).filter(is_featured=True).exclude(subscription_interval="").first()


def related_products(product: Product, currency: str) -> ProductQuerySet:
    """Those that the merchant chose for it, then others of its category."""
    chosen = Q(pk__in=product.related.through.objects.filter(from_product=product).values("to_product"))
    return (
        Product.objects.listed_in(currency)
        .filter(chosen | Q(category=product.category_id))
        .exclude(pk=product.pk)
        .annotate(rank=Case(When(chosen, then=Value(0)), default=Value(1)))
        .order_by("rank", "category__position", "position", "name")[:_RELATED]
    )
