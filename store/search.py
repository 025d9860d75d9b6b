"""Finding products by words: full text where the database has it, every word somewhere elsewhere."""

import re

from django.db import connections
from django.db.models import Case, F, Q, Value, When

from .models.catalogue import ProductQuerySet

MAX_WORDS = 8
_FIELDS = ("name", "summary", "details", "description", "category__name")


def search_products(products: ProductQuerySet, text: str) -> ProductQuerySet:
    """The products that have each word of the text, or a word that starts with it, the best first."""
    words = re.findall(r"\w+", text.lower())[:MAX_WORDS]
    if not words:
        return products.none()
    if connections[products.db].vendor == "postgresql":
        return _by_full_text(products, words)
    return _by_words(products, words)


def _by_full_text(products: ProductQuerySet, words: list[str]) -> ProductQuerySet:
    from django.contrib.postgres.search import SearchQuery, SearchRank, SearchVector  # needs psycopg

    config = "english"
    vector = (
        SearchVector("name", weight="A", config=config)
        + SearchVector("summary", "category__name", weight="B", config=config)
        + SearchVector("details", "description", weight="C", config=config)
    )
    query = SearchQuery(" & ".join(f"{word}:*" for word in words), search_type="raw", config=config)
    found = products.annotate(text=vector, rank=SearchRank(vector, query)).filter(text=query)
    return found.order_by("-rank", "name")


def _by_words(products: ProductQuerySet, words: list[str]) -> ProductQuerySet:
    in_name = Q()
    for word in map(_stem, words):
        anywhere = Q()
        for field in _FIELDS:
            anywhere |= Q(**{f"{field}__icontains": word})
        products = products.filter(anywhere)
        in_name &= Q(name__icontains=word)
    rank = Case(When(in_name, then=Value(1)), default=Value(0))
    return products.annotate(rank=rank).order_by(F("rank").desc(), "name")


def _stem(word: str) -> str:
    """Without a plural's ending, so that “mugs” finds a mug."""
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
